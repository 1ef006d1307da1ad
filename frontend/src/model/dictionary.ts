// The pairs of names that somebody accepted, so that the next mapping proposes them.

/** Names of target fields, each with the names of the source fields it took, the last one first. */
export type Dictionary = Readonly<Record<string, readonly string[]>>;

/** More would only be old. */
const NAMES = 2000;
const EACH = 8;

/** The dictionary with one pair more; both are normal keys. */
export function learn(known: Dictionary, target: string, source: string): Dictionary {
  if (target === '' || source === '' || target === source) return known;
  const { [target]: mine = [], ...rest } = known;
  const next = { ...rest, [target]: [source, ...mine.filter((one) => one !== source)].slice(0, EACH) };
  return Object.fromEntries(Object.entries(next).slice(-NAMES));
}

export const isLearned = (known: Dictionary, target: string, source: string): boolean => Object.hasOwn(known, target) && known[target]?.includes(source) === true;

/** Reads a dictionary somebody kept or exported; undefined where the text is none. */
export function readDictionary(text: string): Dictionary | undefined {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
    const entries = Object.entries(found).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].every((one) => typeof one === 'string'));
    return entries.length === Object.keys(found).length ? Object.fromEntries(entries.slice(-NAMES).map(([target, sources]) => [target, sources.slice(0, EACH)])) : undefined;
  } catch {
    return undefined;
  }
}

/** Both dictionaries as one; what the second says is the newer. */
export function joined(known: Dictionary, more: Dictionary): Dictionary {
  let next = known;
  for (const [target, sources] of Object.entries(more)) for (const source of sources.toReversed()) next = learn(next, target, source);
  return next;
}
