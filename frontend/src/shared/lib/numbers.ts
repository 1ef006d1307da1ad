/** What the server takes at a time, and in a number, in characters. */
export const MOST_NUMBERS = 200;
export const LONGEST_NUMBER = 100;

/** Document numbers as people paste them: a line each, a column of a sheet, or between commas; each once. */
export function readNumbers(text: string): string[] {
  const all = text.split(/[\r\n\t,\uff0c\u3001]+/).map((number) => number.trim());
  return [...new Set(all.filter((number) => number !== ''))];
}
