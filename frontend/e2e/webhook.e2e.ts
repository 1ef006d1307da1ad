import { expect, test } from 'vitest';
import { type Flow, makeFlow } from './designer.kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('webhook');

const hooked = (): Promise<Flow> =>
  makeFlow(server, '接收推送', {
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: '接收推送' },
    spec: {
      nodes: [
        { id: 'in', type: 'webhook', settings: { auth: 'token', key: '{{order_no}}', number: '{{order_no}}', answer: 'result' } },
        { id: 'back', type: 'respond', settings: { status: 201, body: [{ field: 'got', value: '{{order_no}}' }] } },
      ],
      edges: [{ from: 'in', to: 'back' }],
    },
  });

test('an address and a token are made, something is posted and answered', async () => {
  const flow = await hooked();
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  await server.api(`/flows/${flow.id}/enable`, { method: 'POST' });
  await desk.open(flow.id);
  await desk.sheet('in');
  await desk.page.getByText('还没有推送地址').waitFor();
  await desk.page.getByRole('button', { name: '生成地址和密钥' }).click();
  const dialog = desk.page.getByRole('dialog', { name: '生成地址和密钥' });
  await dialog.getByRole('button', { name: '生成地址和密钥' }).click();
  const shown = desk.page.getByRole('dialog', { name: '令牌' });
  const token = (await shown.locator('code').textContent()) ?? '';
  expect(token).toMatch(/^whtok_/);
  await amy.picture('webhook-token');
  await shown.getByRole('button', { name: '知道了' }).click();
  const url = (await desk.page.getByText(/\/hooks\//).first().textContent()) ?? '';
  expect(url.startsWith(server.demo.url)).toBe(true);

  const post = (headers: Record<string, string>) => fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: '{"order_no":"1001"}' });
  expect((await post({})).status).toBe(401);
  const answer = await post({ Authorization: `Bearer ${token}` });
  expect([answer.status, await answer.text()]).toEqual([201, '{"got":"1001"}']);

  await desk.page.getByRole('button', { name: '发送测试' }).click();
  await desk.page.getByRole('dialog', { name: '发送测试' }).getByRole('button', { name: '发送', exact: true }).click();
  await desk.page.getByRole('region', { name: '应答' }).getByText('{"got":"1001"}').waitFor();
  await desk.page.getByRole('dialog', { name: '发送测试' }).getByRole('button', { name: '关闭' }).last().click();
  await desk.page.getByRole('region', { name: '最近的推送' }).getByRole('link', { name: '单据' }).first().waitFor();
  expect(await desk.page.getByText(token).count()).toBe(0);
  await amy.picture('webhook-node');
});

test('what was posted, or would be, is a sample, and its fields are known', async () => {
  const flow = await hooked();
  const token = ((await server.api(`/flows/${flow.id}/webhooks/in/secrets`, { method: 'POST', body: {} })) as { token: string }).token;
  expect(token).toMatch(/^whtok_/);
  await desk.open(flow.id);
  await desk.sheet('in');
  await desk.page.getByRole('button', { name: /^从「.*」取样例/ }).click();
  await desk.page.getByText('还没有单据推送到 in').waitFor();
  await desk.page.getByRole('button', { name: '发送测试' }).click();
  await desk.page.getByRole('dialog', { name: '发送测试' }).getByRole('button', { name: '用作样例' }).click();
  await desk.page.getByText('1 / 1').waitFor();
  await amy.picture('webhook-sample');
  await expect.poll(async () => JSON.stringify((await desk.flow(flow.id)).document.spec.nodes[0]?.settings?.['fields'] ?? null), { timeout: 10_000 }).toContain('"field":"order_no"');

  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  await server.api(`/flows/${flow.id}/enable`, { method: 'POST' });
  for (const no of ['1', '2']) {
    await server.api(`/flows/${flow.id}/webhooks/in/test`, { method: 'POST', body: { body: JSON.stringify({ order_no: no, paid: no }), contentType: 'application/json' } });
  }
  await desk.page.getByRole('button', { name: '重新取样例' }).click();
  await desk.page.getByText('1 / 2').waitFor();
});
