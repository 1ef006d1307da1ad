// The text box that was used last takes the field somebody clicks in the sample.

type Insert = (path: string) => void;

let target: Insert | undefined;

/** Makes a text box the one that fields go to, until another one is used. */
export function setInsertTarget(insert: Insert | undefined) {
  target = insert;
}

/** Gives a field's path to the text box; false when none was used yet. */
export function insertHere(path: string): boolean {
  target?.(path);
  return target !== undefined;
}

export const PATH_MIME = 'application/x-karez-path';
