// What the designer needs to know of the value language to help while somebody
// types. It never evaluates: that is the server's.

/** How a text makes its value. */
export type ValueMode = 'empty' | 'field' | 'template' | 'function' | 'lookup' | 'constant';

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

export function modeOf(text: string): ValueMode {
  const trimmed = text.trim();
  if (trimmed === '') return 'empty';
  if (/^_findCollection\s/.test(trimmed)) return 'lookup';
  if (/^_function\s/.test(trimmed)) return 'function';
  if (/^\{\{[^{}]*\}\}$/.test(trimmed)) return 'field';
  return trimmed.includes('{{') ? 'template' : 'constant';
}

/** The paths a text reads, formats cut off: "{{a.b|date}}" gives "a.b". */
export function pathsIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => (match[1] ?? '').split('|')[0]?.trim() ?? '').filter((path) => path !== '');
}

export const placeholder = (path: string): string => `{{${path}}}`;

/** The placeholder the cursor stands in while it is being typed. */
export interface Open {
  /** Place of the first character after the braces. */
  start: number;
  query: string;
}

export function openAt(text: string, cursor: number): Open | undefined {
  const braces = text.lastIndexOf('{{', cursor - 1);
  if (braces < 0 || braces + 2 > cursor) return undefined;
  const query = text.slice(braces + 2, cursor);
  return /[{}|]/.test(query) ? undefined : { start: braces + 2, query };
}

/** Finishes the placeholder at the cursor with a path, or inserts a whole one. */
export function insertPath(text: string, cursor: number, path: string): { text: string; cursor: number } {
  const open = openAt(text, cursor);
  if (open === undefined) {
    const added = placeholder(path);
    return { text: text.slice(0, cursor) + added + text.slice(cursor), cursor: cursor + added.length };
  }
  // What stands between the cursor and the closing braces was the rest of the old path.
  const rest = text.slice(cursor).replace(/^[^{}|]*/, (old) => (text.slice(cursor + old.length).startsWith('}}') || text[cursor + old.length] === '|' ? '' : old));
  const closed = rest.startsWith('}}') || rest.startsWith('|');
  const head = text.slice(0, open.start) + path;
  return { text: head + (closed ? rest : `}}${rest}`), cursor: head.length + (rest.startsWith('|') ? 0 : 2) };
}

/** System variables that hold on both sides of a flow. */
export const SYSTEM_VARIABLES = [
  'LAST_SYNC_TIME', 'WINDOW_END', 'CURRENT_TIME', 'DAYS_AGO_1', 'MINUTES_AGO_10', 'PAGINATION_PAGE_SIZE', 'PAGINATION_START_ROW',
  'PAGINATION_START_PAGE', 'PAGINATION_TOKEN', 'FLOW_ID', 'RUN_ID', 'TARGET_ID', 'TARGET_NUMBER',
] as const;
