import type { Field, Json } from '../shared/api/types';
import { setRow } from './mapping';
import { columnsOf, type Column, headingOf, isHeading } from './tsv';

// Where the rows of a pasted table belong. Tables of consultants list everything that is
// sent in one tree; a target has its fields apart from the parameters of the call.

/** A row that was put elsewhere than its name says. */
export interface Moved {
  from: string;
  to: string;
}

/** A parameter of the call, as a node keeps it. */
export interface Param {
  field: string;
  value: string;
}

export interface Placed {
  /** The rows of the mapping, under the names of the target. */
  rows: string[][];
  moved: Moved[];
  /** What belongs to the node that writes. */
  params: Param[];
}

interface Row {
  cells: readonly string[];
  name: string;
  value: string;
  /** The place of the name among the cells. */
  at: number;
}

/** The rows of a pasted table with what they name; undefined for a heading. */
function* rowsOf(pasted: readonly (readonly string[])[]): Generator<Row | { cells: readonly string[]; heading: true }> {
  let columns: readonly (Column | undefined)[] | undefined;
  for (const cells of pasted) {
    if (isHeading(cells)) {
      columns = cells.map(headingOf);
      yield { cells, heading: true };
      continue;
    }
    const used = columns ?? columnsOf(cells.length);
    const read = (column: Column) => (used.includes(column) ? (cells[used.indexOf(column)] ?? '').trim() : '');
    yield { cells, name: read('field'), value: read('value'), at: used.indexOf('field') };
  }
}

/** The dotted names of fields. */
const namesOf = (fields: readonly Field[], above = ''): string[] => fields.flatMap((field) => [above + field.field, ...namesOf(field.children ?? [], `${above}${field.field}.`)]);

/**
 * Puts the rows of a table where the target has them: what is listed below a list and
 * declared beside it goes beside it, unless its value reads the list's lines; what is a
 * parameter of the call goes to the node that makes it.
 */
export function place(pasted: readonly (readonly string[])[], declared: readonly Field[], others: readonly Field[]): Placed {
  const known = new Set(namesOf(declared));
  const calls = new Set(others.map((one) => one.field));
  const result: Placed = { rows: [], moved: [], params: [] };
  const sources = new Map<string, string>();
  for (const row of rowsOf(pasted)) if ('name' in row) sources.set(row.name, row.value);
  for (const row of rowsOf(pasted)) {
    const steps = 'name' in row ? row.name.split('.') : [];
    const last = steps.at(-1) ?? '';
    if (!('name' in row) || known.size === 0 || known.has(row.name) || !(steps.length === 1 || known.has(steps[0] ?? ''))) {
      result.rows.push([...row.cells]);
      continue;
    }
    const to = steps.map((_, i) => steps.slice(i).join('.')).find((tail, i) => i > 0 && known.has(tail) && tail.includes('.') === steps.length - i > 1);
    const lines = sources.get(steps[0] ?? '') ?? '';
    const reads = lines !== '' && row.value.includes(`${lines}.`);
    if (calls.has(last) && !known.has(last)) {
      if (row.value !== '') result.params.push({ field: last, value: row.value });
      result.rows.push([]); // the rows after it keep their numbers
    } else if (to === undefined || reads) {
      result.rows.push([...row.cells]);
    } else {
      result.moved.push({ from: row.name, to });
      result.rows.push(row.cells.map((cell, i) => (i === row.at ? to : cell)));
    }
  }
  return result;
}

/** Sets parameters, in place of those with the same names. */
export const withParams = (value: Json | undefined, params: readonly Param[], declared: readonly Field[]): Json =>
  params.reduce<Json>((rows, one) => setRow(rows, [one.field], declared, { value: one.value }), Array.isArray(value) ? value : []);

export interface PastedParams {
  rows: Json;
  /** How many were set. */
  taken: number;
  /** Those that window and paging fill in by themselves: a constant there would stop the run. */
  left: string[];
}

/** Sets the parameters of a pasted table that have a value. */
export function pasteParams(value: Json | undefined, declared: readonly Field[], auto: ReadonlySet<string>, pasted: readonly (readonly string[])[]): PastedParams {
  const params: Param[] = [];
  const left: string[] = [];
  for (const row of rowsOf(pasted)) {
    if (!('name' in row) || row.value === '' || !/^[^\s{}|]+$/.test(row.name)) continue;
    if (auto.has(row.name) && !row.value.includes('{{')) left.push(row.name);
    else params.push({ field: row.name, value: row.value });
  }
  return { rows: withParams(value, params, declared), taken: params.length, left };
}

