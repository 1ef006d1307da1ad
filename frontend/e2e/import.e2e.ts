import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { scene } from './scene';
import type { Run } from './kit';

const { server, amy, desk } = await scene('import');

const given = (name: string) => readFileSync(join(resolve(import.meta.dirname, '../..'), 'engine/intake/testdata', name), 'utf8');

interface Documents { items: { state: string; number: string; code: string }[] }

/** Puts a text where work is brought in, as a paste does, and lets it be read. */
async function paste(text: string) {
  await amy.goto('/flows/import');
  await amy.page.getByLabel('或者粘贴到这里').fill(text);
  await amy.click('button', '读取');
}

test.each([
  ['000', 76, 76, '退货'],
  ['001', 133, 155, '出库'],
  ['002', 209, 209, '订单'],
  ['003', 220, 220, ''],
  ['004', 28, 28, '付款'],
])('the published table %s is read as it stands', async (seed, read, rows) => {
  await paste(given(`${seed}.txt`));
  await amy.page.getByText(`读懂 ${String(read)} 行，共 ${String(rows)} 行`).waitFor();
  // What needs a look stands alone; what was not understood is every line of the rest.
  expect(await amy.page.locator('li[data-fate="not_understood"]').count()).toBe(rows - read);
  await amy.picture(`import-${seed}`);
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);
});

test('a table becomes a flow that runs, with connections and the start chosen', async () => {
  const { page } = amy;
  await paste(given('000.txt'));
  await page.getByLabel('读取用的连接器').selectOption('jst');
  await page.getByLabel('写入用的连接器').selectOption('k3');
  await page.getByLabel('增量起点').fill('2026-03-05 00:00:00');
  await amy.click('button', '存成草稿');
  await page.waitForURL(/\/flows\/[\w-]+\/design/);
  await page.locator('.react-flow__node').first().waitFor();
  await amy.picture('import-draft');
  expect(await amy.barriers()).toEqual([]);
  const flow = /\/flows\/([\w-]+)\//.exec(page.url())?.[1] ?? '';
  await server.api(`/flows/${flow}/publish`, { method: 'POST', body: { note: '导入' } });
  const { id } = await server.api<Run>(`/flows/${flow}/runs`, { method: 'POST', body: {} });
  const run = await server.finished(id);
  expect(run.balanced).toBe(true);
  const { items } = await server.api<Documents>(`/documents?flow=${flow}&limit=200`);
  // The demonstration's own flow owns the numbers of the bills it made: those wait for a person. What names
  // a material that the target lacks is tried again later. The rest arrives.
  expect(items.map(({ state }) => state)).toContain('delivered');
  expect(items.filter(({ state, code }) => !['delivered', 'needs_decision', 'rejected'].includes(state) && !(state === 'retry_at' && code === 'vendor.9'))).toEqual([]);
});

test('a scheme as JSON is read from a file', async () => {
  await amy.goto('/flows/import');
  await amy.page.locator('input[type="file"]').setInputFiles({ name: 'scheme.json', mimeType: 'application/json', buffer: Buffer.from(given('qeasy.json')) });
  await amy.page.getByText('读懂 37 行，共 39 行').waitFor();
  await amy.picture('import-qeasy');
});

test.each(['{"strategy": [', '天下熙熙，皆为利来', '[]'])('what is no scheme says so and loses nothing: %s', async (text) => {
  const { page } = amy;
  await paste(text);
  await page.locator('li[data-fate="not_understood"]').or(page.getByRole('alert')).first().waitFor();
  expect(await page.getByLabel('或者粘贴到这里').inputValue()).toBe(text);
  expect(await page.getByRole('button', { name: '存成草稿' }).count()).toBe(0);
  await amy.picture('import-broken');
  expect(await amy.barriers()).toEqual([]);
});

test('an empty canvas leads to the import', async () => {
  const flow = await server.api<{ id: string }>('/flows', { method: 'POST', body: { document: { apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: '空的' }, spec: { nodes: [], edges: [] } } } });
  await desk.open(flow.id);
  await amy.click('link', /导入已有的方案/);
  await amy.page.waitForURL('**/flows/import');
});
