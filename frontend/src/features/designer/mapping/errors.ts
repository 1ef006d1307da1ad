import type { Json } from '~/shared/api/types';
import { isObject } from '~/model/document';
import { flatLines, type Line } from '~/model/mapping';

/** The messages of problems by line: problems name rows by their place in the lists. */
export function errorsByLine(lines: readonly Line[], rows: Json | undefined, errors: Record<string, string>, path: string): Map<string, string> {
  const places = new Map<Json, string>();
  const walk = (list: Json | undefined, at: string) => {
    if (!Array.isArray(list)) return;
    list.forEach((row, i) => {
      places.set(row, `${at}[${i}]`);
      if (isObject(row)) walk(row.children, `${at}[${i}].children`);
    });
  };
  walk(rows, path);
  const found = new Map<string, string>();
  if (Object.keys(errors).length === 0) return found;
  const flat = flatLines(lines);
  const byId = new Map(flat.map((line) => [line.id, line]));
  for (const line of flat) {
    const place = line.row === undefined ? undefined : places.get(line.row);
    if (place === undefined) continue;
    for (const [at, message] of Object.entries(errors)) {
      const rest = at.startsWith(place) ? at.slice(place.length) : undefined;
      if (rest === '' || (rest?.startsWith('.') === true && !rest.startsWith('.children['))) found.set(line.id, message);
    }
  }
  // What is missing has no row; it is named by its field, with or without the lists above.
  for (const [at, message] of Object.entries(errors)) {
    const name = at.startsWith(`${path}.`) ? at.slice(path.length + 1) : undefined;
    const line = name === undefined ? undefined : byId.get(name.replace(/\[\d*\]/g, ''));
    if (line !== undefined && !found.has(line.id)) found.set(line.id, message);
  }
  return found;
}
