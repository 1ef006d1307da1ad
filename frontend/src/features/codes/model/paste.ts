import { readTsv } from '../../../model/tsv';
import type { CodeRowChange } from '../../../shared/api/types';

/** What the server takes at once. */
export const MOST_ROWS = 2000;

/** What files call the first column in every language, beside the reader's own word. */
const HEADING = 'source';

export interface Pasted {
  rows: CodeRowChange[];
  /** Rows of the clipboard without a source or a target, counted from 1. */
  incomplete: number[];
  /** Sources that stand there twice. */
  twice: string[];
}

/** Rows of a spreadsheet: source, target, note. A first row that names the columns, by the reader's word for a source or by that of files, is no row. */
export function readPasted(text: string, heading: string): Pasted {
  const result: Pasted = { rows: [], incomplete: [], twice: [] };
  const seen = new Set<string>();
  for (const [index, cells] of readTsv(text).entries()) {
    const [source = '', target = '', note = ''] = cells.map((cell) => cell.trim());
    if (index === 0 && [HEADING, heading.toLowerCase()].includes(source.toLowerCase())) continue;
    if (source === '' || target === '') result.incomplete.push(index + 1);
    else if (seen.has(source)) result.twice.push(source);
    else {
      seen.add(source);
      result.rows.push(note === '' ? { source, target } : { source, target, note });
    }
  }
  return result;
}

/** Several cells, not a word that is pasted into one. */
export const isTable = (text: string): boolean => /[\t\n]/.test(text.trim());

/** A name that flows can use, out of a title. */
export const nameOf = (title: string): string => title.trim().replace(/[\s/]+/g, '-').slice(0, 190);
