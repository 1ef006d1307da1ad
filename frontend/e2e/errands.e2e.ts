import { expect, test } from 'vitest';
import { makeFlow } from './designer.kit';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('errands');

interface Doc { spec: { nodes: object[]; edges: object[] }; metadata: object }

test('a call that is refused marks its document, is made again and skipped with a reason', async () => {
  const shipped = (await desk.flow(demoFlow)).document as unknown as Doc;
  const flow = await makeFlow(server, '写入后审核', {
    ...shipped, metadata: { title: '写入后审核' },
    spec: {
      ...shipped.spec,
      // Nobody submitted the bills, so none can be audited.
      nodes: [...shipped.spec.nodes, { id: 'audit', type: 'writeback', title: '审核退货单', connection: 'k3', settings: { operation: 'audit', fields: [{ field: 'FormId', value: 'SAL_RETURNSTOCK' }, { field: 'Number', value: '{{Number}}' }] } }],
      edges: [...shipped.spec.edges, { from: 'k3.done', to: 'audit' }],
    },
  });
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  const { id: run } = await server.api<{ id: string }>(`/flows/${flow.id}/runs`, { method: 'POST', body: {} });
  expect((await server.finished(run)).counts.delivered).toBeGreaterThan(0);

  await amy.goto(`/docs?flow=${flow.id}&attention=true&state=delivered`);
  await amy.page.getByText('后续调用失败').first().waitFor();
  await amy.picture('errands-list');
  const { items } = await server.api<{ items: { id: string }[] }>(`/documents?flow=${flow.id}&attention=true&state=delivered`);
  await amy.goto(`/docs/${items[0]?.id ?? ''}`);
  const calls = amy.page.getByRole('region', { name: '后续调用' });
  await calls.getByText('失败', { exact: true }).waitFor();
  await calls.getByText('内容和回答').click();
  await calls.getByText(/"Number"|"Numbers"/).first().waitFor();
  await amy.picture('errands-failed-call');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  await calls.getByRole('button', { name: '重试' }).click();
  await calls.getByText(/2 次尝试/).waitFor();
  await calls.getByRole('button', { name: '跳过' }).click();
  const dialog = amy.page.getByRole('dialog', { name: '跳过 审核退货单' });
  await dialog.getByRole('button', { name: '跳过这次调用' }).click();
  await dialog.getByText('请写明原因').waitFor();
  await dialog.getByLabel('原因').fill('会计手工审核');
  await dialog.getByRole('button', { name: '跳过这次调用' }).click();
  await calls.getByText('amy：会计手工审核').waitFor();
  await amy.page.getByText('后续调用失败').waitFor({ state: 'detached' });
  await amy.picture('errands-skipped');

  const bob = await Person.arrive(server, { language: 'en' });
  await bob.logIn();
  await bob.goto(`/docs/${items[1]?.id ?? ''}`);
  await bob.page.getByRole('region', { name: 'Calls afterwards' }).getByText('Contents and answer').click();
  await bob.picture('errands-en');
  const wrong = await bob.damage();
  await bob.leave();
  expect(wrong).toEqual([]);
});
