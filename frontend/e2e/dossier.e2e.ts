import { expect, test } from 'vitest';
import { type Doc, type Flow, makeFlow } from './designer.kit';
import { Person } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('dossier');

interface Listed {
  items: { id: string; number: string; state: string }[];
}
interface Lineage {
  root: string;
  nodes: { id: string; kind: string; document: string; flow: string; bill?: boolean }[];
  edges: { from: string; to: string; kind: string }[];
}

/** What comes in is put together by shop and handed over to the next flow. */
const gathers = (next: string): Promise<Flow> =>
  makeFlow(server, '门店汇总', {
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: '门店汇总' },
    spec: {
      uses: { next: { flow: next } },
      nodes: [
        { id: 'in', type: 'inlet' }, { id: 'bills', type: 'group', settings: { headerGroup: ['shop_id'], bodyName: 'items' } },
        { id: 'hand', type: 'writeback', settings: { to: 'next' } },
      ],
      edges: [{ from: 'in', to: 'bills' }, { from: 'bills', to: 'hand' }],
    },
  } as never);

const keeps = (): Promise<Flow> =>
  makeFlow(server, '汇总存档', {
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: '汇总存档' },
    spec: { nodes: [{ id: 'in', type: 'inlet' }, { id: 'kept', type: 'discard' }], edges: [{ from: 'in', to: 'kept' }] },
  } as never);

async function live(flow: Flow): Promise<Flow> {
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  await server.api(`/flows/${flow.id}/enable`, { method: 'POST' });
  return flow;
}

/** The shipped flow, whose writeback hands over. */
const handing = (to: string) => (doc: Doc): Doc => ({
  ...doc,
  spec: { ...doc.spec, uses: { next: { flow: to } }, nodes: doc.spec.nodes.map((node) => (node.type === 'writeback' ? { ...node, settings: { ...node.settings, to: 'next' } } : node)) } as never,
});

test('every attempt, what a person did, and the lineage over three flows', async () => {
  const third = await live(await keeps());
  const second = await live(await gathers(third.id));
  const first = await desk.openCopy('退货并汇总', handing(second.id));
  await server.api(`/flows/${first.id}/publish`, { method: 'POST', body: { note: '' } });
  const { id: run } = await server.api<{ id: string }>(`/flows/${first.id}/runs`, { method: 'POST', body: {} });
  expect((await server.finished(run)).balanced).toBe(true);

  // The chain ends in the third flow, in a document of many.
  await expect.poll(async () => (await server.api<Listed>(`/documents?flow=${third.id}&state=collected`)).items.length, { timeout: 60_000 }).toBeGreaterThan(0);
  const end = (await server.api<Listed>(`/documents?flow=${third.id}`)).items[0]?.id ?? '';
  const graph = await server.api<Lineage>(`/documents/${end}/lineage`);
  expect(new Set(graph.nodes.filter((one) => one.kind === 'document').map((one) => one.flow))).toEqual(new Set([first.id, second.id, third.id]));
  expect(new Set(graph.edges.map((one) => one.kind))).toEqual(new Set(['handed', 'grouped', 'written', ...(graph.edges.some((one) => one.kind === 'told') ? ['told'] : [])]));
  await amy.goto(`/docs/${end}`);
  const lineage = desk.page.getByRole('list', { name: '来龙去脉' });
  await lineage.getByRole('link', { name: /合并单/ }).waitFor();
  expect(await lineage.getByRole('link').count()).toBe(graph.nodes.length);
  expect(await amy.barriers()).toEqual([]);
  await lineage.evaluate((node) => node.scrollIntoView({ block: 'center' }));
  await amy.picture('dossier-lineage');
  // By keys alone to where it came from.
  await lineage.getByRole('link', { name: /合并单/ }).focus();
  await desk.page.keyboard.press('Enter');
  await desk.page.getByRole('heading', { name: /由 \d+ 张单据合成/ }).waitFor();
  await lineage.getByRole('link', { name: /合并单/ }).and(desk.page.locator('[aria-current="page"]')).waitFor();

  // One that the target refused is edited, and written in another attempt.
  const { items: stuck } = await server.api<Listed>(`/documents?flow=${first.id}&attention=true`);
  const id = stuck[0]?.id ?? '';
  const { source } = await server.api<{ source: Record<string, unknown> }>(`/documents/${id}`);
  await server.api(`/documents/${id}/retry`, { method: 'POST', body: { version: 'published', source: { ...source, remark: '核对过' } } });
  const attempts = async () => (await server.api<{ items: { no: number; rev: number }[] }>(`/documents/${id}/attempts`)).items;
  await expect.poll(async () => (await attempts()).filter((one) => one.no === 2).length, { timeout: 30_000 }).toBeGreaterThan(0);
  await amy.goto(`/docs/${id}`);
  const list = desk.page.getByRole('region', { name: '每次尝试' });
  await list.getByRole('button', { name: '查看第 1 次的请求' }).click();
  const dialog = desk.page.getByRole('dialog', { name: '第 1 次的请求与响应' });
  await dialog.getByRole('tree').getByText('FBillNo').first().waitFor();
  await dialog.getByRole('button', { name: '原文' }).click();
  const raw = await dialog.locator('pre').textContent();
  expect(JSON.parse(raw ?? '')).toHaveProperty('FBillNo');
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('dossier-request');
  const download = desk.page.waitForEvent('download');
  await dialog.getByRole('link', { name: /下载/ }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe(raw);
  await dialog.getByRole('button', { name: '知道了' }).click();

  const timeline = desk.page.getByRole('region', { name: '经过' });
  await timeline.getByText('人工修改为第 2 版').waitFor();
  await timeline.getByRole('button', { name: '查看改动' }).click();
  await desk.page.getByRole('dialog').getByText(/核对过/).first().waitFor();
  await amy.picture('dossier-change');
  await desk.page.getByRole('dialog').getByRole('button', { name: '知道了' }).click();
  await amy.picture('dossier');
  await list.scrollIntoViewIfNeeded();
  await amy.picture('dossier-attempts');

  // Of what was written the answer to the whole call is there, too.
  const { items: written } = await server.api<Listed>(`/documents?flow=${first.id}&state=delivered`);
  await amy.goto(`/docs/${written[0]?.id ?? ''}`);
  await list.getByText(/本次调用共 \d+ 行，这张单据是第 \d+ 行/).first().waitFor();
  await list.getByRole('button', { name: '查看第 1 次的整个回答' }).click();
  await dialog.getByText(/其中也有其他单据/).waitFor();
  await amy.picture('dossier-answer');

  // What a search finds is said, and a document is found by its id.
  await amy.goto('/docs');
  await desk.page.getByPlaceholder('来源单号、目标单号或 ID').fill(id);
  await desk.page.getByRole('link', { name: stuck[0]?.number ?? '' }).waitFor();
  await expect.poll(() => desk.page.getByRole('grid').locator('[data-row]').count()).toBe(1);
  await amy.picture('dossier-search');

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await bob.logIn();
  await bob.goto(`/docs/${written[0]?.id ?? ''}`);
  await bob.page.getByRole('region', { name: 'Every attempt' }).getByText(/line \d+ of the \d+ in this call/).first().waitFor();
  await bob.picture('dossier-en');
  await bob.page.getByRole('region', { name: 'Every attempt' }).scrollIntoViewIfNeeded();
  await bob.picture('dossier-attempts-en');
  await bob.goto(`/docs/${end}`);
  await bob.page.getByRole('list', { name: 'Where it came from, what became of it' }).evaluate((node) => node.scrollIntoView({ block: 'center' }));
  expect(await bob.barriers()).toEqual([]);
  await bob.picture('dossier-lineage-en');
  expect(bob.wrong).toEqual([]);
  await bob.leave();
});
