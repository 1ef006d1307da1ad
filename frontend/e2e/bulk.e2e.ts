import { expect, test } from 'vitest';
import { makeFlow } from './designer.kit';
import { demoFlow } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('bulk');

interface Doc { spec: { nodes: { id: string }[]; edges: object[]; triggers?: object[] }; metadata: object }
interface Bill { FBillNo: string }
interface Job { id: string; state: string; total: number; done: number; refused: number; left: number; open: boolean }
interface Facets { states: Record<string, number> }

/** Enough that a job lasts while a person cancels it. */
const TOTAL = (process.env.KAREZ_TEST_LONG ?? '') === '' ? 4000 : 10_000;
const AT_ONCE = 100;
const SLOW = 240_000;
/** What a bill must have, and what somebody makes it have as well. */
const BILL = ['FSaleOrgId', 'FDate'];

const k3 = server.demo.sandboxes['kingdee-k3cloud'] ?? '';
const sets = async (set: object) => {
  expect((await fetch(`${k3}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ set }) })).ok).toBe(true);
};
const bills = async () => ((await (await fetch(`${k3}/_sandbox/objects/SAL_RETURNSTOCK`)).json()) as Bill[]).map(({ FBillNo }) => FBillNo).filter((no) => no.startsWith('BULK'));
const shown = (n: number) => n.toLocaleString('en-US');

/** The shipped mapping and target behind a webhook; the target wants a field that no bill has. */
async function refused(): Promise<string> {
  const { document } = await desk.flow(demoFlow);
  const shipped = document as unknown as Doc;
  const { triggers: _, ...spec } = shipped.spec;
  const flow = await makeFlow(server, '一次来很多', {
    ...shipped, metadata: { title: '一次来很多' },
    spec: {
      ...spec,
      nodes: [
        { id: 'in', type: 'webhook', settings: { auth: 'token', records: 'orders', key: '{{o_id}}', number: '{{o_id}}' } },
        ...shipped.spec.nodes.filter(({ id }) => id === 'bill' || id === 'k3'),
      ],
      edges: [{ from: 'in', to: 'bill' }, { from: 'bill', to: 'k3' }],
    },
  });
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  await server.api(`/flows/${flow.id}/enable`, { method: 'POST' });
  const { token, webhook } = await server.api<{ token: string; webhook: { path: string } }>(`/flows/${flow.id}/webhooks/in/secrets`, { method: 'POST', body: {} });
  for (let at = 0; at < TOTAL; at += AT_ONCE) {
    const orders = Array.from({ length: AT_ONCE }, (_, i) => ({
      o_id: `BULK${String(at + i + 1).padStart(6, '0')}`, shop_id: 10001, confirm_date: '2026-03-05 11:40:11', items: [{ sku_id: 'SKU-0001', r_qty: 1, price: 9.5 }],
    }));
    const answer = await fetch(server.demo.url + webhook.path, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify({ orders }) });
    expect([answer.ok, answer.ok ? '' : await answer.text()]).toEqual([true, '']);
  }
  return flow.id;
}

test('many are sent again in one job, which is cancelled in the middle; another does the rest', { timeout: 2 * SLOW }, async () => {
  const clock = performance.now();
  const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1);
  await sets({ required: { SAL_RETURNSTOCK: [...BILL, 'FHeadNote'] } });
  const flow = await refused();
  const states = async () => (await server.api<Facets>(`/documents/facets?flow=${flow}`)).states;
  await expect.poll(async () => (await states()).rejected, { timeout: SLOW, interval: 500 }).toBe(TOTAL);
  const seeded = seconds(clock);
  expect(await bills()).toEqual([]);
  await sets({ required: { SAL_RETURNSTOCK: BILL } });

  // All with one reason are sent again: the number is said before.
  const { page } = amy;
  const dialog = page.getByRole('dialog', { name: '批量重发' });
  const panel = page.getByRole('region', { name: '批量任务' });
  const order = async (count: number) => {
    await amy.goto(`/docs?flow=${flow}`);
    await amy.click('button', /必填/);
    await amy.click('button', '批量重发');
    await dialog.getByText(`选中 ${shown(count)} 张`).waitFor();
    await dialog.getByRole('button', { name: `重发 ${shown(count)} 张` }).click();
    await panel.waitFor();
  };
  await order(TOTAL);
  const id = new URL(page.url()).searchParams.get('job') ?? '';
  const bar = panel.getByRole('progressbar', { name: '进度' });
  await panel.getByRole('button', { name: '取消任务' }).click();
  const seen: number[] = [];
  const look = async () => seen.push(await bar.evaluate((one) => (one as HTMLProgressElement).value));
  await expect.poll(async () => (await look(), seen.at(-1))).toBeGreaterThan(0);
  await page.getByRole('alertdialog', { name: '取消这个批量任务？' }).getByRole('button', { name: '取消任务' }).click();
  await panel.getByText('已取消').waitFor();
  await look();
  expect(seen).toEqual([...seen].sort((a, b) => a - b));

  // What is counted is what the ledger and the target say.
  await expect.poll(async () => (await server.api<Job>(`/bulk-jobs/${id}`)).open).toBe(false);
  const job = await server.api<Job>(`/bulk-jobs/${id}`);
  expect([job.state, job.total, job.done + job.refused + job.left, job.refused]).toEqual(['cancelled', TOTAL, TOTAL, 0]);
  expect(job.done).toBeGreaterThan(0);
  expect(job.left).toBeGreaterThan(0);
  await panel.getByText(`已受理 ${shown(job.done)}`).waitFor();
  await panel.getByText(`没有动 ${shown(job.left)}`).waitFor();
  await expect.poll(async () => (await states()).delivered ?? 0, { timeout: SLOW, interval: 500 }).toBe(job.done);
  expect((await states()).rejected).toBe(job.left);
  expect((await bills()).length).toBe(job.done);
  await amy.picture('bulk-cancelled');
  expect(await amy.barriers()).toEqual([]);

  // A second job does the rest, also while nobody looks; the page shows it again.
  await order(job.left);
  const second = performance.now();
  const address = page.url();
  const rest = new URL(address).searchParams.get('job') ?? '';
  await amy.goto('/flows');
  await expect.poll(async () => (await server.api<Job>(`/bulk-jobs/${rest}`)).state, { timeout: SLOW }).toBe('done');
  await amy.goto(address.slice(address.indexOf('/docs')));
  await panel.getByText('已完成').waitFor();
  await panel.getByText(`已受理 ${shown(job.left)}`).waitFor();
  await expect.poll(async () => (await states()).delivered, { timeout: SLOW, interval: 500 }).toBe(TOTAL);
  const rewritten = seconds(second);
  const written = await bills();
  expect([written.length, new Set(written).size]).toEqual([TOTAL, TOTAL]);
  console.log(`bulk: ${String(TOTAL)} refused; ${String(job.done)} sent again before the job was cancelled, ${String(job.left)} by the next; each stands once; all refused after ${seeded} s, the second job delivered after ${rewritten} s`);
});
