import { create } from 'zustand';

/** The pages that show people around at their first visit. */
export type Guide = 'designer' | 'mapping' | 'ledger';

const KEY = 'karez.guides';
/** Stands for everybody who uses the browser. */
const ANYBODY = '*';

type Seen = Readonly<Record<string, readonly Guide[]>>;

interface Guides {
  /** What people have seen, by their names. */
  seen: Seen;
  /** Asked for again from the help. */
  replay: Guide | undefined;
  /** The keys of the page are shown. */
  keys: boolean;
}

function read(): Seen {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, list]) => Array.isArray(list))) as Seen;
  } catch {
    return {}; // Storage is forbidden or holds something else.
  }
}

export const useGuides = create<Guides>(() => ({ seen: read(), replay: undefined, keys: false }));

export const isSeen = (seen: Seen, guide: Guide, person: string): boolean => [person, ANYBODY].some((one) => seen[one]?.includes(guide) === true);

/** Notes that a person has seen a guide to its end, or put it away. */
export function endGuide(guide: Guide, person: string) {
  const { seen } = useGuides.getState();
  const next = isSeen(seen, guide, person) ? seen : { ...seen, [person]: [...(seen[person] ?? []), guide] };
  useGuides.setState({ seen: next, replay: undefined });
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Lasts for this visit only.
  }
}

/** The guide of a place, where there is one. */
export function guideOf(pathname: string): Guide | undefined {
  if (/^\/flows\/[^/]+\/design\/?$/.test(pathname)) return 'designer';
  if (/^\/flows\/[^/]+\/design\/[^/]+$/.test(pathname)) return 'mapping';
  return /^(\/flows\/[^/]+)?\/docs\/?$/.test(pathname) ? 'ledger' : undefined;
}
