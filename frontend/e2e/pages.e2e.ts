import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoFlow, Person, type Run, Server } from './kit';

let server: Server;
/** Where each page is, and what is there once it shows all it has to show. */
const places: Record<string, { at: string; shows: string[] }> = {};

beforeAll(async () => {
  server = await Server.start();
  const amy = await Person.arrive(server);
  await amy.setUp();
  await amy.leave();
  const table = await server.api<{ id: string }>('/code-tables', { method: 'POST', body: { name: 'shops', title: '店铺 → 客户' } });
  await server.api(`/code-tables/${table.id}/rows`, { method: 'PUT', body: { rows: [{ source: '10101', target: 'CUST-1', note: '天猫旗舰店' }, { source: '10102', target: 'CUST-1' }] } });
  const { items: documents } = await server.api<{ items: { id: string }[] }>('/documents?attention=true');
  const { items: runs } = await server.api<{ items: Run[] }>('/runs');
  const grid = ['main [data-row]', '[role="group"] [data-state="retry_at"]'];
  Object.assign(places, {
    home: { at: '/', shows: ['main a[href^="/runs/"]', 'main a[href^="/docs?state=retry_at"]', 'main a[href="/flows"], main [data-health]'] },
    flows: { at: '/flows', shows: ['main tbody tr'] },
    designer: { at: `/flows/${demoFlow}/design`, shows: ['.react-flow__node', '.react-flow__edgelabel-renderer button', 'aside [draggable]'] },
    node: { at: `/flows/${demoFlow}/design/bill`, shows: ['[role="treegrid"] textarea', '[role="tree"] [role="treeitem"]'] },
    'flow-overview': { at: `/flows/${demoFlow}/overview`, shows: ['main dl dd', '.u-wrap canvas', 'main meter'] },
    'flow-queue': { at: `/flows/${demoFlow}/queue?tab=writes`, shows: ['main tbody tr'] },
    'flow-versions': { at: `/flows/${demoFlow}/versions`, shows: ['main tbody tr', 'main section h4'] },
    'flow-documents': { at: `/flows/${demoFlow}/docs`, shows: grid },
    runs: { at: '/runs', shows: ['main tbody tr'] },
    run: { at: `/runs/${runs[0]?.id ?? ''}`, shows: ['main tbody tr', 'main a[href^="/docs?run="]', 'main a[href^="/docs/"]'] },
    documents: { at: '/docs', shows: grid },
    document: { at: `/docs/${documents[0]?.id ?? ''}`, shows: ['[role="tree"] [aria-selected="true"]', 'main h2'] },
    codes: { at: '/codes', shows: ['main tbody tr'] },
    'code-table': { at: `/codes/${table.id}`, shows: ['main tbody tr input', 'main [data-tone="warn"]'] },
    connections: { at: '/connectors', shows: ['main article'] },
    help: { at: '/help/language#lines', shows: ['article h3#lines', 'article figure'] },
    tokens: { at: '/tokens', shows: ['main tbody tr'] },
    missing: { at: '/no/such/page', shows: ['main h1'] },
  });
});

afterAll(async () => {
  await server.stop();
});

// Every page, in both languages, both themes and on a large and a small screen:
// nothing is thrown, nothing is refused by the policy, nothing leaves the machine,
// nothing stands in the way of a screen reader, and there is a picture to look at.
const looks = [
  { language: 'zh-CN', theme: 'light', width: 1440, height: 900 },
  { language: 'zh-CN', theme: 'dark', width: 1280, height: 720 },
  { language: 'en', theme: 'light', width: 1280, height: 720 },
  { language: 'en', theme: 'dark', width: 1440, height: 900 },
] as const;

describe.each(looks)('$language, $theme, $width × $height', (look) => {
  const name = `${look.language}-${look.theme}-${String(look.width)}`;
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

  test.each(['home', 'flows', 'designer', 'node', 'flow-overview', 'flow-queue', 'flow-versions', 'flow-documents', 'runs', 'run', 'documents', 'document', 'codes', 'code-table', 'connections', 'help', 'tokens', 'missing'])('%s', async (place) => {
    const { at, shows } = places[place] ?? { at: '', shows: [] };
    await amy.goto(at);
    for (const part of shows) await amy.page.locator(part).first().waitFor();
    await expect.poll(() => amy.page.getByRole('status', { name: /加载|Loading/ }).count(), { timeout: 15_000 }).toBe(0);
    await amy.picture(`${name}-${place}`);
    expect(await amy.barriers()).toEqual([]);
    expect(amy.wrong).toEqual([]);
    expect(await amy.page.locator('html').getAttribute('lang')).toBe(look.language);
  });
});
