import { GAP_X, NODE_HEIGHT, NODE_WIDTH, type Point } from './card';

// A long chain in one line can only be read piece by piece. Where a single wire
// leads on, the flow continues in a line below, as a text does.

/** What a window of 1440 × 900 leaves for the canvas, about. */
const ROOM = { width: 1120, height: 700 };
/** Large enough to stay in one line. */
const READABLE = 0.75;
/** Room between lines: the wire back to the left runs through it. */
export const LINE_GAP = 72;

export interface Joint {
  from: string;
  to: string;
}

interface Column {
  x: number;
  ids: string[];
}

/** The same places when the flow can be read as it is, else its columns in several lines. */
export function wrapped(points: ReadonlyMap<string, Point>, links: readonly Joint[]): Map<string, Point> {
  const columns = columnsOf(points);
  let best = new Map(points);
  let zoom = zoomOf(best);
  if (zoom >= READABLE) return best;
  const cuts = cutsOf(columns, links);
  for (let lines = 2; lines <= columns.length / 2; lines++) {
    const tried = inLines(points, columns, cuts, Math.ceil(columns.length / lines));
    if (zoomOf(tried) > zoom * 1.1) [best, zoom] = [tried, zoomOf(tried)];
  }
  return best;
}

function columnsOf(points: ReadonlyMap<string, Point>): Column[] {
  const byX = new Map<number, string[]>();
  for (const [id, point] of points) byX.set(point.x, [...(byX.get(point.x) ?? []), id]);
  return [...byX].map(([x, ids]) => ({ x, ids })).sort((a, b) => a.x - b.x);
}

/** The columns behind which at most one wire leads on. */
function cutsOf(columns: readonly Column[], links: readonly Joint[]): Set<number> {
  const place = new Map(columns.flatMap((column, i) => column.ids.map((id) => [id, i] as const)));
  const crossing = columns.map(() => 0);
  for (const link of links) for (let i = place.get(link.from) ?? 0; i < (place.get(link.to) ?? 0); i++) crossing[i] = (crossing[i] ?? 0) + 1;
  return new Set(crossing.flatMap((n, i) => (n <= 1 ? [i] : [])));
}

function inLines(points: ReadonlyMap<string, Point>, columns: readonly Column[], cuts: ReadonlySet<number>, most: number): Map<string, Point> {
  const placed = new Map<string, Point>();
  let top = 0;
  for (let start = 0; start < columns.length; ) {
    let end = Math.min(start + most, columns.length);
    // A line may be one column shorter or as long as it must be to end at a single wire.
    if (!cuts.has(end - 1) && end - 1 > start && cuts.has(end - 2)) end--;
    while (end < columns.length && !cuts.has(end - 1)) end++;
    const line = columns.slice(start, end);
    const ids = line.flatMap((column) => column.ids);
    const ys = ids.map((id) => points.get(id)?.y ?? 0);
    for (const [n, column] of line.entries()) for (const id of column.ids) placed.set(id, { x: n * (NODE_WIDTH + GAP_X), y: top + (points.get(id)?.y ?? 0) - Math.min(...ys) });
    top += Math.max(...ys) - Math.min(...ys) + NODE_HEIGHT + LINE_GAP;
    start = end;
  }
  return placed;
}

/** The zoom at which all of it is seen at once. */
function zoomOf(points: ReadonlyMap<string, Point>): number {
  const xs = [...points.values()].map((point) => point.x);
  const ys = [...points.values()].map((point) => point.y);
  const extent = (all: number[], size: number) => (all.length === 0 ? size : all.reduce((a, b) => Math.max(a, b)) - all.reduce((a, b) => Math.min(a, b)) + size);
  return Math.min(1, ROOM.width / extent(xs, NODE_WIDTH), ROOM.height / extent(ys, NODE_HEIGHT));
}
