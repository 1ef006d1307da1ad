import { afterEach, beforeEach, expect, test } from 'vitest';
import { demoFlow, Person, type Run, Server } from './kit';

let server: Server;
let amy: Person;

beforeEach(async () => {
  server = await Server.start();
  amy = await Person.arrive(server);
});

afterEach(async () => {
  await amy.leave();
  await server.stop();
});

interface Detail {
  id: string;
  state: string;
  source: { items: { sku_id: string }[] };
  revisions: { rev: number; origin: string }[];
}

// From nothing to a green run, and one failed document put right and sent again:
// what a new person does in the first minutes.
test('a new person reaches a green run and repairs a document', async () => {
  const began = performance.now();
  await amy.setUp();
  const { items: waiting } = await server.api<{ items: { id: string; code: string }[] }>('/documents?attention=true');
  expect(waiting).toHaveLength(1);

  // The run.
  await amy.click('link', /集成方案/);
  await amy.page.getByRole('heading', { level: 1, name: '集成方案' }).waitFor();
  await amy.click('link', /聚水潭退货退款/);
  await amy.page.waitForURL('**/design');
  await amy.page.locator('.react-flow__node').first().waitFor();
  const { items: before } = await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}`);
  await amy.click('button', '运行');
  await expect.poll(async () => (await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}`)).items.length).toBe(before.length + 1);
  const { items: runs } = await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}`);
  const run = await server.finished(runs[0]?.id ?? '');
  expect(run.state).toBe('done');
  expect(run.balanced).toBe(true);
  expect(run.counts.delivered).toBeGreaterThan(0);
  expect(run.counts.rejected).toBe(0);
  await amy.page.getByText('已完成').first().waitFor();
  await amy.picture('first-run');

  // The document.
  await amy.click('link', /单据台账/);
  await amy.page.getByRole('heading', { level: 1, name: '单据台账' }).waitFor();
  await amy.click('button', /等待重试/);
  await amy.click('link', /^SO/);
  await amy.page.getByText('不存在').first().waitFor();
  const failed = await server.api<Detail>(`/documents/${waiting[0]?.id ?? ''}`);
  await amy.click('button', '修改来源');
  const right = { ...failed.source, items: failed.source.items.map((i) => ({ ...i, sku_id: i.sku_id.startsWith('SKU-X') ? 'SKU-0001' : i.sku_id })) };
  await amy.page.locator('.cm-content').last().click();
  amy.clicks += 1;
  await amy.page.keyboard.press('ControlOrMeta+a');
  await amy.page.keyboard.insertText(JSON.stringify(right, null, 2));
  await amy.picture('first-edit');
  await amy.click('button', '保存并重试');
  await amy.page.getByText('已写入').first().waitFor();
  const repaired = await server.api<Detail>(`/documents/${failed.id}`);
  expect(repaired.state).toBe('delivered');
  expect(repaired.revisions.map((r) => r.origin)).toEqual(['pull', 'edit']);
  await amy.picture('first-repaired');

  const seconds = (performance.now() - began) / 1000;
  console.log(`from nothing to a green run and a repaired document: ${seconds.toFixed(1)} s, ${String(amy.clicks)} clicks`);
  expect(amy.clicks).toBeLessThanOrEqual(15);
  expect(amy.wrong).toEqual([]);
});
