import { expect, test } from 'vitest';
import { type Flow, makeFlow } from './designer.kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('inlet');

interface Listed {
  items: { id: string; number: string; state: string }[];
}

/** Takes documents at two nodes. */
const receiver = (): Promise<Flow> =>
  makeFlow(server, '退货统计', {
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: '退货统计' },
    spec: {
      nodes: [{ id: 'shops', type: 'inlet', title: '门店退货' }, { id: 'online', type: 'inlet', title: '网店退货' }, { id: 'kept', type: 'discard' }],
      edges: [{ from: 'shops', to: 'kept' }, { from: 'online', to: 'kept' }],
    },
  });

test('a flow hands its documents over to a chosen node of another, and both tell of it', async () => {
  const second = await receiver();
  await server.api(`/flows/${second.id}/publish`, { method: 'POST', body: { note: '' } });
  await server.api(`/flows/${second.id}/enable`, { method: 'POST' });

  const first = await desk.openCopy('退货并转给统计');
  await desk.sheet('mark');
  await desk.choose(desk.labelled('转给方案'), '退货统计');
  await desk.save();
  const open = (await desk.flow(first.id)).problems.filter((one) => one.blocking).map((one) => one.code);
  expect(open).toEqual(['handover.inlet_open']);
  await desk.page.getByRole('combobox', { name: '方案的接收节点' }).focus();
  for (const key of ['Enter', 'ArrowDown', 'Enter']) await desk.page.keyboard.press(key);
  await desk.page.getByTitle('网店退货 (online)').first().waitFor();
  await desk.save();
  const { nodes } = await desk.spec(first.id);
  expect(nodes.find((one) => one.id === 'mark')?.settings?.to).toMatch(/^\w+\.online$/);
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('inlet-chosen');

  await server.api(`/flows/${first.id}/publish`, { method: 'POST', body: { note: '' } });
  const { id } = await server.api<{ id: string }>(`/flows/${first.id}/runs`, { method: 'POST', body: {} });
  expect((await server.finished(id)).balanced).toBe(true);
  const { items } = await server.api<Listed>(`/documents?flow=${first.id}&state=delivered`);
  const number = items[0]?.number ?? '';
  expect(number).not.toBe('');

  await amy.goto(`/docs/${items[0]?.id ?? ''}`);
  const lineage = desk.page.getByRole('list', { name: '来龙去脉' });
  const to = lineage.getByRole('link', { name: /退货统计/ });
  await to.waitFor();
  await amy.picture('inlet-from-here');
  await to.click();
  await desk.page.waitForURL((url) => !url.pathname.endsWith(`/${items[0]?.id ?? ''}`));
  const from = lineage.getByRole('link', { name: /^单据.*退货并转给统计/ });
  await from.waitFor();
  await amy.picture('inlet-to-here');
  const there = new URL(desk.page.url()).pathname.split('/').at(-1) ?? '';
  await expect.poll(async () => (await server.api<{ state: string }>(`/documents/${there}`)).state, { timeout: 30_000 }).toBe('collected');
  expect((await server.api<Listed>(`/documents?flow=${second.id}&node=online`)).items.map((one) => one.id)).toContain(there);
  expect((await server.api<Listed>(`/documents?flow=${second.id}&node=shops`)).items).toEqual([]);

  await from.click();
  await desk.page.waitForURL(`**/docs/${items[0]?.id ?? ''}`);
  await to.waitFor();
});
