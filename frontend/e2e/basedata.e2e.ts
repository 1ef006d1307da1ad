import { expect, test } from 'vitest';
import { scene } from './scene';

const { amy, desk, server } = await scene('basedata');

test('what the bills of a system refer to is collected by one click', async () => {
  const connections = await server.api<{ items: { name: string; connector: string }[] }>('/connections');
  const kingdee = connections.items.find((one) => one.connector === 'kingdee-k3cloud')?.name ?? '';
  await amy.goto(`/connectors?edit=${kingdee}`);
  const section = amy.page.getByRole('region', { name: '基础资料' });
  for (const form of ['BD_MATERIAL', 'BD_STOCK']) await section.getByRole('checkbox', { name: new RegExp(form) }).check();
  await section.getByRole('button', { name: '生成并运行方案' }).click();
  await amy.page.getByText('2 个方案已就绪并开始运行').waitFor();
  await expect.poll(() => section.getByRole('link', { name: /^[1-9]\d* 份资料$/ }).count()).toBe(2);
  await amy.picture('basedata');
});

test('a form that the system tells of is kept as a derived operation, which the node uses', async () => {
  const flow = await desk.openCopy('自定义接口', (doc) => {
    for (const node of doc.spec.nodes) {
      const params = (node.settings as { params?: { field: string; value: string }[] }).params;
      for (const row of params ?? []) if (row.field === 'FormId') row.value = 'BD_MATERIAL';
    }
    return doc;
  });
  await desk.sheet('k3');
  await amy.page.getByRole('button', { name: '存为自定义接口' }).click();
  await amy.page.getByText(/^已存为自定义接口/).waitFor();
  await amy.picture('derived-operation');
  await desk.closeSheet();
  await desk.save();
  const kept = (await server.api<{ items: { name: string; usedBy: { id: string }[] }[] }>('/operations')).items;
  expect(kept.map((one) => [one.name, one.usedBy.map((by) => by.id)])).toEqual([[expect.stringMatching(/#BD_MATERIAL$/), [flow.id]]]);
  expect((await desk.spec(flow.id)).nodes.find((node) => node.id === 'k3')?.settings).toMatchObject({ operation: kept[0]?.name });
});

test('a derived operation is made of a sheet of fields, and chosen', async () => {
  const flow = await desk.openCopy('表格');
  await desk.sheet('k3');
  await amy.click('button', '由样例或表格新建自定义接口…');
  const dialog = amy.page.getByRole('dialog', { name: '新建自定义接口' });
  await dialog.getByText('表格', { exact: true }).click();
  const sheet = 'operation,is_request,name,field,parent,default,type,is_required,parser,describe\n'
    + 'batchSave#CN_PAYAPPLY,true,表单,FormId,,CN_PAYAPPLY,string,true,,\n'
    + 'batchSave#CN_PAYAPPLY,true,收款单位,FRECTUNIT,,,string,true,,\n'
    + 'batchSave#CN_PAYAPPLY,true,明细,FPAYAPPLYENTRY,,,array,false,,\n'
    + 'batchSave#CN_PAYAPPLY,true,金额,FAMOUNT,FPAYAPPLYENTRY,,decimal,true,,\n';
  await dialog.getByLabel('选择表格').setInputFiles({ name: 'fields.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) });
  await dialog.getByText('FPAYAPPLYENTRY.FAMOUNT').waitFor();
  await amy.picture('derived-sheet');
  await dialog.getByRole('button', { name: '保存并选用' }).click();
  await dialog.waitFor({ state: 'detached' });
  await desk.closeSheet();
  await desk.save();
  expect((await desk.spec(flow.id)).nodes.find((node) => node.id === 'k3')?.settings).toMatchObject({
    operation: 'batchSave#CN_PAYAPPLY', params: expect.not.arrayContaining([expect.objectContaining({ field: 'FormId' })]) as unknown,
  });
});
