import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { matchPath } from 'react-router';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoFlow, Person, type Run, Server } from './kit';
import { billsFlow } from './samples';

let server: Server;

/** Fills the place of an id in a path, with what the demonstration holds. */
const ids: Record<string, string> = {};
const at = (path: string) => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);

const grid = ['main [data-row]', '[role="group"] [data-state="retry_at"]'];

/** Where each page is, and what is there once it shows all it has to show. */
const places: Record<string, { at: string; shows: string[] }> = {
  home: { at: '/', shows: ['main a[href^="/runs/"]', 'main a[href^="/docs?state=retry_at"]', 'main a[href="/flows"], main [data-health]'] },
  flows: { at: '/flows', shows: ['main tbody tr'] },
  'new-flow': { at: '/flows/new', shows: ['main fieldset input'] },
  import: { at: '/flows/import', shows: ['main textarea'] },
  designer: { at: `/flows/${demoFlow}/design`, shows: ['.react-flow__node', '.react-flow__edgelabel-renderer button', 'aside [draggable]'] },
  node: { at: `/flows/${demoFlow}/design/bill`, shows: ['[role="treegrid"] textarea', '[role="tree"] [role="treeitem"]'] },
  'flow-overview': { at: `/flows/${demoFlow}/overview`, shows: ['main dl dd', '.u-wrap canvas', 'main meter'] },
  'flow-queue': { at: `/flows/${demoFlow}/queue?tab=writes`, shows: ['main tbody tr'] },
  'flow-dry-run': { at: `/flows/${demoFlow}/dry-run`, shows: ['[role="group"] button', 'main tbody tr'] },
  'flow-runs': { at: `/flows/${demoFlow}/runs`, shows: ['main tbody tr'] },
  'flow-documents': { at: `/flows/${demoFlow}/docs`, shows: grid },
  'flow-reading': { at: `/flows/${demoFlow}/reading`, shows: ['main h2'] },
  'flow-versions': { at: `/flows/${demoFlow}/versions`, shows: ['main tbody tr', 'main section h4'] },
  runs: { at: '/runs', shows: ['main tbody tr'] },
  run: { at: '/runs/{run}', shows: ['main tbody tr', 'main a[href^="/docs?run="]', 'main a[href^="/docs/"]'] },
  documents: { at: '/docs', shows: grid },
  document: { at: '/docs/{document}', shows: ['[role="tree"] [aria-selected="true"]', 'main h2'] },
  market: { at: '/market', shows: ['main article'] },
  'template-publish': { at: `/market/publish?flow=${demoFlow}`, shows: ['main aside h2'] },
  template: { at: '/market/jushuitan-refund-to-kingdee-return?tab=flows', shows: ['main figure svg'] },
  'template-copy': { at: '/market/jushuitan-refund-to-kingdee-return/copy', shows: ['main form select'] },
  reconcile: { at: '/reconcile', shows: ['main tbody tr'] },
  comparison: { at: '/reconcile/{check}', shows: ['main section table', 'main [role="group"] button'] },
  codes: { at: '/codes', shows: ['main tbody tr'] },
  'code-table': { at: '/codes/{table}', shows: ['main tbody tr input', 'main [data-tone="warn"]'] },
  connections: { at: '/connectors', shows: ['main article'] },
  plugins: { at: '/plugins', shows: ['main a[href^="/plugins/"]'] },
  plugin: { at: '/plugins/jushuitan', shows: ['main h2'] },
  help: { at: '/help', shows: ['main article'] },
  'help-page': { at: '/help/language#lines', shows: ['article h3#lines', 'article figure'] },
  retention: { at: '/retention', shows: ['main form, main table'] },
  tokens: { at: '/tokens', shows: ['main tbody tr'] },
  missing: { at: '/no/such/page', shows: ['main h1'] },
};

/** Fills the pages: codes, a dry run and a comparison, besides what the demonstration ran. */
async function furnish() {
  const post = <T>(path: string, body: unknown) => server.api<T>(path, { method: 'POST', body });
  const table = await post<{ id: string }>('/code-tables', { name: 'shops', title: '店铺 → 客户' });
  await server.api(`/code-tables/${table.id}/rows`, { method: 'PUT', body: { rows: [{ source: '10101', target: 'CUST-1', note: '天猫旗舰店' }, { source: '10102', target: 'CUST-1' }] } });
  await post(`/flows/${demoFlow}/dry-runs`, { count: 20 });
  const made = await post<{ id: string }>('/flows', { document: billsFlow() });
  await post(`/flows/${made.id}/publish`, {});
  const key = { title: '单号', kind: 'text', source: '{{o_id}}', target: '{{FBillNo}}' };
  const check = await post<{ id: string }>('/reconciliations', { title: '聚水潭退货 与 星空退货单', source: { flow: demoFlow, node: 'refunds' }, target: { flow: made.id, node: 'bills' }, spec: { key }, days: 60, margin: 0 });
  await post(`/reconciliations/${check.id}/runs`, {});
  const { items: documents } = await server.api<{ items: { id: string }[] }>('/documents?attention=true');
  const { items: runs } = await server.api<{ items: Run[] }>('/runs');
  Object.assign(ids, { table: table.id, check: check.id, document: documents[0]?.id ?? '', run: runs[0]?.id ?? '' });
}

beforeAll(async () => {
  server = await Server.start();
});

afterAll(async () => {
  await server.stop();
});

// Every page, in both languages, both themes and on a large and a small screen:
// nothing is thrown, nothing is refused by the policy, nothing leaves the machine,
// nothing stands in the way of a screen reader, and there is a picture to look at.
const looks = [
  { language: 'zh-CN', theme: 'light', width: 1440, height: 900 },
  { language: 'en', theme: 'dark', width: 1280, height: 720 },
  { language: 'zh-CN', theme: 'dark', width: 1440, height: 900 },
  { language: 'en', theme: 'light', width: 1280, height: 720 },
] as const;

/** The other two of the four are for long tests. */
const taken = process.env.KAREZ_TEST_LONG === undefined ? looks.slice(0, 2) : looks;

const nameOf = (look: (typeof looks)[number]) => `${look.language}-${look.theme}-${String(look.width)}`;

test.each(taken)('before anybody is there: $language, $theme', async (look) => {
  const nobody = await Person.arrive(server, look);
  await nobody.goto(`/setup#token=${server.demo.setup_token}`);
  await nobody.page.locator('button[type="submit"]').waitFor();
  await nobody.picture(`${nameOf(look)}-setup`);
  expect(await nobody.barriers()).toEqual([]);
  expect(nobody.wrong).toEqual([]);
  await nobody.leave();
});

test('every page of the product is in the list', async () => {
  const amy = await Person.arrive(server);
  await amy.setUp();
  await amy.leave();
  await furnish();
  const text = readFileSync(resolve(import.meta.dirname, '../src/app/routes.tsx'), 'utf8');
  const pages = [...text.matchAll(/path: '(\/[^']*)', element: page\(/g)].map((found) => found[1] ?? '');
  const visited = Object.values(places).map((place) => new URL(at(place.at), server.demo.url).pathname);
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((path) => !['/login', '/setup'].includes(path) && !visited.some((one) => matchPath(path, one) !== null))).toEqual([]);
});

describe.each(taken)('$language, $theme, $width × $height', (look) => {
  const name = nameOf(look);
  let amy: Person;

  beforeAll(async () => {
    amy = await Person.arrive(server, look);
  });

  afterAll(async () => {
    await amy.leave();
  });

  test('the way in', async () => {
    await amy.goto('/login');
    await amy.page.locator('button[type="submit"]').waitFor();
    await amy.picture(`${name}-login`);
    expect(await amy.barriers()).toEqual([]);
    await amy.logIn();
  });

  test.each(Object.entries(places))('%s', async (place, { at: path, shows }) => {
    await amy.goto(at(path));
    for (const part of shows) await amy.page.locator(part).first().waitFor();
    await expect.poll(() => amy.page.getByRole('status', { name: /加载|Loading/ }).count(), { timeout: 15_000 }).toBe(0);
    await amy.picture(`${name}-${place}`);
    expect(await amy.barriers()).toEqual([]);
    expect(amy.wrong).toEqual([]);
    expect(await amy.page.locator('html').getAttribute('lang')).toBe(look.language);
  });
});

// A person who needs everything twice as large has half the room (WCAG 1.4.4): nothing may
// be cut off, nor stand beside the screen.
describe('at 200 %', () => {
  let amy: Person;

  beforeAll(async () => {
    amy = await Person.arrive(server, { width: 720, height: 450 });
    await amy.logIn();
  });

  afterAll(async () => {
    await amy.leave();
  });

  test.each(Object.entries(places))('%s', async (place, { at: path, shows }) => {
    await amy.goto(at(path));
    await amy.page.locator(shows[0] ?? 'main').first().waitFor({ state: 'attached' });
    await amy.picture(`200-${place}`);
    expect(await amy.damage()).toEqual([]);
  });
});
