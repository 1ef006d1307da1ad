import { afterAll, expect, test } from 'vitest';
import { Desk, type Members, type Value } from './designer.kit';
import { Person, Server } from './kit';
import { RETURNS } from './samples';

// A consultant has two tables: what the source is asked, and what the target is sent. From
// an empty canvas to documents in the target there is no script and no JSON to write.

const server = await Server.start();
const amy = await Person.arrive(server);
const desk = new Desk(amy, server);
afterAll(async () => {
  await amy.leave();
  await server.stop();
});

/** Request parameters of refund.single.query. */
const SOURCE = `字段 | 字段名称 | 类型 | 配置值 |
shop_id | 店铺编号 | string | |
is_offline_shop | shop_id为0且is_offline_shop为true查询线下店铺单据 | string | |
modified_begin | 修改起始时间 | string | {{LAST_SYNC_TIME datetime}} |
modified_end | 修改结束时间 | string | 2021-05-28 00:00:00 |
so_ids | 线上订单号 | string | |
shop_buyer_ids | 指定买家账号 | string | |
page_index | 第几页,从第一页开始,默认1 | string | 1 |
page_size | 每页多少条,默认30,最大50 | string | 50 |`;

/** Presses that the journey may take, from the login page on. */
const MOST_CLICKS = 40;
/** What a person needs for a press and for a key, in seconds. */
const [PRESS, KEY] = [3, 0.3];

/** A day ago, where the first run begins. */
function yesterday(): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(Date.now() - 24 * 3_600_000);
  return parts.replace(', ', ' ');
}

interface Refund {
  o_id: number;
  shop_id: number;
  confirm_date: string;
  remark?: string;
  items: { sku_id: string; r_qty: number; price: number }[];
}
interface Line {
  FMaterialId: Members;
  FRealQty: number;
  FPrice: number;
  FTaxPrice: number;
  FOwnerTypeId: string;
  FOwnerId: Members;
  FStockId: Members;
}
interface Bill {
  FBillNo: string;
  FEntity: Line[];
  [more: string]: Value | Line[];
}

test('the tables of a scheme become a flow that runs, by mouse and clipboard', async () => {
  const { page } = desk;
  await amy.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await amy.setUp();
  await page.context().clearCookies();
  // Counted over all pages that are loaded on the way.
  const worked = { clicks: 0, keys: 0 };
  await page.exposeFunction('karezWorked', (what: 'clicks' | 'keys') => { worked[what] += 1; });
  await page.addInitScript(() => {
    const tell = (globalThis as unknown as { karezWorked: (what: string) => void }).karezWorked;
    addEventListener('pointerdown', () => tell('clicks'), true);
    addEventListener('keydown', () => tell('keys'), true);
  });
  const began = performance.now();
  await amy.goto('/login');
  await page.locator('input[autocomplete="username"]').click();
  await page.keyboard.type('amy');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse battery');
  await page.keyboard.press('Enter');
  await page.waitForURL((u) => !u.pathname.startsWith('/login'));

  // An empty canvas.
  await page.getByRole('link', { name: '集成方案' }).first().click();
  await page.getByRole('button', { name: '新建方案' }).first().click();
  await page.getByRole('dialog').getByRole('textbox').fill('');
  await page.keyboard.type('聚水潭退货到星空');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/design');
  await desk.canvas.waitFor();
  const [, , made = ''] = new URL(page.url()).pathname.split('/');
  const at = async (column: number) => desk.place(150 + column * 270, 220);
  const refunds = await desk.drop('源查询', await at(0));
  const confirmed = await desk.drop('过滤', await at(1));
  const bill = await desk.drop('字段映射', await at(2));
  const k3 = await desk.drop('写入目标', await at(3));
  await desk.wire(refunds, 'out', confirmed);
  await desk.wire(confirmed, 'true', bill);
  await desk.wire(bill, 'out', k3);

  /** Pastes what a spreadsheet put on the clipboard. */
  const paste = async (table: string) => {
    const text = table.split('\n').map((line) => line.split('|').slice(0, 4).map((cell) => cell.trim()).join('\t')).join('\r\n');
    await page.evaluate((all) => navigator.clipboard.writeText(all), text);
    await page.keyboard.press('ControlOrMeta+v');
  };

  // The source: connection, operation, its table.
  await desk.sheet(refunds);
  await desk.choose(desk.connection, 'jst');
  await desk.choose(desk.labelled('查询接口'), 'refund.single.query');
  await desk.type(desk.labelled('增量起点'), yesterday());
  await page.getByRole('combobox', { name: '参数名' }).first().click();
  await paste(SOURCE);
  await page.getByText(/已设置 1 个参数.*modified_end, page_index, page_size/).waitFor();
  await amy.picture('seed000-source');

  // Only what is confirmed.
  await desk.walk('下一个节点', confirmed);
  await page.getByRole('button', { name: '添加条件' }).first().click();
  await desk.type(page.getByRole('combobox', { name: '字段', exact: true }), 'status');
  await desk.type(page.getByRole('combobox', { name: '值', exact: true }), 'Confirmed');

  // The target first: whose fields the table names.
  await desk.walk('下一个节点', bill);
  await desk.walk('下一个节点', k3);
  await desk.choose(desk.connection, 'k3');
  await desk.choose(desk.labelled('写入接口'), 'batchSave');
  await desk.choose(page.getByRole('combobox', { name: 'FormId' }), 'SAL_RETURNSTOCK');
  await desk.walk('上一个节点', bill);
  await page.locator('[role="treegrid"] textarea:not(:disabled)').first().click();
  await paste(RETURNS);
  await page.getByText(/FEntity\.SubHeadEntity\.FSettleOrgId → SubHeadEntity\.FSettleOrgId/).waitFor();
  await page.getByText(/属于写入参数.*FormId, Operation, IsAutoSubmitAndAudit, IsVerifyBaseDataField, SubSystemId/).waitFor();
  await amy.picture('seed000-mapping');

  // Tested with a document of the real system: the request is shown, nothing is sent.
  await page.getByRole('button', { name: /取样例/ }).first().click();
  await page.getByRole('button', { name: '下一张样例' }).waitFor().catch(async (error: unknown) => { await amy.picture('seed000-failed'); throw error; });
  await page.getByRole('tab', { name: '请求体' }).waitFor();
  await desk.closeSheet();
  await desk.saved();

  // Published and run.
  await page.getByRole('button', { name: '发布', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: '发布', exact: true }).click();
  await page.getByText('已发布为版本 1').waitFor();
  await page.getByRole('button', { name: '运行', exact: true }).click();
  let runs: { id: string }[] = [];
  await expect.poll(async () => (runs = (await server.api<{ items: { id: string }[] }>(`/runs?flow=${made}`)).items).length).toBe(1);
  const run = await server.finished(runs[0]?.id ?? '');
  for (const id of [refunds, confirmed, bill, k3]) await desk.card(id).locator('[data-run="ok"]').waitFor();
  const seconds = (performance.now() - began) / 1000;
  await amy.picture('seed000-run');

  // No script, no JSON: nodes and texts only.
  const { document } = await desk.flow(made);
  expect(document.spec.nodes.map((node) => node.type).sort()).toEqual(['filter', 'map', 'source', 'target']);

  // Every confirmed refund is one return, as the table says.
  expect(run).toMatchObject({ state: 'done', balanced: true });
  expect(run.counts.delivered).toBeGreaterThan(5);
  expect((run.counts.delivered ?? 0) + (run.counts.filtered ?? 0)).toBe(run.counts.accepted);
  const { items } = await server.api<{ items: { id: string }[] }>(`/documents?run=${run.id}&state=delivered&limit=200`);
  const bills = (await (await fetch(`${server.demo.sandboxes['kingdee-k3cloud'] ?? ''}/_sandbox/objects/SAL_RETURNSTOCK`)).json()) as Bill[];
  const number = (code: string): Members => ({ FNumber: code });
  for (const { id } of items) {
    const { source } = await server.api<{ source: Refund }>(`/documents/${id}`);
    const found = bills.filter((one) => one.FBillNo === String(source.o_id));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      FSaleOrgId: number('100'), FStockOrgId: number('100'), FRetcustId: number(String(source.shop_id)), FSettleCurrId: number('PRE001'), SubHeadEntity: { FSettleOrgId: number('100') },
      FEntity: source.items.map((item) => ({ FMaterialId: number(item.sku_id), FRealQty: item.r_qty, FPrice: item.price, FTaxPrice: item.price, FOwnerTypeId: 'BD_OwnerOrg', FOwnerId: number('100'), FStockId: number('1') })),
    });
    expect(String(found[0]?.FDate)).toContain(source.confirm_date.slice(0, 10));
  }
  const person = worked.clicks * PRESS + worked.keys * KEY;
  console.log(`seed 000 from its tables: ${String(worked.clicks)} clicks, ${String(worked.keys)} keys; ${seconds.toFixed(1)} s by machine, about ${(person / 60).toFixed(1)} min by hand; ${String(items.length)} bills`);
  expect(worked.clicks).toBeLessThanOrEqual(MOST_CLICKS);
  expect(person).toBeLessThan(600);
  expect(amy.wrong).toEqual([]);
});
