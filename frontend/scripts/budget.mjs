// Fails a build whose pages grew too heavy. Sizes are gzipped KiB of scripts
// and styles; what a page loads is read from the manifest Vite writes. With --quiet
// only what is over its budget is told.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const root = new URL('../dist/app/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', root), 'utf8'));
const BUDGET = { designer: 360, list: 260, chunk: 190, all: 1200 };

const sizes = new Map();
const size = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, root))).length / 1024);
  return sizes.get(file);
};

/** Every file that an entry needs before it can be drawn. */
function closure(key, seen = new Set(), files = new Set()) {
  const chunk = manifest[key];
  if (chunk === undefined || seen.has(key)) return files;
  seen.add(key);
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const next of chunk.imports ?? []) closure(next, seen, files);
  return files;
}

const lines = [];
let failed = false;
function check(name, kib, limit) {
  const over = kib > limit;
  failed ||= over;
  lines.push(`${over ? 'OVER ' : 'ok   '} ${name.padEnd(34)} ${kib.toFixed(1).padStart(7)} KiB of ${limit}`);
}

const app = closure('index.html');
// What every visit needs beside the entry: one language and antd's locale.
const ALWAYS = ['src/shared/i18n/zh-CN.json', 'node_modules/antd/es/locale/zh_CN.js'];
for (const key of ALWAYS) closure(key, new Set(), app);

for (const key of Object.keys(manifest).filter((k) => /^src\/features\/.*Page\.tsx$/.test(k))) {
  const files = closure(key, new Set(), new Set(app));
  const feature = key.split('/')[2];
  closure(`src/features/${feature}/i18n/zh-CN.json`, new Set(), files);
  const total = [...files].reduce((sum, file) => sum + size(file), 0);
  check(key.replace('src/features/', '').replace('.tsx', ''), total, feature === 'designer' ? BUDGET.designer : BUDGET.list);
}
const heaviest = [...new Set(Object.values(manifest).map((c) => c.file))].filter((f) => f.endsWith('.js')).sort((a, b) => size(b) - size(a));
for (const file of heaviest.slice(0, 5)) check(file, size(file), BUDGET.chunk);
const everything = readdirSync(new URL('assets/', root)).filter((file) => /\.(js|css)$/.test(file)).reduce((sum, file) => sum + size(`assets/${file}`), 0);
check('all scripts and styles', everything, BUDGET.all);
const quiet = process.argv.includes('--quiet');
for (const line of lines) if (!quiet || line.startsWith('OVER')) console.log(line);
process.exitCode = failed ? 1 : 0;
