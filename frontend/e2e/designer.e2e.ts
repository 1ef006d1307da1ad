import { expect, test } from 'vitest';
import { type Doc, makeFlow, type Members, type Value } from './designer.kit';
import { demoFlow, type Run } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('designer');

interface Declared {
  type: string;
  settings: { key: string; default?: string }[];
}

interface Delivered {
  state: string;
  source: Value;
  deliveries: { node: string; key: string; mapped: Members; writeback?: Members }[];
}

const byField = (rows: Value[]): Value[] => [...rows].sort((a, b) => String((a as Members).field).localeCompare(String((b as Members).field)));

/** A document without what a person cannot choose or what says nothing: ids, titles, places, defaults. */
function bones(doc: Doc, declared: readonly Declared[]) {
  const type = new Map(doc.spec.nodes.map((node) => [node.id, node.type]));
  const end = (text: string) => {
    const [id = '', port = ''] = text.split('.');
    return `${type.get(id) ?? '?'}${port === '' || port === 'done' || port === 'true' || port === 'out' ? '' : `.${port}`}`;
  };
  const sorted = (value: Value): Value => {
    if (Array.isArray(value)) return value.every((one) => typeof one === 'object' && one !== null && 'field' in one && !('logic' in one)) ? byField(value.map(sorted)) : value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, sorted(one)]));
  };
  const settings = (node: Doc['spec']['nodes'][number]) => {
    const defaults = new Map(declared.find((one) => one.type === node.type)?.settings.map((one) => [one.key, one.default]));
    return Object.fromEntries(Object.entries(node.settings ?? {}).filter(([key, value]) => key !== 'startFrom' && String(value) !== defaults.get(key)).map(([key, value]) => [key, sorted(value)]));
  };
  const own: Members = { priority: 'normal', timezone: 'Asia/Shanghai', concurrency: 4 };
  return {
    settings: Object.fromEntries(Object.entries((doc.spec.settings ?? {}) as Members).filter(([key, value]) => own[key] !== value)),
    triggers: doc.spec.triggers, params: doc.spec.params, uses: doc.spec.uses,
    nodes: doc.spec.nodes.map((node) => ({ type: node.type, connection: node.connection, settings: settings(node) })).sort((a, b) => a.type.localeCompare(b.type)),
    edges: doc.spec.edges.map(({ from, to }) => `${end(from)} > ${end(to)}`).sort(),
  };
}

/** The start of the last day, which the shipped flow has not moved yet. */
function yesterday(): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(Date.now() - 24 * 3_600_000);
  return parts.replace(', ', ' ');
}

const HEAD: [string, string][] = [
  ['FBillTypeID', 'XSTHD01_SYS'], ['FBillNo', '{{o_id}}'], ['FSaleOrgId', '{{params.orgCode}}'], ['FDate', '{{confirm_date}}'], ['FStockOrgId', '{{params.orgCode}}'],
  ['FRetcustId', '{{shop_id}}'], ['FSettleCurrId', 'PRE001'], ['FHeadNote', '{{remark}}'], ['SubHeadEntity.FSettleOrgId', '{{params.orgCode}}'],
];
const LINES: [string, string][] = [
  ['FEntity', 'items'], ['FEntity.FMaterialId', '{{items.sku_id}}'], ['FEntity.FRealQty', '{{items.r_qty}}'], ['FEntity.FPrice', '{{items.price}}'], ['FEntity.FTaxPrice', '{{items.price}}'],
  ['FEntity.FReturnType', 'THLX01_SYS'], ['FEntity.FOwnerTypeId', 'BD_OwnerOrg'], ['FEntity.FOwnerId', '{{params.orgCode}}'], ['FEntity.FStockId', '{{params.stockCode}}'],
];

// The shipped flow, drawn from nothing by hand: what is saved says the same, and
// what it writes is what the shipped one would write.
test('the refund flow is built from an empty canvas by mouse, published and run', async () => {
  const { page } = desk;
  const made = await makeFlow(server, '退货（手工搭建）');
  const began = performance.now();
  await desk.open(made.id);

  // Nodes and wires.
  const at = async (column: number, row: number) => desk.place(150 + column * 285, 180 + row * 240);
  const span = await desk.drop('时间切片', await at(0, 0));
  const pages = await desk.drop('分页', await at(1, 0));
  const refunds = await desk.drop('源查询', await at(2, 0));
  const confirmed = await desk.drop('过滤', await at(3, 0));
  const bill = await desk.drop('字段映射', await at(0, 1));
  const k3 = await desk.drop('写入目标', await at(1, 1));
  const mark = await desk.drop('回写', await at(2, 1));
  await desk.wire(span, 'out', pages);
  await desk.wire(pages, 'out', refunds);
  await desk.wire(refunds, 'out', confirmed);
  await desk.wire(confirmed, 'true', bill);
  await desk.wire(bill, 'out', k3);
  await desk.wire(k3, 'done', mark);

  // Forms, from left to right.
  await desk.sheet(span);
  await desk.type(desk.labelled('延后'), '2m');
  await desk.type(desk.labelled('回看'), '10m');
  await desk.walk('下一个节点', pages);
  await desk.type(desk.labelled('每页条数'), '50');
  await desk.choose(desk.labelled('翻页方向'), '从后往前');
  await desk.walk('下一个节点', refunds);
  await desk.choose(desk.connection, 'jst');
  await desk.choose(desk.labelled('查询接口'), 'refund.single.query');
  await desk.type(desk.labelled('主键'), '{{as_id}}');
  await desk.type(desk.labelled('单号'), '{{so_id}}');
  await desk.type(desk.labelled('修改时间'), '{{modified}}');
  await desk.type(desk.labelled('增量起点'), yesterday());
  const param = async (name: string, value: string) => {
    const adder = page.getByRole('combobox', { name: '参数名' }).first(); // the request's own; a sweep has further ones
    if ((await page.getByRole('combobox', { name, exact: true }).count()) === 0) {
      await desk.type(adder, name);
      await page.keyboard.press('Enter');
    }
    await desk.type(page.getByRole('combobox', { name, exact: true }).first(), value);
  };
  await param('modified_begin', '{{LAST_SYNC_TIME|datetime}}');
  await param('modified_end', '{{WINDOW_END|datetime}}');
  await desk.walk('下一个节点', confirmed);
  await page.getByRole('button', { name: '添加条件' }).first().click();
  await desk.type(page.getByRole('combobox', { name: '字段', exact: true }), 'status');
  await desk.choose(page.getByRole('combobox', { name: '比较' }), /^等于$/);
  await desk.type(page.getByRole('combobox', { name: '值', exact: true }), 'Confirmed');
  await desk.walk('下一个节点', bill);
  await desk.walk('下一个节点', k3);
  await desk.choose(desk.connection, 'k3');
  await desk.choose(desk.labelled('写入接口'), 'batchSave');
  await desk.type(desk.labelled('目标主键'), '{{FBillNo}}');
  await desk.type(desk.labelled('每次写入条数'), '20');
  await desk.choose(page.getByRole('combobox', { name: 'FormId' }), 'SAL_RETURNSTOCK');
  await param('Operation', 'Save');
  await param('IsAutoSubmitAndAudit', 'false');
  await param('IsVerifyBaseDataField', 'false');
  await param('SubSystemId', '21');

  // The mapping: a box is clicked, its value typed.
  await desk.walk('上一个节点', bill);
  for (const [path, value] of [...HEAD, ...LINES]) {
    const box = page.locator(`[role="row"]:has([role="rowheader"][title^="${path}\\a "]) textarea`).first();
    await desk.type(box, value);
  }
  await desk.walk('下一个节点', k3);
  await desk.walk('下一个节点', mark);
  await param('id', '{{Id}}');
  await param('number', '{{Number}}');
  await desk.closeSheet();

  // What is asked of the flow as a whole.
  await page.getByRole('button', { name: '方案设置' }).click();
  const settings = page.getByRole('dialog', { name: '方案设置' });
  await settings.getByRole('button', { name: '定时' }).click();
  await settings.getByRole('listitem').filter({ has: page.locator('time') }).first().waitFor();
  expect(await settings.locator('time').count()).toBe(5);
  await settings.getByRole('button', { name: '手动' }).click();
  for (const [i, [key, title, value]] of [['orgCode', '组织编码', '100'], ['stockCode', '仓库编码', '1']].entries()) {
    await settings.getByRole('button', { name: '添加参数' }).click();
    await desk.type(settings.getByRole('textbox', { name: `键 ${String(i + 1)}`, exact: true }), key ?? '');
    await desk.type(settings.getByRole('textbox', { name: `名称 ${String(i + 1)}`, exact: true }), title ?? '');
    await desk.type(settings.getByRole('textbox', { name: `默认值 ${String(i + 1)}`, exact: true }), value ?? '');
  }
  await amy.picture('designer-settings');
  await settings.getByRole('button', { name: /Close|关闭/ }).click();
  await desk.saved();

  // The same in everything that matters.
  const { items: declared } = await server.api<{ items: Declared[] }>('/catalog/nodes');
  const mine = await desk.flow(made.id);
  const shipped = await desk.flow(demoFlow);
  expect(bones(mine.document, declared)).toEqual(bones(shipped.document, declared));
  expect(mine.problems).toEqual([]);

  // Published and run.
  await page.getByRole('button', { name: '发布', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: '发布', exact: true }).click();
  await page.getByText('已发布为版本 1').waitFor();
  await page.getByRole('button', { name: '运行', exact: true }).click();
  let runs: Run[] = [];
  await expect.poll(async () => (runs = (await server.api<{ items: Run[] }>(`/runs?flow=${made.id}`)).items).length).toBe(1);
  const run = await server.finished(runs[0]?.id ?? '');
  const seconds = (performance.now() - began) / 1000;
  const clicks = await desk.presses();
  expect(run.state).toBe('done');
  expect(run.balanced).toBe(true);
  expect(run.counts.pulled).toBeGreaterThan(5);
  expect(run.counts.delivered).toBeGreaterThan(5);
  expect((run.counts.delivered ?? 0) + (run.counts.filtered ?? 0)).toBe(run.counts.accepted);
  for (const id of [span, pages, refunds, confirmed, bill, k3, mark]) await desk.card(id).locator('[data-run="ok"]').waitFor();
  await amy.picture('designer-run');

  // Every bill is the one that the shipped flow would have written.
  const { items } = await server.api<{ items: { id: string; key: string }[] }>(`/documents?run=${run.id}&state=delivered&limit=200`);
  expect(items).toHaveLength(run.counts.delivered ?? 0);
  const bills = await (await fetch(`${server.demo.sandboxes['kingdee-k3cloud'] ?? ''}/_sandbox/objects/SAL_RETURNSTOCK`)).json() as { FBillNo: string }[];
  for (const { id } of items) {
    const document = await server.api<Delivered>(`/documents/${id}`);
    const [delivery] = document.deliveries;
    const dry = await server.api<{ nodes: { id: string; outputs: { body: Members }[] }[] }>(`/flows/${demoFlow}/test`, { method: 'POST', body: { node: 'refunds', sample: document.source } });
    expect(delivery?.mapped).toEqual(dry.nodes.find((node) => node.id === 'bill')?.outputs[0]?.body);
    expect(JSON.stringify(delivery?.mapped)).toBe(JSON.stringify(dry.nodes.find((node) => node.id === 'bill')?.outputs[0]?.body));
    expect(bills.filter((one) => one.FBillNo === delivery?.key)).toHaveLength(1);
    expect(delivery?.writeback).toMatchObject({ number: delivery?.key });
  }
  expect(amy.wrong).toEqual([]);
  console.log(`the refund flow from an empty canvas to its run: ${String(clicks)} clicks, ${seconds.toFixed(1)} s; ${String(items.length)} bills as the shipped flow writes them`);
});
