import { expect, test } from 'vitest';
import { type Flow, makeFlow, type Members } from './designer.kit';
import { type Run } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('files');

/** 订单号,金额,码 and two rows, in GBK. */
const gbk = Buffer.from('b6a9b5a5bac52cbdf0b6ee2cc2eb0d0a41312c31322e35302c30303132333435363738393031323334353637380d0a41322c372c3030370d0a', 'hex');

interface Listed {
  items: { id: string; number: string; state: string }[];
}

const fileFlow = (title: string, settings: Members = {}): Promise<Flow> =>
  makeFlow(server, title, {
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { title },
    spec: { nodes: [{ id: 'rows', type: 'file', settings }, { id: 'kept', type: 'discard', settings: {} }], edges: [{ from: 'rows', to: 'kept' }] },
  });

/** Publishes what is drawn and runs it; gives the run and the stored records. */
async function runIt(flow: string): Promise<{ run: Run; sources: Members[] }> {
  await desk.save();
  await server.api(`/flows/${flow}/publish`, { method: 'POST', body: { note: '' } });
  const { id } = await server.api<{ id: string }>(`/flows/${flow}/runs`, { method: 'POST', body: {} });
  const run = await server.finished(id);
  const { items } = await server.api<Listed>(`/documents?flow=${flow}`);
  const sources = await Promise.all(items.map(async (one) => (await server.api<{ source: Members }>(`/documents/${one.id}`)).source));
  return { run, sources };
}

const preview = () => desk.page.getByRole('region', { name: '前几行' });

test('a CSV file in GBK is dropped, looked at, read', async () => {
  const flow = await fileFlow('文件一');
  await desk.open(flow.id);
  await desk.sheet('rows');
  const carried = await desk.page.evaluateHandle((bytes) => {
    const carry = new DataTransfer();
    carry.items.add(new File([new Uint8Array(bytes)], '订单.csv'));
    return carry;
  }, [...gbk]);
  const target = desk.page.getByRole('button', { name: '拖入文件，或点击选择' });
  await target.dispatchEvent('dragover', { dataTransfer: carried });
  await target.dispatchEvent('drop', { dataTransfer: carried });
  await preview().getByRole('columnheader', { name: '订单号' }).waitFor();
  await preview().getByText('00123456789012345678').waitFor();
  await desk.page.getByText('GB18030', { exact: true }).waitFor();
  await amy.picture('file-node');

  // With the wrong encoding the preview tells the line, and with no header the columns are letters.
  await desk.choose(desk.labelled('编码'), 'UTF-8');
  await desk.page.getByText(/第 1 行有不属于 utf-8 编码的字节/).waitFor();
  await amy.picture('file-node-broken');
  await desk.choose(desk.labelled('编码'), 'GBK');
  await desk.type(desk.labelled('标题行'), '0');
  await preview().getByRole('columnheader', { name: 'C', exact: true }).waitFor();
  await desk.type(desk.labelled('标题行'), '1');
  await preview().getByRole('columnheader', { name: '码', exact: true }).waitFor();

  await desk.labelled('主键').click();
  await desk.page.keyboard.insertText('{{订单号}}');
  await desk.page.getByRole('button', { name: /取样例/ }).click();
  await desk.page.getByText('1 / 2').waitFor();
  const { run, sources } = await runIt(flow.id);
  expect(run.state).toBe('done');
  expect(run.counts).toMatchObject({ pulled: 2, collected: 2 });
  expect(sources).toContainEqual({ 订单号: 'A1', 金额: '12.50', 码: '00123456789012345678' });

  // The same name again asks first; the new content is read by the published flow.
  await desk.page.locator('input[type="file"]').setInputFiles({ name: '订单.csv', mimeType: 'text/csv', buffer: Buffer.concat([gbk, Buffer.from('A3,1,1\r\n')]) });
  await amy.click('button', '替换内容', '[role="alertdialog"]');
  await preview().getByText('A3').waitFor();
  expect((await runIt(flow.id)).run.counts).toMatchObject({ pulled: 3, unchanged: 2, collected: 1 });
});

test('a workbook is chosen, its sheet and key, and read', async () => {
  const table = await server.api<{ id: string }>('/code-tables', { method: 'POST', body: { name: 'shops', title: '店铺' } });
  await server.api(`/code-tables/${table.id}/rows`, { method: 'PUT', body: { rows: [{ source: '0007', target: '10000000000000000001' }, { source: 'B', target: '1.10' }] } });
  const sheet = await fetch(`${server.demo.url}/api/v1/code-tables/${table.id}/export?format=xlsx`, { headers: { Authorization: `Bearer ${server.demo.api_token}` } });
  const flow = await fileFlow('文件二');
  await desk.open(flow.id);
  await desk.sheet('rows');
  await desk.page.locator('input[type="file"]').setInputFiles({ name: '店铺.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from(await sheet.arrayBuffer()) });
  await preview().getByText('10000000000000000001').waitFor();
  await desk.page.getByText('XLSX', { exact: true }).waitFor();
  const key = await preview().getByRole('columnheader').first().textContent();
  await desk.labelled('主键').click();
  await desk.page.keyboard.insertText(`{{${key ?? ''}}}`);
  const { run, sources } = await runIt(flow.id);
  expect(run.counts).toMatchObject({ pulled: 2, collected: 2 });
  expect(sources.map((one) => Object.values(one).slice(0, 2))).toContainEqual(['0007', '10000000000000000001']);
});

test('a folder shows where it lies; a file that a flow reads is not deleted', async () => {
  const flow = await fileFlow('文件三', { from: 'folder', folder: 'inbox', key: '{{no}}' });
  await desk.open(flow.id);
  await desk.sheet('rows');
  await desk.page.getByText('文件夹中还没有符合的文件。把文件放进去即可。').waitFor();
  await desk.type(desk.labelled('文件夹'), '../out');
  await desk.page.getByText('不是本工作空间的文件夹').first().waitFor();
  await desk.save();

  const used = await fileFlow('文件四', { file: '订单.csv', key: '{{订单号}}' });
  await desk.open(used.id);
  await desk.sheet('rows');
  await preview().getByText('A1').waitFor();
  await amy.click('button', '删除文件');
  await amy.click('button', '删除文件', '[role="alertdialog"]');
  await desk.page.getByText(/个方案正在读取此文件/).waitFor();
});
