import { expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('readings');
interface Source { node: string; title: string; cursor?: string; past: { kind: string; state: string; found: number; pulled: number }[]; resets: { note?: string }[] }
const source = async () => (await server.api<{ items: Source[] }>(`/flows/${demoFlow}/sources`)).items[0] as Source;

test('a source is swept by hand, and a reset shows what it does before it is done', async () => {
  await expect.poll(async () => (await server.api<{ items: { state: string }[] }>(`/runs?flow=${demoFlow}&state=queued,running`)).items.length, { timeout: 30_000 }).toBe(0);
  await amy.goto(`/flows/${demoFlow}/design`);
  await amy.click('link', '读取');
  await amy.page.waitForURL((url) => url.pathname === `/flows/${demoFlow}/reading`);
  const before = await source();
  const panel = amy.page.getByRole('region', { name: new RegExp(before.title) });
  await panel.getByText('还没有补漏或历史补采').waitFor();
  expect(await amy.barriers()).toEqual([]);

  await amy.click('button', '补漏');
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '开始补漏' }).click();
  await amy.page.getByText('已开始补漏').waitFor();
  const table = panel.getByRole('table', { name: '补漏和历史补采' });
  await table.getByText('已完成').waitFor();
  const [sweep] = (await source()).past;
  expect(sweep).toMatchObject({ kind: 'sweep', state: 'done' });
  expect(sweep?.pulled).toBeGreaterThan(0);
  expect((await source()).cursor).toBe(before.cursor);
  await amy.picture('readings');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  await amy.click('button', '历史补采');
  const backfill = amy.page.getByRole('dialog', { name: /^历史补采/ });
  await backfill.getByRole('button', { name: '最近 30 天' }).click();
  await backfill.getByRole('button', { name: '估算' }).click();
  await backfill.getByRole('button', { name: '开始补采' }).waitFor();
  await amy.picture('readings-backfill');
  expect(await amy.barriers()).toEqual([]);
  await backfill.getByRole('button', { name: '取消' }).click();

  await amy.click('button', '重置增量起点');
  const dialog = amy.page.getByRole('dialog', { name: /^重置增量起点/ });
  const field = dialog.getByLabel('新的上次同步时间');
  await field.fill('2001-01-01T00:00:00');
  await dialog.getByRole('button', { name: '预览影响' }).click();
  await dialog.getByText(/这个来源只从/).waitFor();
  const earlier = await amy.page.evaluate((cursor) => {
    const at = new Date(Date.parse(cursor) - 36_000_000);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  }, before.cursor ?? '');
  await field.fill(earlier);
  await dialog.getByRole('button', { name: '预览影响' }).click();
  await dialog.getByText('会重新读取：').waitFor();
  await dialog.getByText(/台账里已有/).waitFor();
  expect((await source()).cursor).toBe(before.cursor);
  await amy.picture('readings-reset');
  expect(await amy.barriers()).toEqual([]);
  await dialog.getByLabel('备注').fill('再读一遍');
  await dialog.getByRole('button', { name: '确认重置' }).click();
  await amy.page.getByText('已重置增量起点').waitFor();
  await panel.getByText('再读一遍').waitFor();
  expect(Date.parse((await source()).cursor ?? '')).toBe(Date.parse(before.cursor ?? '') - 36_000_000);

  await table.getByRole('link', { name: '补漏' }).click();
  await amy.page.getByText(/补漏 · .* · 找到 \d+ 张/).waitFor();
  const bob = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await bob.logIn();
  await bob.goto(`/flows/${demoFlow}/reading`);
  await bob.page.getByText('Sweeps and backfills').waitFor();
  await bob.picture('readings-en');
  const wrong = await bob.damage();
  await bob.leave();
  expect(wrong).toEqual([]);
});
