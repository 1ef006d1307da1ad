import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoFlow, Person, type Run, Server } from './kit';

let server: Server;
const places: Record<string, string> = {};

beforeAll(async () => {
  server = await Server.start();
  const amy = await Person.arrive(server);
  await amy.setUp();
  await amy.leave();
  const { items: documents } = await server.api<{ items: { id: string }[] }>('/documents?attention=true');
  const { items: runs } = await server.api<{ items: Run[] }>('/runs');
  Object.assign(places, {
    home: '/',
    flows: '/flows',
    designer: `/flows/${demoFlow}/design`,
    node: `/flows/${demoFlow}/design/bill`,
    'flow-documents': `/flows/${demoFlow}/docs`,
    runs: '/runs',
    run: `/runs/${runs[0]?.id ?? ''}`,
    documents: '/docs',
    document: `/docs/${documents[0]?.id ?? ''}`,
    connections: '/connectors',
    tokens: '/tokens',
    missing: '/no/such/page',
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

  test.each(['home', 'flows', 'designer', 'node', 'flow-documents', 'runs', 'run', 'documents', 'document', 'connections', 'tokens', 'missing'])('%s', async (place) => {
    await amy.goto(places[place] ?? '');
    await amy.page.locator('main').waitFor();
    await amy.page.waitForLoadState('networkidle').catch(() => undefined); // a page that listens is never idle
    await amy.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    await amy.picture(`${name}-${place}`);
    expect(await amy.barriers()).toEqual([]);
    expect(amy.wrong).toEqual([]);
    expect(await amy.page.locator('html').getAttribute('lang')).toBe(look.language);
  });
});
