import { describe, expect, it } from 'vitest';

// The languages must not drift apart, and no Chinese may hide in code: whatever
// a person reads is in a catalogue, so that it exists in both languages.
const catalogues = import.meta.glob<Record<string, unknown>>('../**/i18n/*.json', { import: 'default', eager: true });
const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}', '!../shared/testing/**'], { query: '?raw', import: 'default', eager: true });

const CJK = /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/;

function flat(node: unknown, path = ''): Map<string, string> {
  if (typeof node === 'string') return new Map([[path, node]]);
  return new Map(Object.entries(node as Record<string, unknown>).flatMap(([key, value]) => [...flat(value, path === '' ? key : `${path}.${key}`)]));
}

/** Plural forms differ between languages: en has _one and _other, zh only _other. */
const meaning = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '');
const holes = (text: string) => [...text.matchAll(/{{\s*([a-zA-Z]+)/g)].map((m) => m[1]).sort().join();

const folders = [...new Set(Object.keys(catalogues).map((file) => file.replace(/\/[^/]+$/, '')))];

describe.each(folders)('%s', (folder) => {
  const zh = flat(catalogues[`${folder}/zh-CN.json`] ?? {});
  const en = flat(catalogues[`${folder}/en.json`] ?? {});

  it('has the same keys in both languages', () => {
    expect(zh.size).toBeGreaterThan(0);
    expect([...new Set([...en.keys()].map(meaning))].sort()).toEqual([...new Set([...zh.keys()].map(meaning))].sort());
  });

  it('has no empty text and the same placeholders', () => {
    for (const [key, text] of [...zh, ...en]) expect(text.trim(), key).not.toBe('');
    for (const [key, text] of en) {
      const other = zh.get(key) ?? zh.get(`${meaning(key)}_other`) ?? zh.get(meaning(key));
      if (other !== undefined && !key.endsWith('_one')) expect(holes(text), key).toBe(holes(other));
    }
  });

  it('has no Chinese in English', () => {
    for (const [key, text] of en) if (!key.startsWith('language.')) expect(CJK.test(text), `${key}: ${text}`).toBe(false);
  });
});

/** Comments may hold the Chinese words of the vocabulary; regular expressions too, as they match data. */
const code = (source: string) => source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"])\/\/.*$/gm, '$1');

describe('source', () => {
  it('holds no Chinese outside the catalogues', () => {
    const found = Object.entries(sources).flatMap(([file, text]) =>
      code(text).split('\n').filter((line) => CJK.test(line)).map((line) => `${file}: ${line.trim()}`));
    expect(found).toEqual([]);
  });

  it('is looked at', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(20);
    expect(CJK.test(code("const a = '单据';"))).toBe(true);
    expect(CJK.test(code("const a = 1; // 单据\n/* 单据 */"))).toBe(false);
  });
});
