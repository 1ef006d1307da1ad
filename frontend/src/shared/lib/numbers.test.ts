import { describe, expect, it } from 'vitest';
import { readNumbers } from './numbers';

describe('readNumbers', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' \n,， \n', []],
    ['A1', ['A1']],
    ['A1\nB2\r\nC3', ['A1', 'B2', 'C3']],
    ['A1, B2，C3、D4\tE5', ['A1', 'B2', 'C3', 'D4', 'E5']],
    [' A1 \nA1\na1', ['A1', 'a1']],
    ['退货 7\nTH-1/2;x', ['退货 7', 'TH-1/2;x']],
  ])('%j holds %j', (text, numbers) => expect(readNumbers(text)).toEqual(numbers));
});
