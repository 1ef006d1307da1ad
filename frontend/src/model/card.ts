// The measures of what is drawn on the canvas.

export interface Point {
  x: number;
  y: number;
}

/** All cards have one size, so that nothing has to be measured before it is drawn. */
export const NODE_WIDTH = 236;
export const NODE_HEIGHT = 72;
/** Room between cards; wide enough for the count and the plus on an edge. */
export const GAP_X = 84;
export const GAP_Y = 44;
