/** Steps that can be undone. More would keep old documents alive for nothing. */
export const STEPS = 100;
/** Changes of one thing closer together than this are one step, in milliseconds. */
export const PAUSE = 900;

export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** What the last step changed, and when: typing a word is one step. */
  last: { about: string; at: number } | undefined;
}

export const startHistory = <T>(present: T): History<T> => ({ past: [], present, future: [], last: undefined });

/**
 * Takes a step. Steps about the same thing in quick succession become one; about
 * is '' for steps that stand alone.
 */
export function step<T>(history: History<T>, next: T, about: string, now: number): History<T> {
  if (next === history.present) return history;
  const joins = about !== '' && history.last?.about === about && now - history.last.at < PAUSE && history.future.length === 0;
  return {
    past: joins ? history.past : [...history.past, history.present].slice(-STEPS),
    present: next,
    future: [],
    last: { about, at: now },
  };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], last: undefined };
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...rest] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future: rest, last: undefined };
}
