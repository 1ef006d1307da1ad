import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

// A style sheet that moves must not leave its readers naked: every class that code takes
// from one is there.
const sources = import.meta.glob<string>(['../**/*.tsx', '!../**/*.test.tsx'], { query: '?raw', import: 'default', eager: true });

interface Use {
  file: string;
  sheet: string;
  name: string;
}

const uses: Use[] = Object.entries(sources).flatMap(([file, text]) =>
  [...text.matchAll(/import (\w+) from '([^']+\.module\.css)'/g)].flatMap(([, local = '', path = '']) => {
    const sheet = path.startsWith('~/') ? join('src', path.slice(2)) : normalize(join('src/app', dirname(file), path));
    return [...new Set([...text.matchAll(new RegExp(`\\b${local}\\.(\\w+)`, 'g'))].map(([, name = '']) => name))].map((name) => ({ file, sheet, name }));
  }),
);

// Read from disk: the test runner empties style sheets that are imported.
const classes = new Map([...new Set(uses.map(({ sheet }) => sheet))].map((sheet) => [sheet, new Set([...readFileSync(sheet, 'utf8').matchAll(/\.([a-zA-Z_][\w-]*)/g)].map(([, name]) => name))]));

it('every class that is used is defined', () => {
  expect(uses.length).toBeGreaterThan(500);
  expect(uses.filter(({ sheet, name }) => classes.get(sheet)?.has(name) !== true)).toEqual([]);
});
