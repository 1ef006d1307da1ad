import { describe, expect, it } from 'vitest';
import { readText } from './textFile';

describe('text files', () => {
  it.each([
    ['UTF-8', [0xe5, 0xad, 0x97], '字'],
    ['UTF-8 with a mark', [0xef, 0xbb, 0xbf, 0x61], 'a'],
    ['GB18030', [0xd7, 0xd6, 0xb6, 0xce], '字段'],
    ['UTF-16', [0xff, 0xfe, 0x57, 0x5b], '字'],
    ['UTF-16, the other way', [0xfe, 0xff, 0x5b, 0x57], '字'],
    ['nothing', [], ''],
  ])('%s', async (_, bytes, text) => {
    expect(await readText(new Blob([new Uint8Array(bytes)]))).toBe(text);
  });
});
