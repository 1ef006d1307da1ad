import { expect, test } from 'vitest';
import { demoFlow, Person, type Run } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('session');

const place = (person: Person) => person.page.url().replace(server.demo.url, '');
const at = (person: Person, wanted: string) => expect.poll(() => place(person), { timeout: 10_000 }).toBe(wanted);

/** Ends the session elsewhere: another holder of the cookie logs out. */
async function expire(person: Person): Promise<void> {
  const cookies = await person.context.cookies();
  const answer = await fetch(`${server.demo.url}/api/v1/logout`, {
    method: 'POST', headers: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '), 'Content-Type': 'application/json' }, body: '{}',
  });
  expect(answer.status).toBe(204);
}

test('an address deep inside leads there after the login', async () => {
  const ben = await Person.arrive(server);
  await ben.goto('/docs?state=retry_at');
  await at(ben, `/login?next=${encodeURIComponent('/docs?state=retry_at')}`);
  await ben.page.getByText('之后会回到刚才的页面').waitFor();
  await ben.enter();
  await at(ben, '/docs?state=retry_at');
  await ben.page.getByRole('link', { name: /^SO/ }).first().waitFor();
  expect(ben.wrong).toEqual([]);
  await ben.leave();
});

test('a session that ended under a page takes nothing of it away', async () => {
  await amy.goto('/runs');
  await amy.page.getByRole('table').first().waitFor();
  await expire(amy);
  await amy.click('link', /单据台账/);
  const again = amy.page.getByRole('dialog', { name: '登录已过期' });
  await again.waitFor();
  await amy.page.locator('input[autocomplete="current-password"]:focus').waitFor();
  await amy.page.keyboard.type('wrong');
  await amy.page.keyboard.press('Enter');
  await again.getByRole('alert').waitFor();
  await amy.page.keyboard.type('correct horse battery');
  await amy.page.keyboard.press('Enter');
  await amy.page.getByRole('grid').waitFor();
  await again.waitFor({ state: 'detached' });
  expect(place(amy)).toBe('/docs');
});

test('an edit in the designer outlives the session and is saved after the login', async () => {
  const flow = await desk.openCopy('中途过期');
  await desk.sheet('span');
  const lag = amy.page.getByRole('region', { name: /节点编辑/ }).getByRole('textbox', { name: '延后', exact: true });
  await expire(amy);
  await desk.type(lag, '7m');
  const again = amy.page.getByRole('dialog', { name: '登录已过期' });
  await again.waitFor();
  await amy.picture('session-ended');
  for (let i = 0; i < 3; i++) await amy.page.keyboard.press('Escape');
  await amy.page.keyboard.type('correct horse battery');
  await amy.page.keyboard.press('Enter');
  await again.waitFor({ state: 'detached' });
  await desk.saved();
  expect((await desk.spec(flow.id)).nodes.find((node) => node.id === 'span')?.settings?.lag).toBe('7m');
});

test('who logs out is not led back', async () => {
  await amy.goto('/docs?state=delivered');
  await amy.click('button', /账号/);
  await amy.click('menuitem', '退出登录');
  await at(amy, '/login');
  await amy.page.goBack();
  await amy.page.locator('input[autocomplete="current-password"]').waitFor();
  await amy.logIn();
  await at(amy, '/');
});

test('language and theme stay chosen', async () => {
  const ben = await Person.arrive(server, { theme: 'light' });
  await ben.logIn('/login?next=%2Fflows');
  await ben.click('button', '语言');
  await ben.click('menuitemradio', /English/);
  await ben.page.getByRole('heading', { name: 'Flows' }).waitFor();
  await ben.click('button', 'Appearance');
  await ben.click('menuitemradio', /Dark/);
  const look = () => ben.page.evaluate(() => `${document.documentElement.lang} ${document.documentElement.dataset.theme ?? ''} ${getComputedStyle(document.body).backgroundColor}`);
  await expect.poll(look).toMatch(/^en dark /);
  const before = await look();
  await ben.page.reload();
  await ben.page.getByRole('heading', { name: 'Flows' }).waitFor();
  await expect.poll(look).toBe(before);
  const other = await ben.context.newPage();
  await other.goto(`${server.demo.url}/runs`);
  await other.getByRole('heading', { name: 'Runs' }).waitFor();
  expect(await other.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  expect(ben.wrong).toEqual([]);
  await ben.leave();
});

test('by keyboard alone: log in, find the flow, run it', async () => {
  const ben = await Person.arrive(server);
  const { page } = ben;
  await ben.goto('/login');
  await page.locator('input[autocomplete="username"]:focus').waitFor();
  await page.keyboard.type('amy');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse battery');
  await page.keyboard.press('Enter');
  await at(ben, '/');
  await ben.tabTo('集成方案');
  await page.keyboard.press('Enter');
  await at(ben, '/flows');
  await page.getByRole('link', { name: /聚水潭退货退款/ }).first().waitFor();
  await ben.tabTo(/^聚水潭退货退款/);
  await page.keyboard.press('Enter');
  await page.locator('.react-flow__node').first().waitFor();
  const { items: before } = await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}`);
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect.poll(async () => (await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}`)).items.length).toBe(before.length + 1);
  const { items: runs } = await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}`);
  expect((await server.finished(runs[0]?.id ?? '')).state).toBe('done');
  await page.getByText('已完成').first().waitFor();
  expect(ben.wrong).toEqual([]);
  await ben.leave();
});

test('a lost connection is shown, pages keep what they have, and all comes back by itself', async () => {
  await amy.goto('/flows');
  const flow = amy.page.getByRole('link', { name: /聚水潭退货退款/ }).first();
  await flow.waitFor();
  await server.halt();
  await amy.page.getByText('实时更新已断开').waitFor();
  await amy.picture('connection-lost');
  expect(await flow.isVisible()).toBe(true);
  await amy.click('link', /运行监控/);
  await amy.page.getByRole('main').getByRole('button', { name: '重新加载' }).first().waitFor();
  await amy.picture('connection-lost-page');
  await server.resume();
  await amy.page.getByText('实时更新已断开').waitFor({ state: 'detached' });
  await amy.page.getByRole('row', { name: /已完成/ }).first().waitFor();
  expect(amy.wrong).toEqual([]);
});
