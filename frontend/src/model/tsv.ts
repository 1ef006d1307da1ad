import type { Field, Json } from '../shared/api/types';
import { flatLines, type Line, setRow } from './mapping';

/** The mapping as a table that a spreadsheet takes: path, title, type, value. */
export function toTsv(lines: readonly Line[]): string {
  return flatLines(lines)
    .filter((line) => line.row !== undefined)
    .map((line) => [line.id, line.title?.zh ?? '', line.type, line.value].map(cell).join('\t'))
    .join('\n');
}

const cell = (text: string): string => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Splits pasted text into cells; quoted cells may hold tabs and line breaks. */
export function readTsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = '';
  let quoted = false;
  const source = text.replace(/\r\n?/g, '\n');
  for (let i = 0; i < source.length; i++) {
    const char = source[i] ?? '';
    if (quoted) {
      if (char !== '"') value += char;
      else if (source[i + 1] === '"') value += source[++i];
      else quoted = false;
    } else if (char === '"' && value === '') quoted = true;
    else if (char === '\t' || char === '\n') {
      row.push(value);
      value = '';
      if (char === '\n') {
        rows.push(row);
        row = [];
      }
    } else value += char;
  }
  if (value !== '' || row.length > 0) rows.push([...row, value]);
  return rows.filter((cells) => cells.some((one) => one.trim() !== ''));
}

/**
 * Applies pasted rows: the first cell names the field (a dotted path or the bare
 * name where it is unique), the last one is the value. What names no field is
 * handed back.
 */
export function applyTsv(rows: Json | undefined, lines: readonly Line[], declared: readonly Field[], pasted: readonly string[][]): { rows: Json[]; applied: number; unknown: string[] } {
  const flat = flatLines(lines);
  let result: Json[] = Array.isArray(rows) ? rows : [];
  let applied = 0;
  const unknown: string[] = [];
  for (const cells of pasted) {
    const name = (cells[0] ?? '').trim();
    const value = (cells.at(-1) ?? '').trim();
    const byName = flat.filter((line) => line.field === name);
    const line = flat.find((one) => one.id === name) ?? (byName.length === 1 ? byName[0] : undefined);
    if (line === undefined || cells.length < 2) {
      if (name !== '') unknown.push(name);
      continue;
    }
    result = setRow(result, line.path, declared, { value });
    applied++;
  }
  return { rows: result, applied, unknown };
}
