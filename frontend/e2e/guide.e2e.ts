import { expect, test } from 'vitest';
import { demoFlow, Person, type Run } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('guide');

interface Drawn { spec: { triggers: object[]; nodes: { id: string; settings: { fields?: { field: string; value: unknown }[] } }[] } }

const done = async () => Object.fromEntries(await amy.page.locator('[data-step]').evaluateAll((all) => all.map((one) => [(one as HTMLElement).dataset.step, (one as HTMLElement).dataset.done])) as [string, string][]);

test('the checklist ticks itself by what was done, and can be put away', async () => {
  await amy.goto('/?start=1');
  await amy.page.getByRole('region', { name: '五步送达第一张单据' }).waitFor();
  // The shipped demonstration has run once by hand; it was never run dry and is not enabled.
  expect(await done()).toEqual({ connected: 'true', drawn: 'true', dryRun: 'false', enabled: 'false', delivered: 'true' });
  await amy.picture('guide-steps');
  expect(await amy.barriers()).toEqual([]);

  await amy.click('link', /^3\s*试运行/);
  await amy.page.waitForURL(`**/flows/${demoFlow}/dry-run`);
  await amy.click('button', '开始试运行');
  await expect.poll(async () => (await server.api<{ items: { state: string }[] }>(`/flows/${demoFlow}/dry-runs`)).items[0]?.state, { timeout: 60_000 }).toBe('done');
  await amy.goto('/?start=1');
  await amy.page.locator('[data-step="dryRun"][data-done="true"]').waitFor();

  await server.api(`/flows/${demoFlow}/enable`, { method: 'POST' });
  // The page hears of it by itself.
  await amy.page.locator('[data-step="enabled"][data-done="true"]').waitFor();
  await amy.page.getByText('全部完成，可以收起了。').waitFor();
  await amy.click('button', '收起清单');
  await amy.page.getByRole('region', { name: '五步送达第一张单据' }).waitFor({ state: 'hidden' });
  await server.api(`/flows/${demoFlow}/disable`, { method: 'POST', body: {} });
});

test('what needs a person leads to where it is mended', async () => {
  const { connections } = await server.api<{ connections: { name: string }[] }>('/home');
  expect(connections).toEqual([]);
  const needs = amy.page.getByRole('region', { name: '需要你处理' });
  await needs.getByRole('link', { name: /等待重试/ }).click();
  await amy.page.waitForURL((url) => url.pathname === '/docs' && url.searchParams.get('state') === 'retry_at');
  await amy.goto('/');
  await needs.waitFor();
  await amy.picture('guide-needs');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);
});

test('a new person is shown around, puts it away, and asks for it again', async () => {
  const bob = await Person.arrive(server, { language: 'en', theme: 'dark', width: 1280, height: 800, guided: true });
  try {
    await bob.logIn(`/login?to=${encodeURIComponent(`/flows/${demoFlow}/design`)}`);
    await bob.goto(`/flows/${demoFlow}/design`);
    const card = bob.page.getByRole('dialog', { name: 'Nodes come from here' });
    await card.waitFor();
    await bob.picture('guide-designer');
    expect(await bob.barriers()).toEqual([]);
    await bob.page.keyboard.press('ArrowRight');
    await bob.page.getByRole('dialog', { name: 'Wire them on the canvas' }).waitFor();
    await bob.page.keyboard.press('ArrowLeft');
    await card.waitFor();
    // The page below stays in use.
    await bob.page.locator('.react-flow__node[data-id="refunds"]').click();
    await bob.page.locator('.react-flow__node[data-id="refunds"].selected').waitFor();
    for (const name of ['Next', 'Next', 'Next', 'Next', 'Got it']) await bob.click('button', name, '[data-part]');
    await bob.page.locator('[data-part]').waitFor({ state: 'detached' });
    await bob.page.reload();
    await bob.page.locator('.react-flow__node').first().waitFor();

    // Another place has another guide; Escape puts it away without closing the node.
    await bob.goto(`/flows/${demoFlow}/design/bill`);
    await bob.page.getByRole('dialog', { name: "The source's fields at the left" }).waitFor();
    await bob.page.keyboard.press('ArrowRight');
    await bob.page.getByRole('dialog', { name: "The target's fields in the middle" }).waitFor();
    await bob.picture('guide-mapping');
    expect(await bob.barriers()).toEqual([]);
    await bob.page.keyboard.press('Escape');
    await bob.page.locator('[data-part]').waitFor({ state: 'detached' });
    await bob.page.locator('[data-coach="mapping-table"]').waitFor();

    await bob.goto('/docs');
    await bob.page.getByRole('dialog', { name: 'Find by number and state' }).waitFor();
    await bob.picture('guide-ledger');
    expect(await bob.barriers()).toEqual([]);
    await bob.page.keyboard.press('Escape');
    await bob.page.reload();
    await bob.page.getByRole('grid').waitFor();
    expect(await bob.page.locator('[data-part]').count()).toBe(0);
    await bob.click('button', 'Help');
    await bob.click('menuitem', 'Show me around again');
    await bob.page.getByRole('dialog', { name: 'Find by number and state' }).waitFor();
    await bob.page.keyboard.press('Escape');
    // The keys of a page.
    await bob.page.keyboard.press('?');
    await bob.page.getByRole('dialog', { name: 'Shortcuts' }).getByText('Row above, row below').waitFor();
    await bob.picture('guide-keys');
    expect(await bob.barriers()).toEqual([]);
    await bob.page.keyboard.press('Escape');
    expect(await bob.damage()).toEqual([]);
    // Who has seen them is not stopped; amy's browser knows them all.
    expect(await amy.page.locator('[data-part]').count()).toBe(0);
  } finally {
    await bob.leave();
  }
});

test('a schedule is told in words with its next times, and switching off can be taken back', async () => {
  const copy = await server.api<{ id: string }>(`/flows/${demoFlow}/copy`, { method: 'POST', body: { title: '夜间退货' } });
  const { document, draftVersion } = await server.api<{ document: Drawn; draftVersion: number }>(`/flows/${copy.id}`);
  document.spec.triggers = [{ schedule: '0 2 * * *' }];
  const bill = document.spec.nodes.find(({ id }) => id === 'bill')?.settings.fields?.find(({ field }) => field === 'FBillNo');
  if (bill !== undefined) bill.value = 'NIGHT-{{o_id}}';
  await server.api(`/flows/${copy.id}`, { method: 'PUT', body: { document }, headers: { 'If-Match': `"${String(draftVersion)}"` } });
  await server.api(`/flows/${copy.id}/publish`, { method: 'POST', body: {} });
  await server.api(`/flows/${copy.id}/enable`, { method: 'POST' });

  await amy.goto('/flows');
  const row = amy.page.getByRole('row', { name: /夜间退货/ });
  await row.getByText('在上午 02:00').or(row.getByText(/02:00/)).first().waitFor();
  await row.getByText(/^下次/).waitFor();
  await amy.picture('guide-schedule-list');
  expect(await amy.barriers()).toEqual([]);
  await row.getByRole('button').last().click();
  await amy.click('menuitem', '停用');
  await row.getByText('已停止，不会自动执行').waitFor();
  await amy.click('button', '撤销');
  await row.getByText(/^下次/).waitFor();

  await amy.goto(`/flows/${copy.id}/overview`);
  const verdict = amy.page.getByRole('region', { name: '结论' });
  await verdict.getByText(/02:00/).first().waitFor();
  expect(await verdict.locator('dd time').count()).toBeGreaterThanOrEqual(3);
  await amy.picture('guide-schedule-overview');
  expect((await server.api<{ items: Run[] }>(`/runs?flow=${copy.id}`)).items).toEqual([]);
});

test('a wrong secret is told with what to do about it', async () => {
  await amy.goto('/connectors?edit=jst');
  const drawer = amy.page.locator('.ant-drawer');
  await drawer.waitFor();
  await drawer.getByLabel('App Secret', { exact: true }).fill('not-the-secret');
  await amy.click('button', '测试连接', '.ant-drawer');
  const answer = drawer.getByRole('alert');
  await answer.getByText(/请检查 App Key 与 App Secret 是否成对/).waitFor();
  await amy.picture('guide-wrong-secret');
  expect(await amy.barriers()).toEqual([]);

  // An address at which nothing listens has another cause and another step.
  await drawer.getByLabel('接口地址', { exact: true }).fill('http://127.0.0.1:9');
  await amy.click('button', '测试连接', '.ant-drawer');
  await answer.getByText(/这个端口没有服务/).waitFor();
});
