import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scene } from './scene';

const { server, amy } = await scene('ledger');

interface Summary {
  id: string;
  state: string;
  number: string;
}

test('the overview leads to what a person can mend, and the document shows where it is', async () => {
  const { items: stuck } = await server.api<{ items: Summary[] }>('/documents?attention=true');
  await amy.goto('/');
  const needs = amy.page.getByRole('region', { name: '需要你处理' });
  await needs.getByText('系统会自己再试，也可以现在改好').waitFor();
  await needs.getByRole('link', { name: /不存在/ }).click();
  await amy.page.getByRole('link', { name: stuck[0]?.number ?? '' }).click();
  await amy.page.getByRole('alert').getByText('销售退货新增').waitFor();
  const timeline = amy.page.getByRole('region', { name: '经过' }).getByRole('listitem');
  expect(await timeline.first().textContent()).toContain('取得第 1 版');
  expect(await timeline.nth(1).textContent()).toContain('第 1 次写入');
  // The vendor named the field alone, so it is marked in every line.
  const marked = amy.page.getByRole('tree').locator('[aria-selected="true"]');
  await marked.first().waitFor();
  expect(await marked.allTextContents()).toEqual(expect.arrayContaining([expect.stringContaining('FMaterialId')]));
  await amy.picture('document-marked');
});

test('more than a hundred documents scroll, few of them drawn', async () => {
  const { items } = await server.api<{ items: Summary[] }>('/documents?limit=200');
  expect(items.length).toBeGreaterThan(100);
  await amy.goto('/docs');
  const rows = amy.page.getByRole('grid').locator('[data-row]');
  await rows.first().waitFor();
  await amy.page.getByText(items[0]?.number ?? '').waitFor();
  const head = amy.page.getByRole('columnheader', { name: '单号', exact: true });
  const top = (await head.boundingBox())?.y;
  await rows.first().hover();
  for (let i = 0; i < 60 && !(await amy.page.locator(`[data-row="${String(items.length - 1)}"]`).isVisible()); i++) await amy.page.mouse.wheel(0, 1200);
  await amy.page.getByText(items.at(-1)?.number ?? '').waitFor();
  await amy.page.getByText(`共 ${String(items.length)} 张`).waitFor();
  expect(await rows.count()).toBeLessThan(60);
  expect((await head.boundingBox())?.y).toBe(top);
  await amy.picture('documents-end');
  // The same by keys.
  await amy.page.locator(`[data-row="${String(items.length - 1)}"]`).focus();
  for (let i = 0; i < 3; i++) await amy.page.keyboard.press('PageUp');
  await amy.page.locator(`[data-row="${String(items.length - 31)}"]:focus`).waitFor();
});

test('what is listed is had as a file, whole', async () => {
  const { items } = await server.api<{ items: Summary[] }>('/documents?limit=200');
  await amy.goto('/docs');
  await amy.click('button', '导出');
  const [download] = await Promise.all([amy.page.waitForEvent('download'), amy.click('menuitem', 'CSV（UTF-8）')]);
  const [heading, ...lines] = readFileSync(await download.path(), 'utf8').trimEnd().split(/\r?\n/);
  expect(heading).toContain('单号,方案,状态,原因');
  expect(lines.map((line) => line.split(',')[0])).toEqual(items.map(({ number }) => number));
});

test('many are worked on in one job, and those that cannot be say why', async () => {
  const panel = amy.page.getByRole('region', { name: '批量任务' });
  const stuck = (await server.api<{ items: Summary[] }>('/documents?attention=true')).items[0];
  const { items } = await server.api<{ items: Summary[] }>('/documents?limit=3&state=delivered');
  await amy.goto('/docs');
  await amy.page.getByRole('grid').locator('[data-row]').first().waitFor();
  await amy.page.getByLabel('搜索单号').fill(stuck?.number ?? '');
  await amy.page.getByRole('checkbox', { name: `选择 ${stuck?.number ?? ''}` }).check();
  await amy.click('button', '批量重试');
  const dialog = amy.page.getByRole('dialog', { name: '批量重试' });
  await dialog.getByText('选中 1 张').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('bulk-preview');
  await dialog.getByRole('button', { name: '重试 1 张' }).click();
  await panel.getByText('已受理 1').waitFor();
  await panel.getByText('已完成').waitFor();

  // What was delivered is left alone, and the preview says so before.
  await amy.goto('/docs?state=delivered');
  for (const { number } of items) await amy.page.getByRole('checkbox', { name: `选择 ${number}` }).check();
  await amy.click('button', '批量重试');
  await dialog.getByText('其中 3 张不会处理').waitFor();
  await dialog.getByRole('button', { name: '重试 3 张' }).click();
  await panel.getByText('未受理 3').waitFor();
  await panel.getByRole('button', { name: '查看未受理的单据' }).click();
  await panel.getByRole('link', { name: items[0]?.number ?? '' }).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('bulk-refused');

  // Everything with one reason.
  await expect.poll(async () => (await server.api<Summary>(`/documents/${stuck?.id ?? ''}`)).state).toBe('retry_at');
  await amy.goto('/docs');
  await amy.click('button', /不存在/);
  await amy.page.getByText('符合筛选条件的全部单据').waitFor();
  await amy.click('button', '批量重试');
  await dialog.getByRole('button', { name: '重试 1 张' }).click();
  await panel.getByText('已受理 1').waitFor();
  await amy.click('button', '批量任务记录');
  await amy.page.getByRole('table', { name: '批量任务记录' }).getByRole('button', { name: '重试 3 张' }).waitFor();
  await amy.picture('bulk-jobs');
});

/** Collects orders from a day on that none was changed after, and writes them nowhere. */
const orders = {
  apiVersion: 'karez/v1', kind: 'Flow', metadata: { name: 'orders', title: '订单采集' },
  spec: {
    nodes: [
      { id: 'orders', type: 'source', connection: 'jst', settings: { operation: 'orders.single.query', startFrom: '2099-01-01 00:00:00' } },
      { id: 'keep', type: 'discard', settings: {} },
    ],
    edges: [{ from: 'orders', to: 'keep' }],
  },
};

test('documents are fetched by their numbers, and those that the source does not have are named', async () => {
  const { id } = await server.api<{ id: string }>('/flows', { method: 'POST', body: { document: orders } });
  await server.api(`/flows/${id}/publish`, { method: 'POST', body: {} });
  const sold = await (await fetch(`${server.demo.sandboxes.jushuitan ?? ''}/_sandbox/objects/order`)).json() as { so_id: string }[];
  const [first, second, third] = [...new Set(sold.map((order) => order.so_id))];

  await amy.goto('/flows');
  await amy.click('button', '订单采集 的操作');
  await amy.click('menuitem', '按单号拉取');
  const dialog = amy.page.getByRole('dialog', { name: '按单号拉取' });
  await dialog.getByRole('button', { name: '开始拉取' }).click();
  await dialog.getByText('请填写要拉取的单号').waitFor();
  await dialog.getByLabel('单号').fill(`${first ?? ''}\n${second ?? ''}，没有这张单\n${first ?? ''}`);
  await dialog.getByText('3 个，最多 200 个').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('numbers-dialog');
  await dialog.getByRole('button', { name: '开始拉取' }).click();
  await amy.page.waitForURL('**/runs/*');
  const missing = amy.page.getByRole('list', { name: '源系统没有返回 1 个单号' });
  await missing.waitFor();
  expect(await missing.getByRole('listitem').allTextContents()).toEqual(['没有这张单']);
  await amy.page.getByRole('link', { name: /已采集\s*2/ }).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('numbers-missing');

  // From the documents of the flow, too; what came before is unchanged.
  await amy.goto(`/flows/${id}/docs`);
  await amy.page.getByRole('link', { name: first ?? '' }).waitFor();
  await amy.click('button', '按单号拉取');
  await dialog.getByLabel('单号').fill(`${first ?? ''},${third ?? ''}`);
  await dialog.getByRole('button', { name: '开始拉取' }).click();
  await amy.page.waitForURL('**/runs/*');
  await amy.page.getByText('2 个单号全部取到').waitFor();
  const run = await server.finished(amy.page.url().split('/').at(-1) ?? '');
  expect([run.state, run.balanced, run.counts.pulled, run.counts.unchanged, run.counts.accepted]).toEqual(['done', true, 2, 1, 1]);
  await amy.page.getByRole('link', { name: /已采集\s*1/ }).waitFor();
});

test('nothing else went wrong', () => {
  expect(amy.wrong).toEqual([]);
});
