import { describe, expect, test } from 'vitest';
import { type Doc, makeFlow } from './designer.kit';
import { Person } from './kit';
import { scene } from './scene';

// What happens to one node: its sheet, its form, its script, its sample and its tests.

const { server, amy, desk } = await scene('node');
const { page } = desk;

const start = 'function transform(doc, ctx) {\n  return doc;\n}\n';
/** The shipped flow with a script before the mapping. */
const scripted = ({ spec, ...doc }: Doc): Doc => ({
  ...doc,
  spec: {
    ...spec, tests: [], nodes: [...spec.nodes, { id: 'code', type: 'script', settings: { code: start } }],
    edges: spec.edges.flatMap((edge) => (edge.to === 'bill' ? [{ from: edge.from, to: 'code' }, { from: 'code', to: 'bill' }] : [edge])),
  },
});
const row = (path: string) => page.locator(`[role="row"]:has([role="rowheader"][title^="${path}\\a "])`).first();

async function takeSample() {
  await page.getByRole('button', { name: /取样例/ }).first().click();
  await page.getByRole('button', { name: '下一张样例' }).waitFor();
}
/** What the target system has seen: objects and writing calls. */
async function writes() {
  const state = (await (await fetch(`${server.demo.sandboxes['kingdee-k3cloud'] ?? ''}/_sandbox/state`)).json()) as { creates: number; objects: Record<string, number>; calls: Record<string, number> };
  return { creates: state.creates, bills: state.objects.SAL_RETURNSTOCK, calls: Object.entries(state.calls).filter(([call]) => /Save|Submit|Audit|Push|Delete/.test(call)) };
}

test('a sample is taken, kept for everybody, tested to here, and nothing is sent', async () => {
  const flow = await desk.openCopy('样例', scripted);
  const before = await writes();
  await desk.sheet('bill');
  await takeSample();
  await page.getByText(/由 amy 固定于/).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await page.getByRole('button', { name: '下一张样例' }).click();
  await page.getByText(/^2 \/ \d+$/).waitFor();
  await expect.poll(async () => (await server.api<{ items: { chosen: number }[] }>(`/flows/${flow.id}/samples`)).items[0]?.chosen).toBe(1);

  // Up to the target: the way of the sample and the request that would go out.
  await desk.walk('下一个节点', 'k3');
  await page.getByRole('button', { name: '测试到此处' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('没有发送任何内容').waitFor();
  await dialog.getByText(/将要发送给「k3」的请求/).waitFor();
  expect(await dialog.getByRole('listitem').count()).toBe(5);
  await dialog.getByText('SAL_RETURNSTOCK').first().waitFor();
  await amy.picture('node-up-to-here');
  expect(await amy.barriers()).toEqual([]);
  await dialog.getByText('只测试此节点').click();
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(1);
  await dialog.getByRole('button', { name: '关闭', exact: true }).last().click();
  expect(await writes()).toEqual(before);

  // After a reload, and for somebody else, the same document is there.
  await desk.closeSheet();
  await desk.save();
  await page.reload();
  await desk.canvas.waitFor();
  await desk.card('refunds').getByRole('button', { name: /样例已固定/ }).waitFor();
  await desk.sheet('bill');
  await page.getByText(/^2 \/ \d+$/).waitFor();
  const mary = await Person.arrive(server, { language: 'en' });
  await mary.logIn();
  await mary.goto(`/flows/${flow.id}/design/bill`);
  await mary.page.getByText(/pinned by amy/).waitFor();
  await mary.page.getByText(/^2 \/ \d+$/).waitFor();
  expect(await mary.barriers()).toEqual([]);
  expect(mary.wrong).toEqual([]);
  await mary.leave();

  // It is edited, goes out of date with the source, and is no part of what leaves.
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await page.getByRole('textbox', { name: '编辑样例' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('{"as_id":1,"so_id":"S1","o_id":77000000000000000001,"status":"Confirmed","confirm_date":"2026-03-05 10:00:00","shop_id":10001,"remark":"","items":[{"sku_id":"SKU-0001","r_qty":1,"price":9.5}]}');
  await page.getByRole('button', { name: '使用', exact: true }).click();
  await page.getByText(/手工改过/).waitFor();
  await row('FBillNo').getByText('77000000000000000001').last().waitFor();
  await desk.closeSheet();
  await desk.sheet('refunds');
  await desk.type(desk.labelled('单号'), '{{outer_as_id}}');
  await page.getByText(/取样以后源的设置改过/).waitFor();
  await page.getByRole('button', { name: '按单号取样' }).click();
  await page.getByRole('textbox', { name: /单号，最多/ }).fill('S-no-such');
  await page.keyboard.press('Enter');
  await page.getByText(/没有返回单据/).waitFor();
  expect(JSON.stringify((await desk.flow(flow.id)).document)).not.toContain('77000000000000000001');
  await page.getByRole('button', { name: '移除样例' }).click();
  await expect.poll(async () => (await server.api<{ items: unknown[] }>(`/flows/${flow.id}/samples`)).items).toEqual([]);
  await desk.closeSheet();
  expect(await writes()).toEqual(before);
});

test('a script is completed, told where it is wrong, and stopped when it never ends', async () => {
  await desk.openCopy('脚本', scripted);
  await desk.sheet('code');
  await takeSample();
  const box = page.getByRole('textbox', { name: '脚本', exact: true });
  const write = async (text: string) => {
    await box.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  };
  /** Types at the end of a text and waits until a name is offered. */
  const offered = async (text: string, name: string) => {
    await page.keyboard.type(text, { delay: 20 });
    await page.locator('.cm-tooltip-autocomplete li', { hasText: name }).first().waitFor();
    await page.keyboard.press('Escape');
  };
  await write('function transform(doc, ctx) {\n  return ');
  await offered('doc.o_', 'o_id');
  await write('function transform(doc, ctx) {\n  ');
  await offered('ctx.dec', 'decimal');
  await page.getByRole('region', { name: /节点编辑/ }).waitFor();

  await write('function transform(doc) {\n  return doc +;\n}\n');
  await page.locator('.cm-lint-marker-error').waitFor();
  await write('function transform(doc) {\n  const a = 1;\n  return {x: doc.none.name};\n}\n');
  await expect.poll(async () => (await page.locator('.cm-lintRange-error').allTextContents()).join()).toContain('name');
  await page.getByText(/脚本第 3 行/).first().waitFor();
  await write('function transform(doc) {\n  for (;;) {}\n}\n');
  await page.getByRole('alert').filter({ hasText: '脚本运行超时，已被终止' }).first().waitFor();
  await amy.picture('node-script-timeout');
  expect(await amy.barriers()).toEqual([]);
  await desk.closeSheet();
});

describe('a form', () => {
  test('says what is needed and what is out of range, and shows what belongs to a choice', async () => {
    const flow = await desk.openCopy('表单', scripted);
    await desk.sheet('pages');
    await desk.type(desk.labelled('每页条数'), '0');
    await desk.save();
    await expect.poll(async () => (await desk.flow(flow.id)).problems.some((one) => one.path.endsWith('settings.pageSize'))).toBe(true);
    await page.getByRole('alert').first().waitFor();
    await desk.type(desk.labelled('每页条数'), '50');
    await desk.save();
    await expect.poll(async () => (await desk.flow(flow.id)).problems.some((one) => one.path.endsWith('settings.pageSize'))).toBe(false);
    await desk.closeSheet();
    await desk.sheet('refunds');
    await desk.type(desk.labelled('增量起点'), ' ');
    await desk.closeSheet();

    // What is needed is said at its field.
    const file = await desk.drop('文件', await desk.place(300, 560));
    await desk.save();
    await desk.sheet(file);
    await page.getByRole('alert').filter({ hasText: /必填|需要|缺|没有/ }).first().waitFor();
    // A member that belongs to another choice is not there until it is chosen.
    expect(await desk.labelled('文件夹').count()).toBe(0);
    await desk.choose(desk.labelled('文件来自'), /文件夹/);
    await desk.labelled('文件名').waitFor();
    await desk.closeSheet();
  });

  test('offers what a vendor documents by its title, and shows it so after a reload', async () => {
    const flow = await desk.openCopy('可选的值');
    await desk.sheet('refunds');
    await desk.type(desk.labelled('参数名'), 'good_status');
    await page.keyboard.press('Enter');
    await desk.choose(desk.labelled('good_status'), '卖家已收到退货');
    await desk.closeSheet();
    await desk.save();
    const kept = (await desk.flow(flow.id)).document.spec.nodes.find(({ id }) => id === 'refunds')?.settings as { params: { field: string; value: string }[] };
    expect(kept.params).toContainEqual({ field: 'good_status', value: 'SELLER_RECEIVED' });
    await page.reload();
    await desk.canvas.waitFor();
    await desk.sheet('refunds');
    await page.getByText('卖家已收到退货 SELLER_RECEIVED').waitFor();
    expect(await amy.barriers()).toEqual([]);
    await desk.closeSheet();
  });
});

test('a node goes into an edge by its plus', async () => {
  await desk.openCopy('加号');
  await page.getByRole('button', { name: '在此插入节点' }).first().waitFor({ state: 'attached' });
  const before = new Set(await desk.nodes());
  await desk.edge('bill', 'k3').hover({ force: true });
  const plus = await desk.middleOf('bill', 'k3');
  await page.mouse.click(plus.x, plus.y);
  await page.getByRole('combobox').or(page.getByRole('searchbox')).or(page.getByRole('textbox')).last().waitFor();
  await page.keyboard.type('zdys');
  await page.keyboard.press('Enter');
  const id = await desk.newcomer(before);
  await expect.poll(() => desk.edges()).toEqual(expect.arrayContaining([`bill.out>${id}.in`, `${id}.out>k3.in`]));
});

test('nodes are copied from one tab and pasted into another', async () => {
  await amy.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await desk.openCopy('第一个标签');
  const { id } = await makeFlow(server, '第二个标签');
  const other = await amy.context.newPage();
  await other.goto(`${server.demo.url}/flows/${id}/design`);
  await other.locator('.react-flow').waitFor();
  await page.bringToFront();
  await desk.card('confirmed').click();
  await desk.card('bill').click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('ControlOrMeta+c');
  await page.getByText('已复制 2 个节点').waitFor();
  await other.bringToFront();
  const box = await other.locator('.react-flow').boundingBox();
  await other.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 200);
  await other.keyboard.press('ControlOrMeta+v');
  await other.locator('.react-flow__node[data-id="bill"]').waitFor();
  await other.keyboard.press('ControlOrMeta+s');
  await other.locator('header [data-state="saved"]').waitFor();
  const pasted = (await desk.flow(id)).document.spec;
  expect(pasted.nodes.map((node) => node.id).sort()).toEqual(['bill', 'confirmed']);
  expect(pasted.edges).toHaveLength(1);
  await other.close();
});

test('a source field is dragged to a target, a target is found by its Chinese name, and what fails says so', async () => {
  const flow = await desk.openCopy('拖动', (doc) => ({ ...doc, spec: { ...doc.spec, tests: [], nodes: doc.spec.nodes.map((node) => (node.id === 'bill' ? { ...node, settings: { ...node.settings, fields: [] } } : node)) } }));
  await desk.sheet('bill');
  await takeSample();
  await page.keyboard.press('ControlOrMeta+f');
  await page.keyboard.type('单据编号');
  await expect.poll(() => page.locator('[role="treegrid"] textarea').count()).toBe(1);
  await page.getByRole('tree', { name: '字段' }).locator('[data-path="o_id"]').dragTo(row('FBillNo').locator('textarea'));
  await expect.poll(() => row('FBillNo').locator('textarea').inputValue()).toBe('{{o_id}}');
  await row('FBillNo').locator('[role="gridcell"]').last().getByText(/^\d+$/).waitFor();
  await desk.save();
  expect((await desk.flow(flow.id)).document.spec.nodes.find((node) => node.id === 'bill')?.settings?.fields).toEqual([{ field: 'FBillNo', value: '{{o_id}}' }]);
  await desk.type(row('FBillNo').locator('textarea'), '_function NOPE({{o_id}})');
  await page.locator('[data-float="true"][data-bad="true"]').waitFor();
  await desk.closeSheet();
});
