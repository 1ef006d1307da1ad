import { expect, test } from 'vitest';
import type { Doc, Members, Value } from './designer.kit';
import { demoFlow } from './kit';
import { RETURNS } from './samples';
import { scene } from './scene';

const { amy, desk } = await scene('mapping');

/** What the table says of the head and of the call below its lines goes where the target has it. */
const placed = (name = '') => name.replace(/^FEntity\.SubHeadEntity/, 'SubHeadEntity');
const ofCall = ['FormId', 'Operation', 'IsAutoSubmitAndAudit', 'IsVerifyBaseDataField', 'SubSystemId'];
const expected = () => new Map(rowsOf(RETURNS).filter((cells) => cells[3] !== '' && !ofCall.some((name) => cells[0]?.endsWith(`.${name}`))).map((cells) => [placed(cells[0]), cells[3]]));
const rowsOf = (table: string) => table.split('\n').slice(1).map((line) => line.split('|').slice(0, 4).map((cell) => cell.trim()));

/** The shipped flow whose mapping says nothing yet. */
const unmapped = (doc: Doc): Doc => ({ ...doc, spec: { ...doc.spec, tests: [], nodes: doc.spec.nodes.map((node) => (node.id === 'bill' ? { ...node, settings: { ...node.settings, fields: [] } } : node)) } });

/** What a mapping says, by dotted name. */
const said = (rows: Value, above = ''): [string, Value][] =>
  (rows as Members[]).flatMap((row) => {
    const name = `${above}${String(row.field)}`;
    return [...(row.value === undefined || row.value === '' ? [] : [[name, row.value] as [string, Value]]), ...said(row.children ?? [], `${name}.`)];
  });
const saved = async (flow: string) => {
  await desk.save();
  return said((await desk.flow(flow)).document.spec.nodes.find((node) => node.id === 'bill')?.settings?.fields ?? []);
};
const value = (path: string) => desk.page.locator(`[role="row"]:has([role="rowheader"][title^="${path}\\a "]) textarea, [role="row"]:has([role="rowheader"][title="${path}"]) textarea`).first();

async function openBill() {
  await desk.sheet('bill');
  await desk.page.getByRole('treegrid', { name: '字段映射' }).waitFor();
}
async function takeSample() {
  await desk.page.getByRole('button', { name: /取样例/ }).first().click();
  await desk.page.getByRole('button', { name: '下一张样例' }).waitFor();
}
/** Pastes as a spreadsheet hands it over. */
async function paste(rows: readonly (readonly string[])[]) {
  await desk.page.evaluate((text) => navigator.clipboard.writeText(text), rows.map((cells) => cells.join('\t')).join('\r\n'));
  await desk.page.locator('[role="treegrid"] textarea:not(:disabled)').first().click();
  await desk.page.keyboard.press('ControlOrMeta+v');
}

test('a consultant\'s table becomes the mapping, is seen with samples and taken back in one step', async () => {
  const { page } = desk;
  await amy.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const flow = await desk.openCopy('粘贴的映射', unmapped);
  await openBill();
  await takeSample();
  await paste([['字段', '字段名称', '类型', '配置值'], ...rowsOf(RETURNS), ['说明：以上为请求参数']]);
  const report = page.getByRole('status').filter({ hasText: '行没有看懂' });
  await report.waitFor();
  expect(await report.textContent()).toMatch(/1 行没有看懂.*第 29 行.*说明：以上为请求参数/);
  expect(await saved(flow.id)).toHaveLength(expected().size);
  expect(new Map(await saved(flow.id))).toEqual(expected());
  expect((await desk.flow(flow.id)).document.spec.nodes.find((node) => node.id === 'k3')?.settings?.params).toEqual(ofCall.map((field, i) => ({ field, value: ['SAL_RETURNSTOCK', 'Save', 'false', 'false', '21'][i] })));

  // What the sample gives, row by row, and why.
  await expect.poll(() => value('FBillNo').locator('xpath=ancestor::*[@role="row"]').locator('[role="gridcell"]').last().textContent()).toMatch(/^\d+$/);
  await page.getByRole('button', { name: 'FBillNo 的更多设置' }).click();
  await page.getByText('这个值怎么来的').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: /Close|关闭/ }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('mapping-pasted');

  // Its own copy gives the same table again.
  await page.getByRole('button', { name: '复制为表格' }).click();
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n').map((line) => line.split('\t'));
  expect(copied[0]).toEqual(['字段', '字段名称', '类型', '配置值']);
  expect(new Map(copied.slice(1).filter((cells) => cells[3] !== '').map((cells) => [cells[0], cells[3]]))).toEqual(expected());

  // One step back, and the table is as empty as before.
  await desk.closeSheet();
  await page.getByRole('button', { name: '撤销' }).click();
  expect(await saved(flow.id)).toEqual([]);
});

test('proposals are taken, many rows set, and a sample is found by its number', async () => {
  const { page } = desk;
  const flow = await desk.openCopy('匹配的映射', unmapped);
  await openBill();
  await takeSample();
  await page.getByRole('button', { name: '自动匹配' }).click();
  expect(await saved(flow.id)).toEqual([]);
  await page.getByRole('button', { name: '全部采用' }).click();
  const taken = new Map(await saved(flow.id));
  expect(taken.get('FEntity')).toBe('items');
  expect(taken.get('FEntity.FMaterialId')).toBe('{{items.sku_id}}');
  for (const [name, text] of taken) expect([name, /items\./.test(String(text))]).toEqual([name, name.startsWith('FEntity.')]);

  await page.keyboard.press('ControlOrMeta+f');
  await page.keyboard.type('zz'); // the initials of two organisations
  for (const name of ['FSaleOrgId', 'FStockOrgId']) await page.getByRole('checkbox', { name: `选择 ${name}`, exact: true }).check();
  await page.getByRole('button', { name: '设为常量' }).click();
  await page.getByRole('textbox', { name: '常量值' }).fill('100');
  await page.keyboard.press('Enter');
  const set = new Map(await saved(flow.id));
  expect([set.get('FSaleOrgId'), set.get('FStockOrgId')]).toEqual(['100', '100']);

  const picker = page.getByRole('combobox', { name: '按单号查找样例' });
  await picker.click();
  const names = await page.locator('.ant-select-item-option').allTextContents();
  await page.keyboard.type(names[2] ?? '');
  await page.keyboard.press('Enter');
  await page.getByText(/^3 \/ \d+$/).waitFor();

  // The whole request, and what differs from the sample before.
  await page.getByRole('tab', { name: '请求体' }).click();
  await page.getByText('与上一张样例比较').click();
  await page.locator('.cm-mergeView').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('mapping-body');
  await desk.closeSheet();
});

test('five hundred rows answer to a key at once', async () => {
  const { page } = desk;
  await amy.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await desk.openCopy('五百行', unmapped);
  await openBill();
  await takeSample();
  await paste(Array.from({ length: 500 }, (_, i) => [`X${String(i)}`, `字段${String(i)}`, 'string', '{{o_id}}']));
  await page.getByText(/新建 500 行/).waitFor();
  await page.keyboard.press('ControlOrMeta+f');
  await page.keyboard.type('X25');
  const box = value('X250');
  await box.click();
  await page.getByRole('textbox', { name: '搜索字段、名称或值' }).fill('');
  await page.locator('[data-index]').filter({ has: page.getByText('X0', { exact: true }) }).or(page.locator('[data-index="0"]')).first().waitFor();
  await page.getByRole('treegrid').locator('[role="rowgroup"]').evaluate((rows) => { rows.scrollTop = rows.scrollHeight / 2; });
  const middle = page.locator('[role="treegrid"] textarea:not(:disabled)').nth(15);
  await middle.click();
  await page.keyboard.press('End');
  expect(await page.locator('[role="treegrid"] textarea').count()).toBeLessThan(60);
  await page.evaluate(() => {
    const seen = globalThis as unknown as { karezKeys: number[] };
    seen.karezKeys = [];
    let from = 0;
    let want = '';
    addEventListener('keydown', (event) => {
      from = performance.now();
      want = (event as unknown as { key: string }).key;
    }, true);
    new MutationObserver(() => {
      const shown = [...document.querySelectorAll('[data-float="true"]')].some((one) => (one.textContent ?? '').startsWith('=') && (one.textContent ?? '').endsWith(want));
      if (want === '' || !shown) return;
      want = '';
      const then = from;
      requestAnimationFrame(() => seen.karezKeys.push(performance.now() - then));
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const keys = 'abcdefghijklmnopqrst';
  for (const [i, key] of [...keys].entries()) {
    await page.keyboard.press(key);
    await expect.poll(() => page.evaluate(() => (globalThis as unknown as { karezKeys: number[] }).karezKeys.length), { interval: 20 }).toBe(i + 1);
  }
  const times = (await page.evaluate(() => (globalThis as unknown as { karezKeys: number[] }).karezKeys)).sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  // Told and not demanded: how quick it is depends on what else the machine does.
  console.log(`500 rows, key to preview: quickest ${String(at(0))} ms, p50 ${String(at(0.5))} ms, p95 ${String(at(0.95))} ms`);
  await desk.closeSheet();
});

test('the mapping of another flow is proposed and taken, and a code table is attached with one click', async () => {
  const { page } = desk;
  await desk.server.api('/code-tables', { method: 'POST', body: { name: 'customers', title: '客户' } });
  const flow = await desk.openCopy('套用的映射', unmapped);
  await openBill();
  await page.getByRole('button', { name: '套用其他方案' }).click();
  const dialog = page.getByRole('dialog', { name: '套用其他方案的映射' });
  await desk.choose(dialog.getByRole('combobox', { name: '方案' }), '聚水潭退货退款');
  await dialog.getByRole('list', { name: '将要填的行' }).getByText('FEntity.FMaterialId').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('mapping-from-flow');
  await dialog.getByRole('button', { name: /^作为建议/ }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await saved(flow.id)).toEqual([]);
  await page.getByRole('button', { name: '全部采用' }).click();
  const shipped = said((await desk.flow(demoFlow)).document.spec.nodes.find((node) => node.id === 'bill')?.settings?.fields ?? []);
  expect(new Map(await saved(flow.id))).toEqual(new Map(shipped));

  await page.getByRole('button', { name: /退货客户 要目标系统的编码/ }).click();
  expect(await amy.barriers()).toEqual([]);
  await page.getByRole('menuitem', { name: /客户/ }).click();
  await desk.save();
  const rows = (await desk.flow(flow.id)).document.spec.nodes.find((node) => node.id === 'bill')?.settings?.fields as Members[];
  expect(rows.find((one) => one.field === 'FRetcustId')).toMatchObject({ value: '{{shop_id}}', table: 'customers' });
});
