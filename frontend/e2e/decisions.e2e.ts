import { expect, test } from 'vitest';
import { makeFlow } from './designer.kit';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('decisions');

interface Doc { spec: { nodes: { type: string; connection?: string; settings: { fields?: { field: string; value?: string }[] } }[]; edges: object[] }; metadata: object }
interface Listed { id: string; number: string; key: string; state: string }

const k3 = server.demo.sandboxes['kingdee-k3cloud'] ?? '';

/** Another account of the same 金蝶, of which nobody knows what it wrote. */
async function account(): Promise<void> {
  const { address, acctId, username, password } = (await (await fetch(`${k3}/_sandbox/credentials`)).json()) as Record<string, string>;
  await server.api('/connections', { method: 'POST', body: { name: 'k3b', connector: 'kingdee-k3cloud', settings: { address: address ?? k3, acctId, username, login: 'password' }, secrets: { password } } });
}

test('what only a person can decide: the evidence, and three answers', async () => {
  await account();
  const shipped = (await desk.flow(demoFlow)).document as unknown as Doc;
  const flow = await makeFlow(server, '另一套账', {
    ...shipped, metadata: { title: '另一套账' },
    spec: {
      ...shipped.spec,
      nodes: shipped.spec.nodes.map((node) => {
        // What is there already is taken over where it is equal, and here none is.
        if (node.connection === 'k3') return { ...node, connection: 'k3b', settings: { ...node.settings, onConflict: 'adopt' } };
        if (node.type !== 'map') return node;
        return { ...node, settings: { ...node.settings, fields: node.settings.fields?.map((row) => (row.field === 'FDate' ? { ...row, value: '2020-02-29' } : row)) } };
      }),
    },
  });
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  const { id: run } = await server.api<{ id: string }>(`/flows/${flow.id}/runs`, { method: 'POST', body: {} });
  expect((await server.finished(run)).counts.needs_decision).toBeGreaterThan(3);
  const state = async (id: string) => (await server.api<Listed>(`/documents/${id}`)).state;
  const waiting = async () => (await server.api<{ items: Listed[] }>(`/documents?flow=${flow.id}&state=needs_decision&limit=4`)).items;
  const [first, second, third] = await waiting();
  if (first === undefined || second === undefined || third === undefined) throw new Error('too little is to be decided');

  await amy.goto(`/docs?flow=${flow.id}&state=needs_decision`);
  await amy.click('button', '逐张确认');
  const queue = amy.page.getByRole('list', { name: '待确认的单据' });
  const sheet = queue.getByRole('region', { name: '需要你确认' });
  await sheet.getByText(/返回的 \d+ 个字段中有 \d+ 个/).waitFor();
  await amy.picture('decisions-queue');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  // One is there already, and that is what a person says of it.
  await sheet.getByRole('row', { name: /^FDate 2020-02-29/ }).waitFor();
  await sheet.getByRole('button', { name: '显示全部字段' }).click();
  await sheet.getByRole('table', { name: '字段对比' }).getByRole('row', { name: /FBillNo/ }).waitFor();
  await amy.picture('decisions-evidence');
  await sheet.getByRole('button', { name: '对方已有，标记为已写入' }).click();
  const dialog = amy.page.getByRole('dialog');
  await dialog.getByLabel('备注').fill('与对方核对过');
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('decisions-accept');
  await dialog.getByRole('button', { name: '标记为已写入' }).click();
  await expect.poll(() => state(first.id)).toBe('delivered');
  await queue.getByRole('link', { name: first.number || first.key, exact: true }).waitFor({ state: 'detached' });

  // One is let go, on its own page, which shows the same evidence.
  await queue.getByRole('button', { name: `查看 ${second.number || second.key} 的依据` }).click();
  await queue.getByRole('link', { name: second.number || second.key, exact: true }).click();
  await amy.page.getByRole('region', { name: '需要你确认' }).getByRole('row', { name: /^FDate 2020-02-29/ }).waitFor();
  await amy.picture('decisions-document');
  await amy.click('button', '跳过');
  await amy.page.getByLabel('原因').fill('另一套账不需要');
  await amy.click('button', '跳过这张单据');
  await expect.poll(() => state(second.id)).toBe('skipped');

  // The target lost everything, so the next one is sent again; it is asked for twice.
  await fetch(`${k3}/_sandbox/reset`, { method: 'POST' });
  await amy.goto(`/docs?flow=${flow.id}&state=needs_decision&view=queue`);
  await queue.getByRole('button', { name: `查看 ${third.number || third.key} 的依据` }).click();
  await sheet.getByRole('button', { name: '对方没有，重发' }).click();
  const question = amy.page.getByRole('alertdialog');
  await question.getByText(/重发会产生重复单据/).waitFor();
  await amy.picture('decisions-resend');
  await question.getByRole('button', { name: '对方没有，重发' }).click();
  await expect.poll(() => state(third.id)).toBe('delivered');
  expect((await waiting()).map(({ id }) => id)).not.toContain(third.id);

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark', width: 1180 });
  await bob.logIn();
  await bob.goto(`/docs?flow=${flow.id}&state=needs_decision&view=queue`);
  await bob.page.getByText(/differs? from what was sent/).first().waitFor();
  await bob.picture('decisions-queue-en');
  const wrong = [...(await bob.barriers()), ...(await bob.damage())];
  await bob.leave();
  expect(wrong).toEqual([]);
});
