import { expect, test } from 'vitest';

const sources = import.meta.glob<string>('../../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });

// Two queries under one key overwrite each other's answers, and each page breaks on
// the shape the other one stored - but only for who comes from the other page.
test('no two queries share a key', () => {
  const places = new Map<string, string[]>();
  for (const [file, text] of Object.entries(sources)) {
    if (file.includes('.test.')) continue;
    for (const [, key = ''] of text.matchAll(/queryKey:\s*(keys\.\w+(?:\([^)]*\))?|\[[^\]]*\])(?=[^;]*?queryFn)/g)) {
      places.set(key, [...(places.get(key) ?? []), file]);
    }
  }
  expect(places.size).toBeGreaterThan(10);
  expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
});
