import { expect, test } from 'vitest';
import { scene } from './scene';

const { server, amy } = await scene('newflow');
const { page } = amy;

interface Flow { title: string; document: { spec: { nodes: { type: string; connection?: string; settings?: { operation?: string; fields?: { field: string }[] } }[]; triggers: unknown[] } } }

test('a flow is made in four steps: source, target, fields, name', async () => {
  await amy.click('link', '集成方案');
  await amy.click('button', '向导');
  await page.waitForURL('**/flows/new');
  await page.getByText('jst', { exact: true }).waitFor();
  await amy.picture('newflow-empty');
  expect(await amy.barriers()).toEqual([]);
  // What is missing is told at its place.
  await amy.click('button', '下一步');
  await page.getByText('请选择或新建连接器').waitFor();
  await page.getByRole('radio', { name: /^jst/ }).check();
  await page.getByRole('searchbox', { name: '按名称或接口查找' }).fill('销售出库');
  await page.getByRole('radio', { name: /^销售出库查询/ }).check();
  await page.getByRole('table', { name: '来源的几条记录' }).waitFor();
  await amy.picture('newflow-source');
  expect(await amy.barriers()).toEqual([]);
  // Who leaves is asked, and loses nothing by staying.
  await amy.click('link', '集成方案');
  const leave = page.getByRole('alertdialog', { name: '放弃填写的内容？' });
  await leave.getByRole('button', { name: '留下' }).click();
  await leave.waitFor({ state: 'hidden' });
  expect(await page.getByRole('radio', { name: /^销售出库查询/ }).isChecked()).toBe(true);
  await amy.click('button', '下一步');
  await page.getByRole('radio', { name: /^k3/ }).check();
  await page.getByRole('radio', { name: /^单据批量保存/ }).check();
  await amy.click('button', '下一步');
  await page.getByText('这项必填').waitFor();
  await page.getByLabel(/^业务对象表单Id/).selectOption('SAL_OUTSTOCK');
  await amy.picture('newflow-target');
  expect(await amy.barriers()).toEqual([]);
  await amy.click('button', '下一步');
  await page.getByText(/^必填 \d+\/\d+$/).waitFor();
  await amy.picture('newflow-match');
  expect(await amy.barriers()).toEqual([]);
  // What nothing fits can be given here.
  await page.getByLabel('FBillTypeID 单据类型 的值').fill('XSCKD01_SYS');
  await page.getByLabel('FSaleOrgId 销售组织 的值').fill('100');
  await page.getByLabel('FStockOrgId 发货组织 的值').fill('100');
  await page.getByText('必填 8/8').waitFor();
  // Going back loses nothing.
  await amy.click('button', '从哪里读');
  expect(await page.getByRole('radio', { name: /^销售出库查询/ }).isChecked()).toBe(true);
  await amy.click('button', '下一步');
  await amy.click('button', '下一步');
  await amy.click('button', '下一步');
  await page.getByLabel('方案名称').fill('出库到星空');
  await page.getByRole('radio', { name: /30 分钟/ }).check();
  await amy.picture('newflow-name');
  expect(await amy.barriers()).toEqual([]);
  await amy.click('button', '建立方案');
  await page.waitForURL(/\/flows\/[\w-]+\/design/);
  await page.locator('.react-flow__node').nth(4).waitFor();
  await amy.picture('newflow-made');
  const id = /\/flows\/([\w-]+)\//.exec(page.url())?.[1] ?? '';
  const { title, document } = await server.api<Flow>(`/flows/${id}`);
  expect(title).toBe('出库到星空');
  expect(document.spec.nodes.map(({ type }) => type)).toEqual(['window', 'paginate', 'source', 'map', 'target']);
  expect(document.spec.triggers).toEqual([{ schedule: '*/30 * * * *' }, { manual: true }]);
  expect(document.spec.nodes[3]?.settings?.fields?.map(({ field }) => field)).toEqual(expect.arrayContaining(['FBillTypeID', 'FSaleOrgId', 'FEntity']));
  expect((await server.api<{ blocking: number }>(`/flows/${id}`)).blocking).toBe(0);
  console.log(`a flow by the wizard: ${String(amy.clicks)} clicks and ${String(document.spec.nodes[3]?.settings?.fields?.length)} fields matched`);
});
