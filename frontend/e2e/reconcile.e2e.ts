import { expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { billsFlow } from './samples';
import { scene } from './scene';

const { server, amy } = await scene('reconcile');

interface Checks { items: { id: string; last?: { id: string; state: string; counts: Record<string, number> } }[] }
interface Documents { items: { id: string; number: string; state: string }[] }

test('two systems are compared, and only what is missing is written', async () => {
  const made = await server.api<{ id: string; problems: unknown[] }>('/flows', { method: 'POST', body: { document: billsFlow() } });
  await server.api(`/flows/${made.id}/publish`, { method: 'POST', body: {} });
  const { page } = amy;
  const waiting = (await server.api<Documents>('/documents?attention=true')).items;
  expect(waiting).toHaveLength(1);

  await amy.click('link', '对账');
  await page.getByText('还没有对账').waitFor();
  await amy.picture('reconcile-empty');
  expect(await amy.barriers()).toEqual([]);
  await amy.click('button', '新建对账');
  const dialog = page.getByRole('dialog', { name: '新建对账' });
  await dialog.getByLabel('名称', { exact: true }).fill('聚水潭退货 与 星空退货单');
  await dialog.getByLabel('来源', { exact: true }).selectOption(demoFlow);
  await dialog.getByLabel('目标', { exact: true }).selectOption(made.id);
  await dialog.getByLabel('来源的单号').fill('{{o_id}');
  await dialog.getByLabel('目标的单号').fill('{{FBillNo}}');
  await dialog.getByLabel('比较近几天').fill('60');
  await dialog.getByRole('button', { name: '添加分组' }).click();
  await dialog.getByLabel('名称 1').fill('店铺');
  await dialog.getByLabel('来源的值 1').fill('{{shop_id}}');
  await dialog.getByLabel('目标的值 1').fill('全部');
  await dialog.getByRole('button', { name: /添加分组/ }).scrollIntoViewIfNeeded();
  expect(await amy.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: '保存' }).click();
  // A text that can't be read is told at its place, and nothing is lost.
  await dialog.getByRole('alert').first().waitFor();
  await amy.picture('reconcile-refused');
  await dialog.getByLabel('来源的单号').fill('{{o_id}}');
  await dialog.getByRole('button', { name: '删除第 1 行' }).click();
  await dialog.getByRole('button', { name: '保存' }).click();
  await page.waitForURL(/\/reconcile\/\d+$/);

  await amy.click('button', '立即对账');
  const result = page.getByRole('region', { name: '结果' });
  await result.getByText(/^缺少 \d+$/).waitFor();
  const last = (await server.api<Checks>('/reconciliations')).items[0]?.last;
  const missing = last?.counts.missing ?? 0;
  const found = (await server.api<{ items: { document?: string }[] }>(`/reconciliation-runs/${last?.id ?? ''}/findings?kind=missing&limit=200`)).items;
  expect(found).toHaveLength(missing);
  expect(found.map(({ document }) => document)).toContain(waiting[0]?.id);
  await result.getByText(`缺少 ${String(missing)}`, { exact: true }).waitFor();
  await page.getByRole('group', { name: '差异' }).getByRole('button', { name: `缺少 ${String(missing)}` }).click();
  await page.getByRole('table', { name: '差异' }).getByText('等待重试').waitFor();
  await amy.picture('reconcile-found');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  await amy.click('button', /^补传缺少的 \d+ 张/);
  const repair = page.getByRole('dialog', { name: '补传缺少的单据' });
  await repair.getByText('停在台账里：重试').waitFor();
  await amy.picture('reconcile-repair');
  expect(await amy.barriers()).toEqual([]);
  await repair.getByRole('button', { name: '补传' }).click();
  await page.getByText('已经补传').waitFor();
  await amy.picture('reconcile-repaired');
  await amy.click('link', '查看单据');
  await page.waitForURL(`**/flows/${demoFlow}/docs`);
});

test('what is typed stays when an update took the code of a part away', async () => {
  const ann = await Person.arrive(server);
  try {
    await ann.logIn();
    await ann.page.route('**/assets/NextFirings*', (route) => route.fulfill({ status: 404 }));
    await ann.goto('/reconcile');
    await ann.click('button', '新建对账');
    const dialog = ann.page.getByRole('dialog', { name: '新建对账' });
    await dialog.getByLabel('名称', { exact: true }).fill('打了一半的名称');
    await dialog.getByLabel('定时（cron）').fill('0 2 * * *');
    await dialog.getByText('页面的这一部分无法加载').waitFor();
    expect(await dialog.getByLabel('名称', { exact: true }).inputValue()).toBe('打了一半的名称');
    expect(ann.wrong).toEqual([]);
  } finally {
    await ann.leave();
  }
});
