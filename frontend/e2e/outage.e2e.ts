import { expect, test } from 'vitest';
import { type Run } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('outage');

interface Attempt { no: number; state: string }
interface Bill { FBillNo: string }
interface Summary { id: string; number: string; state: string }
interface Detail { state: string; deliveries: { key: string; state: string; attempt: number }[] }

const vendor = () => server.demo.sandboxes['kingdee-k3cloud'] ?? '';
const faults = async (list: object[]) => {
  const answer = await fetch(`${vendor()}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ faults: list }) });
  expect(answer.ok).toBe(true);
};
const bills = async () => (await (await fetch(`${vendor()}/_sandbox/objects/SAL_RETURNSTOCK`)).json()) as Bill[];
const documents = async (run: string, state = '') => (await server.api<{ items: Summary[] }>(`/documents?run=${run}&state=${state}&limit=200`)).items;

/** A copy of the shipped flow whose bills have numbers of their own, published. */
async function published(title: string, prefix: string): Promise<string> {
  const made = await desk.openCopy(title, (doc) => {
    const fields = doc.spec.nodes.find(({ id }) => id === 'bill')?.settings?.fields as { field: string; value: string }[];
    for (const row of fields) if (row.field === 'FBillNo') row.value = `${prefix}{{o_id}}`;
    return doc;
  });
  await amy.page.getByRole('button', { name: '发布', exact: true }).click();
  await amy.page.getByRole('dialog').getByRole('button', { name: '发布', exact: true }).click();
  await amy.page.getByText('已发布为版本 1').waitFor();
  return made.id;
}

test('a target that is down is waited for, and nothing is written twice', async () => {
  const { page } = amy;
  const flow = await published('停机的目标', 'DOWN-');
  const before = (await bills()).length;

  // The first write arrives and its answer is lost; then the system is down for a while.
  await faults([
    { path: 'BatchSave', kind: 'lost_answer', times: 1 },
    { path: 'BatchSave', kind: 'status', status: 503, after: 1, times: 3 },
  ]);
  await page.getByRole('button', { name: '运行', exact: true }).click();
  let runs: Run[] = [];
  await expect.poll(async () => (runs = (await server.api<{ items: Run[] }>(`/runs?flow=${flow}`)).items).length).toBe(1);
  const id = runs[0]?.id ?? '';
  const counted = async () => (await server.api<Run>(`/runs/${id}`)).counts;
  await expect.poll(async () => (await counted()).accepted ?? 0, { timeout: 30_000 }).toBeGreaterThan(0);

  // It is up again: what waited goes on by itself. One document asks for a material that is not there.
  await expect.poll(async () => {
    const now = await counted();
    return (now.accepted ?? 0) - (now.delivered ?? 0) - (now.filtered ?? 0);
  }, { timeout: 120_000, interval: 500 }).toBeLessThanOrEqual(1);

  const delivered = await documents(id, 'delivered');
  const written = (await bills()).map((bill) => bill.FBillNo);
  expect(new Set(written).size).toBe(written.length);
  let again = 0;
  for (const { id: one } of delivered) {
    const { deliveries } = await server.api<Detail>(`/documents/${one}`);
    for (const { key, attempt } of deliveries) {
      expect(written.filter((bill) => bill === key)).toHaveLength(1);
      if (attempt > 1) again += 1;
    }
  }
  expect(again).toBeGreaterThan(0);
  console.log(`a target that was down: ${String(delivered.length)} written, ${String(again)} of them after a further attempt, ${String(written.length - before)} new bills, none twice`);

  // The page of one that was tried again tells of every attempt.
  const tried = (await Promise.all(delivered.map(async ({ id: one }) => ({ one, attempts: (await server.api<{ items: Attempt[] }>(`/documents/${one}/attempts`)).items })))).find(({ attempts }) => attempts.length > 1);
  expect(tried).toBeDefined();
  await amy.goto(`/docs/${tried?.one ?? ''}`);
  await page.getByText('已写入').first().waitFor();
  await amy.picture('outage-document');
  expect(await amy.barriers()).toEqual([]);
});

test('the canvas counts as the ledger does, while a run goes on and after', async () => {
  const { page } = amy;
  await faults([{ path: 'BatchSave', kind: 'delay', delayMs: 400, times: 10_000 }]);
  const flow = await published('计数', 'COUNT-');
  await page.getByRole('button', { name: '运行', exact: true }).click();
  const panel = page.locator('dl', { has: page.locator('[data-slot="pulled"]') });
  await panel.waitFor();
  let runs: Run[] = [];
  await expect.poll(async () => (runs = (await server.api<{ items: Run[] }>(`/runs?flow=${flow}`)).items).length).toBe(1);
  const run = await server.finished(runs[0]?.id ?? '');
  await faults([]);
  const shown = async () => Object.fromEntries(await panel.locator('[data-slot]').evaluateAll((slots) => slots.map((slot) => [slot.getAttribute('data-slot') ?? '', Number(slot.querySelector('dd')?.textContent.replaceAll(',', ''))])));
  await expect.poll(async () => (await shown()).delivered).toBe(run.counts.delivered);
  for (const [slot, count] of Object.entries(await shown())) expect([slot, count]).toEqual([slot, run.counts[slot] ?? 0]);
  // The same numbers by asking the ledger for the documents themselves.
  for (const state of ['delivered', 'filtered', 'rejected']) expect([state, (await documents(run.id, state)).length]).toEqual([state, run.counts[state] ?? 0]);
  await amy.picture('outage-counts');
});
