import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demoFlow } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('codes');
let table: string;

interface Row {
  source: string;
  target: string;
  note: string;
}

const rows = async () => (await server.api<{ items: Row[] }>(`/code-tables/${table}/rows`)).items.map(({ source, target, note }) => [source, target, note].join(' ').trim());

/** Waits until the table holds these rows. */
async function holds(want: string[]): Promise<void> {
  await expect.poll(rows).toEqual(want);
}

test('a table is made and filled by keys alone', async () => {
  await amy.goto('/codes');
  await amy.page.getByText('还没有对照表').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.tabTo('新建对照表');
  await amy.page.keyboard.press('Enter');
  await amy.page.getByRole('dialog', { name: '新建对照表' }).waitFor();
  await amy.page.keyboard.type('店铺 客户');
  await amy.page.keyboard.press('Enter');
  await amy.page.waitForURL(/\/codes\/\d+$/);
  table = new URL(amy.page.url()).pathname.split('/')[2] ?? '';
  await amy.page.getByRole('heading', { name: '店铺 客户' }).waitFor();
  await amy.tabTo('新的一行：源编码');
  for (const [source, target, note] of [['10101', 'CUST-1', '一店'], ['10102', 'CUST-2', ''], ['007', '=1+1', '']] as const) {
    await amy.page.keyboard.type(source);
    await amy.page.keyboard.press('Tab');
    await amy.page.keyboard.type(target);
    await amy.page.keyboard.press('Tab');
    await amy.page.keyboard.type(note);
    await amy.page.keyboard.press('Enter');
    await amy.page.getByRole('checkbox', { name: `选择 ${source}`, exact: true }).waitFor();
    await amy.page.locator('input:focus[data-column="source"]').waitFor();
  }
  await holds(['007 =1+1', '10101 CUST-1 一店', '10102 CUST-2']);
  // Down the column, as in a spreadsheet.
  await amy.page.keyboard.press('Tab');
  await amy.page.keyboard.press('ArrowDown');
  await amy.page.keyboard.press('ArrowDown');
  await amy.page.keyboard.type('CUST-9');
  await amy.page.keyboard.press('Enter');
  await holds(['007 =1+1', '10101 CUST-9 一店', '10102 CUST-2']);
  await amy.page.keyboard.type('CUST-9');
  await amy.page.keyboard.press('Enter');
  await amy.page.getByText('1 个目标编码对应多个源编码').waitFor();
  await amy.picture('codes-rows');
  expect(await amy.barriers()).toEqual([]);
  expect(amy.wrong).toEqual([]);
});

test('rows of a spreadsheet are pasted, found and deleted', async () => {
  await amy.page.getByLabel('新的一行：源编码').focus();
  await amy.page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', '源编码\t目标编码\t备注\nS1\tK1\t"两行\n备注"\nS2\tK2\nS3\n');
    document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  const dialog = amy.page.getByRole('dialog', { name: '粘贴表格' });
  await dialog.getByText('第 4 行').waitFor();
  await amy.picture('codes-paste');
  expect(await amy.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: '保存 2 行' }).click();
  await dialog.waitFor({ state: 'detached' });
  await holds(['007 =1+1', '10101 CUST-9 一店', '10102 CUST-9', 'S1 K1 两行\n备注', 'S2 K2']);
  await amy.page.getByRole('searchbox', { name: '查找编码或备注' }).fill('k2');
  await amy.page.getByRole('checkbox', { name: '选择 10101' }).waitFor({ state: 'detached' });
  await amy.page.getByRole('checkbox', { name: '选择 S2' }).check();
  await amy.click('button', '删除 1 行');
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '删除' }).click();
  await amy.page.getByText('没有符合条件的行').waitFor();
  await holds(['007 =1+1', '10101 CUST-9 一店', '10102 CUST-9', 'S1 K1 两行\n备注']);
  await amy.click('button', '清除');
});

test('a file is seen before it is written, and what is exported changes nothing', async () => {
  const before = await rows();
  await amy.click('button', '导入');
  const dialog = amy.page.getByRole('dialog', { name: '导入到「店铺 客户」' });
  const choose = (name: string, text: string | Buffer) =>
    dialog.locator('input[type="file"]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });
  await choose('坏.csv', '源编码,目标编码\n10101,A\n10101,B\n20001,"C\n');
  await dialog.getByText('第 4 行的引号没有配对').waitFor();
  await choose('坏.csv', '源编码,目标编码\n10101,A\n10101,B\n');
  await dialog.getByText('源编码与第 2 行重复').waitFor();
  expect(await dialog.getByRole('button', { name: /写入/ }).isDisabled()).toBe(true);
  await amy.picture('codes-import-problems');
  expect(await amy.barriers()).toEqual([]);
  await choose('好.csv', '\uFEFF源编码,目标编码,备注\n007,=1+1,\n10101,CUST-1,一店\n20001,新,\n20002,,还没有\n');
  await dialog.getByRole('checkbox', { name: '删除文件里没有的行' }).check();
  await dialog.getByRole('table', { name: '将要写入的变化' }).getByText('20001').waitFor();
  expect(await rows()).toEqual(before);
  await amy.picture('codes-import');
  await dialog.getByRole('button', { name: '写入 4 处变化' }).click();
  await dialog.waitFor({ state: 'detached' });
  await holds(['007 =1+1', '10101 CUST-1 一店', '20001 新']);

  for (const [item, file] of [['Excel（.xlsx）', '店铺 客户.xlsx'], ['CSV（UTF-8）', '店铺 客户.csv']] as const) {
    await amy.click('button', '导出');
    const [download] = await Promise.all([amy.page.waitForEvent('download'), amy.click('menuitem', item)]);
    expect(download.suggestedFilename()).toBe(file);
    await amy.click('button', '导入');
    await choose(file, readFileSync(await download.path()));
    await dialog.getByText('文件与对照表一致').waitFor();
    await dialog.getByRole('button', { name: '取消' }).click();
  }
  expect(amy.wrong).toEqual([]);
});

test('a table that a flow uses stays; another one goes', async () => {
  await server.api('/flows', { method: 'POST', body: { title: '用店铺', document: {
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { name: 'shops', title: '用店铺' },
    spec: { nodes: [{ id: 'm', type: 'map', settings: { fields: [{ field: 'x', value: '{{shop}}', table: '店铺-客户' }] } }] },
  } } });
  await amy.goto('/codes');
  const line = amy.page.getByRole('row', { name: /店铺 客户/ });
  await line.getByRole('link', { name: '用店铺' }).waitFor();
  await amy.picture('codes-list');
  await amy.click('button', '店铺 客户 的更多操作');
  await amy.click('menuitem', '删除');
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '删除' }).click();
  await amy.page.getByRole('alertdialog', { name: '有 1 个方案正在使用此对照表' }).getByText('用店铺').waitFor();
  await amy.click('button', '知道了');
  await server.api('/code-tables', { method: 'POST', body: { name: 'spare', title: '多余' } });
  await amy.goto('/codes');
  await amy.click('button', '多余 的更多操作');
  await amy.click('menuitem', '删除');
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '删除' }).click();
  await amy.page.getByText('已删除「多余」').waitFor();
  expect(await amy.page.getByRole('link', { name: '多余' }).count()).toBe(0);
});

interface Node {
  id: string;
  type: string;
  settings: Record<string, unknown>;
}

interface Edge {
  from: string;
  to: string;
}

interface Flow {
  id: string;
  draftVersion: number;
  document: { metadata: Record<string, unknown>; spec: { nodes: Node[]; edges: Edge[]; triggers: object[]; layout?: object } };
}

/** Publishes a flow that reads what the shipped one reads and translates the shop. */
async function translating(title: string, name: string): Promise<string> {
  const { document } = await server.api<Flow>(`/flows/${demoFlow}`);
  const { spec } = document;
  document.metadata = { name: 'shops-of-refunds', title };
  spec.triggers = [{ manual: true }];
  delete spec.layout;
  const kept = spec.nodes.filter(({ type }) => !['map', 'target', 'writeback'].includes(type));
  const ids = new Set(kept.map(({ id }) => id));
  const last = spec.edges.find(({ to }) => to === 'bill')?.from ?? '';
  spec.nodes = [
    ...kept,
    { id: 'bill', type: 'map', settings: { fields: [{ field: 'customer', value: '{{shop_id}}', table: name }] } },
    { id: 'sink', type: 'discard', settings: {} },
  ];
  spec.edges = [...spec.edges.filter(({ from, to }) => ids.has(from.split('.')[0] ?? '') && ids.has(to)), { from: last, to: 'bill' }, { from: 'bill', to: 'sink' }];
  const flow = await server.api<Flow>('/flows', { method: 'POST', body: { title, document } });
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: {}, headers: { 'If-Match': `"${String(flow.draftVersion)}"` } });
  return flow.id;
}

test('documents wait for the codes that a table lacks, and go on when they are filled in', async () => {
  const flow = await translating('退货店铺', '店铺-客户');
  const { id } = await server.api<{ id: string }>(`/flows/${flow}/runs`, { method: 'POST', body: {} });
  const { counts } = await server.finished(id);
  expect(counts.unmapped).toBeGreaterThan(100);
  const waits = async () => (await server.api<{ items: { code: string; documents: number }[] }>('/code-tables/missing')).items;
  const missing = await waits();
  expect(missing.reduce((sum, { documents }) => sum + documents, 0)).toBe(counts.unmapped);

  const { items } = await server.api<{ items: { id: string }[] }>('/documents?state=unmapped&limit=1');
  await amy.goto(`/docs/${items[0]?.id ?? ''}`);
  await amy.click('link', '去补齐缺少的编码');
  await amy.click('tab', '全部对照表');
  await amy.page.getByRole('link', { name: new RegExp(`${String(missing.length)} 个编码`) }).waitFor();
  await amy.click('tab', /待映射/);
  const [first, ...rest] = missing;
  await amy.page.getByLabel(`${first?.code ?? ''} 的目标编码`).waitFor();
  await amy.picture('codes-missing');
  expect(await amy.barriers()).toEqual([]);
  // One with Enter, which leads to the next; then all that is left at once.
  await amy.page.getByLabel(`${first?.code ?? ''} 的目标编码`).fill('KH-1');
  await amy.page.keyboard.press('Enter');
  await amy.page.getByText(`已补齐 1 个编码，等待它们的 ${String(first?.documents)} 张单据继续处理`).waitFor();
  await expect.poll(waits).toHaveLength(rest.length);
  for (const { code } of rest) await amy.page.getByLabel(`${code} 的目标编码`).fill(`KH-${code}`);
  await amy.click('button', `保存 ${String(rest.length)} 个编码`);
  await amy.page.getByText('没有待映射的编码').waitFor();
  await expect.poll(async () => (await server.api<{ counts: Record<string, number> }>(`/runs/${id}`)).counts).toMatchObject({ collected: counts.unmapped, unmapped: 0, waiting: 0 });
  expect((await rows()).filter((row) => row.includes('KH-'))).toHaveLength(missing.length);
  expect(amy.wrong).toEqual([]);
});
