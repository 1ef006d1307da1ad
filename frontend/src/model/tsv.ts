import type { Field, Json } from '../shared/api/types';
import { flatLines, type Line, mappingLines, setRow } from './mapping';

// The mapping as a table that a spreadsheet takes: field, its name, type, value.

/** The columns in their order. */
export const COLUMNS = ['field', 'title', 'type', 'value'] as const;
export type Column = (typeof COLUMNS)[number];

/** Lines that say something as a table below its headings. */
export function toTsv(lines: readonly Line[], headings: readonly string[] = []): string {
  return [...(headings.length === 0 ? [] : [[...headings]]), ...lines.map((line) => [line.id, line.title?.zh ?? '', line.type, line.value])].map((cells) => cells.map(cell).join('\t')).join('\n');
}

/** The lines of a mapping that have a row. */
export const saidLines = (lines: readonly Line[]): Line[] => flatLines(lines).filter((line) => line.row !== undefined);

const cell = (text: string): string => (/[\t\r\n]|^"/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Whether a text is more than one cell, so that it goes into the table and not into the box. */
export const isTable = (text: string): boolean => /\t/.test(text.trim()) || (/\n/.test(text.trim()) && text.trim().split('\n').every((line) => splitBars(line).length > 1));

/** The most rows that a mapping takes at once; the longest documented operation has a tenth of them. */
export const MOST_PASTED = 5000;

/** Splits pasted text into cells: of a spreadsheet by tabs, of a document by bars. */
export function readTable(text: string): string[][] {
  return text.includes('\t') ? readTsv(text) : text.split(/\r\n?|\n/).map(splitBars).filter((cells) => cells.some((one) => /[^\s:-]/.test(one)));
}

/** Bars inside of placeholders stand before a format; a mark behind a backslash is itself, as in Markdown. */
function splitBars(line: string): string[] {
  const cells = line.trim().split(/(?<!\\)\|(?![^{]*\}\})/).map((one) => one.trim().replaceAll('<br>', '\n').replace(/\\([\\|<*`[&#~_])/g, '$1'));
  if (cells.length > 1 && cells.at(-1) === '') cells.pop();
  if (cells.length > 1 && cells[0] === '') cells.shift();
  return cells;
}

/** Splits the text of a spreadsheet into cells; quoted cells may hold tabs and line breaks. */
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

// Headings as consultants write them: field, field name, type, configured value.
const HEADINGS: Record<string, Column> = {
  field: 'field', name: 'title', title: 'title', 'field name': 'title', type: 'type', value: 'value',
  '\u5b57\u6bb5': 'field', '\u5b57\u6bb5\u540d\u79f0': 'title', '\u540d\u79f0': 'title', '\u7c7b\u578b': 'type', '\u914d\u7f6e\u503c': 'value', '\u503c': 'value',
};
export const headingOf = (text: string): Column | undefined => HEADINGS[text.trim().toLowerCase()];
export const isHeading = (cells: readonly string[]): boolean => cells.length > 1 && cells.some((one) => headingOf(one) === 'field') && cells.every((one) => one.trim() === '' || headingOf(one) !== undefined);

/** Without headings the first cell is the field and the last one of up to four its value. */
export function columnsOf(count: number): readonly (Column | undefined)[] {
  if (count >= COLUMNS.length) return COLUMNS;
  return count === 3 ? ['field', 'title', 'value'] : ['field', 'value'];
}

const TYPES: Record<string, string> = {
  '': '', string: '', text: '', str: '', varchar: '', int: 'int', integer: 'int', long: 'int', decimal: 'decimal', number: 'decimal', float: 'decimal', double: 'decimal',
  bool: 'bool', boolean: 'bool', date: 'date', datetime: 'datetime', array: 'array', list: 'array', object: 'object', json: 'json',
};

/** Why a pasted row was not understood. */
export type Reason = 'cells' | 'name' | 'type' | 'parent' | 'twice';
export interface Refused {
  /** Its place among the pasted rows, from 1. */
  at: number;
  name: string;
  reason: Reason;
}
export interface Applied {
  rows: Json[];
  created: number;
  updated: number;
  same: number;
  refused: Refused[];
}

const STEP = /^[^\s{}|"',;:()[\]<>=]+$/;

/**
 * Applies pasted rows. A row names a field by its dotted path, or by its bare name
 * where that is unique; fields that nobody declares come into being with what the
 * table says of them. What is not understood is handed back with the reason.
 */
export function applyTable(rows: Json | undefined, declared: readonly Field[], pasted: readonly string[][]): Applied {
  const flat = flatLines(mappingLines(rows, declared));
  const known = new Map<string, { path: string[]; type: string; value: string; filled: boolean; declared: boolean }>(
    flat.map((one) => [one.id, { path: one.path, type: one.type, value: one.value, filled: one.row !== undefined, declared: one.declared !== undefined }]),
  );
  const byName = new Map<string, string[]>();
  for (const one of flat) byName.set(one.field, [...(byName.get(one.field) ?? []), one.id]);
  const done = new Set<string>();
  const result: Applied = { rows: Array.isArray(rows) ? rows : [], created: 0, updated: 0, same: 0, refused: [] };
  const put = (path: readonly string[], members: Record<string, Json | undefined>, keep: boolean) => {
    result.rows = setRow(result.rows, path, declared, members, keep);
  };
  /** Where a name leads, or why it leads nowhere. */
  const pathOf = (name: string): string[] | Reason => {
    const alone = byName.get(name);
    const there = known.get(name) ?? (alone?.length === 1 ? known.get(alone[0] ?? '') : undefined);
    if (there !== undefined) return there.path;
    const path = name.split('.');
    if (!path.every((step) => STEP.test(step))) return 'name';
    const parents = path.slice(0, -1).map((_, i) => known.get(path.slice(0, i + 1).join('.')));
    return parents.every((one) => one === undefined || one.type === 'array' || one.type === 'object') ? path : 'parent';
  };
  let columns: readonly (Column | undefined)[] | undefined;
  pasted.forEach((cells, i) => {
    if (cells.length === 0) return; // it went elsewhere
    if (isHeading(cells)) {
      columns = cells.map(headingOf);
      return;
    }
    const used = columns ?? columnsOf(cells.length);
    const read = (column: Column) => (used.includes(column) ? (cells[used.indexOf(column)] ?? '').trim() : '');
    const name = read('field');
    const refuse = (reason: Reason) => void result.refused.push({ at: i + 1, name: name === '' ? cells.join(' ').trim() : name, reason });
    if (cells.length < 2) return refuse('cells');
    const path = name === '' ? 'name' : pathOf(name);
    if (typeof path === 'string') return refuse(path);
    const id = path.join('.');
    if (done.has(id)) return refuse('twice');
    const before = known.get(id);
    const value = read('value');
    const type = TYPES[read('type').toLowerCase()];
    if (before?.declared !== true && type === undefined) return refuse('type');
    done.add(id);
    path.slice(0, -1).forEach((_, n) => {
      const above = path.slice(0, n + 1);
      if (known.has(above.join('.'))) return;
      put(above, { type: 'object' }, true);
      known.set(above.join('.'), { path: above, type: 'object', value: '', filled: true, declared: false });
    });
    if (before?.filled === true ? before.value === value : before?.declared === true && value === '') result.same++;
    else if (before?.filled === true) result.updated++;
    else result.created++;
    if (before !== undefined && before.value === value && (before.filled || value === '')) return;
    const title = read('title');
    if (before === undefined) put(path, { ...(title === '' ? {} : { title }), ...(type === '' ? {} : { type: type ?? '' }), value: value === '' && (type === 'array' || type === 'object') ? undefined : value }, true);
    else put(path, { value }, before.declared === false);
    known.set(id, { path, type: before?.type ?? (type === undefined || type === '' ? 'string' : type), value, filled: true, declared: before?.declared ?? false });
  });
  return result;
}
