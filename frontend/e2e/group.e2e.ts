import { expect, test } from 'vitest';
import { type Doc, type Members, type Value } from './designer.kit';
import { Person, type Run } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('group');

interface Listed {
  items: { id: string; key: string; number: string; state: string; node: string }[];
}

/** Maps a bill of a shop: what a bill does not have is said. */
function ofShops(doc: Doc): Doc {
  const changes = new Map<string, string>([['FBillNo', 'HB{{shop_id}}'], ['FDate', '2021-05-28'], ['FHeadNote', '{{total}}']]);
  const nodes = doc.spec.nodes.map((node) => {
    if (node.type !== 'map') return node;
    const fields = (node.settings?.fields as Members[]).map((row) => ({ ...row, value: changes.get(String(row.field)) ?? row.value }) as Value);
    return { ...node, settings: { ...node.settings, fields } };
  });
  return { ...doc, spec: { ...doc.spec, nodes } };
}

// What a consultant does: a group is drawn between source and target, run, and its
// bills are looked at; the one that the target refuses is made anew without a document.
test('a group is drawn, run, and its bills are looked at', async () => {
  const flow = await desk.openCopy('按店铺合并', ofShops);
  const from = flow.document.spec.nodes.find((one) => one.type === 'filter')?.id ?? '';
  const to = flow.document.spec.nodes.find((one) => one.type === 'map')?.id ?? '';
  const bills = await desk.drop('合并写入', await desk.middleOf(from, to));
  expect(await desk.edges()).toEqual(expect.arrayContaining([`${from}.true>${bills}.in`, `${bills}.out>${to}.in`]));
  await desk.save();
  await amy.goto(`/flows/${flow.id}/design/${bills}`);
  await desk.page.getByRole('button', { name: '添加一项' }).first().click();
  await desk.type(desk.page.getByRole('textbox', { name: /^第 ?1 ?项/ }).first(), 'shop_id');
  await desk.type(desk.labelled('明细数组'), 'items');
  await amy.picture('group-form');
  await desk.save();
  expect((await desk.spec(flow.id)).nodes.find((one) => one.id === bills)?.settings).toMatchObject({ headerGroup: ['shop_id'], bodyName: 'items' });

  const k3 = server.demo.sandboxes['kingdee-k3cloud'] ?? '';
  const baseData = Array.from({ length: 9 }, (_, i) => ({ form: 'BD_MATERIAL', number: `SKU-X00${String(i + 1)}`, name: '新品' }));
  await fetch(`${k3}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ set: { baseData, refuseRows: [{ number: 'HB10001', field: 'FDate', message: '会计期间已关闭', msgCode: 11 }] } }) });
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });
  const { id } = await server.api<{ id: string }>(`/flows/${flow.id}/runs`, { method: 'POST', body: {} });
  const run: Run = await server.finished(id);
  expect(run.balanced).toBe(true);

  await amy.goto(`/flows/${flow.id}/docs?node=${bills}`);
  await desk.page.getByText('10002', { exact: true }).first().waitFor();
  await amy.picture('group-bills');
  const { items } = await server.api<Listed>(`/documents?flow=${flow.id}&node=${bills}`);
  const refused = items.find((one) => one.number === '10001');
  expect(refused?.state).toBe('rejected');

  await amy.goto(`/docs/${refused?.id ?? ''}`);
  await desk.page.getByRole('heading', { name: /由 \d+ 张单据合成/ }).waitFor();
  await desk.page.getByText(/第 1 行/).first().waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('group-bill');

  const members = desk.page.getByRole('region', { name: /由 \d+ 张单据合成/ }).getByRole('listitem').getByRole('link');
  await members.nth(1).click();
  await desk.page.getByRole('heading', { name: '所在的合并单' }).waitFor();
  await amy.picture('group-member');
  await amy.click('button', '移出合并单');
  const dialog = desk.page.getByRole('dialog');
  await dialog.getByLabel('原因').fill('下月再入');
  await amy.picture('group-eject');
  await fetch(`${k3}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ set: { refuseRows: [] } }) });
  await dialog.getByRole('button', { name: '移出这张单据' }).click();
  await desk.page.getByText(/下月再入/).first().waitFor();
  await expect.poll(async () => (await server.api<{ state: string }>(`/documents/${refused?.id ?? ''}`)).state, { timeout: 30_000 }).toBe('delivered');

  const bob = await Person.arrive(server, { language: 'en' });
  await bob.logIn();
  await bob.goto(`/docs/${refused?.id ?? ''}`);
  await bob.page.getByRole('heading', { name: /document/i }).first().waitFor();
  await bob.picture('group-bill-en');
  await bob.goto(`/flows/${flow.id}/design/${bills}`);
  await bob.page.getByText('Header fields').first().waitFor();
  await bob.picture('group-form-en');
  await bob.leave();
});
