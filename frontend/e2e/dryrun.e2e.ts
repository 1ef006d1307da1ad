import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demoFlow } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('dryrun');

interface Runs { items: { id: string; read: number; verdicts: Record<string, number> }[] }

/** What the target was asked to write, and what it holds. */
async function written(): Promise<unknown> {
  const state = (await (await fetch(`${server.demo.sandboxes['kingdee-k3cloud'] ?? ''}/_sandbox/state`)).json()) as { creates: number; objects: Record<string, number>; calls: Record<string, number> };
  return { creates: state.creates, objects: state.objects, calls: Object.entries(state.calls).filter(([call]) => /Save|Submit|Audit|Push|Delete|Draft/.test(call)) };
}

test('fifty documents go through the flow with nothing written, and can be had as a file', async () => {
  const { page } = amy;
  const before = await written();
  const documents = (await server.api<{ items: unknown[] }>(`/documents?flow=${demoFlow}&limit=200`)).items.length;
  await amy.goto(`/flows/${demoFlow}/design`);
  await page.getByRole('navigation', { name: '方案的页面' }).or(page.getByRole('link', { name: '试运行' })).first().waitFor();
  await amy.goto(`/flows/${demoFlow}/dry-run`);
  await page.getByText('还没有试运行').waitFor();
  await amy.picture('dry-run-empty');
  expect(await amy.barriers()).toEqual([]);

  await page.getByLabel('单据数量').fill('50');
  await amy.click('button', '开始试运行');
  await page.getByText('试了 50 张单据，没有写入任何数据').waitFor();
  await amy.picture('dry-run-done');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);
  const run = (await server.api<Runs>(`/flows/${demoFlow}/dry-runs`)).items[0];
  expect(Object.values(run?.verdicts ?? {}).reduce((sum, n) => sum + n, 0)).toBe(50);
  const verdicts = page.getByRole('group', { name: '结论' });
  for (const [word, verdict] of [['创建', 'create'], ['跳过', 'skip'], ['过滤', 'filtered']] as const) {
    const n = run?.verdicts[verdict] ?? 0;
    if (n > 0) await verdicts.getByRole('button', { name: `${word} ${String(n)}` }).waitFor();
  }

  // One of them, side by side.
  await page.getByRole('button', { name: /^并排查看/ }).first().click();
  await page.getByText('来源', { exact: true }).first().waitFor();
  await amy.picture('dry-run-side-by-side');
  expect(await amy.barriers()).toEqual([]);

  // The file has a row for every write.
  await page.getByRole('button', { name: /导出/ }).first().click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /CSV/ }).click();
  const lines = readFileSync(await (await coming).path(), 'utf8').trimEnd().split(/\r?\n/);
  expect(lines.length).toBeGreaterThanOrEqual(51);

  expect(await written()).toEqual(before);
  expect((await server.api<{ items: unknown[] }>(`/documents?flow=${demoFlow}&limit=200`)).items).toHaveLength(documents);
});
