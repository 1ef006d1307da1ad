// The designer without a mouse.
import { expect, test } from 'vitest';
import { scene } from './scene';

const { amy, desk } = await scene('designer-keyboard');

const press = async (...keys: string[]) => {
  for (const key of keys) await desk.page.keyboard.press(key);
};
/** Whether what has the focus stands behind what had it at the last call. */
const wentOn = () => desk.page.evaluate(() => {
  const seen = globalThis as { karezBefore?: Element | null };
  const before = seen.karezBefore;
  seen.karezBefore = document.activeElement;
  if (before == null || before === document.body || document.activeElement === document.body) return true;
  return document.activeElement !== null && (before.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
});
const focused = () => desk.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');

test('Tab goes through the page in its order, into the canvas and out of it', async () => {
  await desk.openCopy('tabbed');
  expect(await desk.page.evaluate(() => document.activeElement === document.body)).toBe(true);
  const picker = desk.page.getByRole('dialog');
  const passed: string[] = [];
  await wentOn();
  for (let i = 0; i < 120; i++) {
    await press('Tab');
    expect(await picker.count()).toBe(0);
    if (await desk.page.evaluate(() => document.activeElement === document.body)) break;
    expect(await wentOn()).toBe(true);
    passed.push(await focused());
  }
  for (const name of ['方案设置', '画布', '节点 按修改时间切片', '自动布局']) expect(passed).toContain(name);
  expect(passed.length).toBeLessThan(110); // it came to the end of the page

  // The picker's own key works on the canvas alone, and Tab leaves the picker.
  await amy.tabTo('方案设置');
  await press('/');
  expect(await picker.count()).toBe(0);
  await amy.tabTo('画布');
  await press('/');
  await picker.waitFor();
  await press('Tab');
  await picker.waitFor({ state: 'detached' });
  expect(await desk.page.evaluate(() => document.activeElement?.closest('.react-flow') != null)).toBe(true);
});

test('a node is added, joined, moved, set, taken back, deleted and saved', async () => {
  const flow = await desk.openCopy('typed');
  const { page } = desk;
  const before = await desk.spec(flow.id);
  const presses = await desk.presses();

  await amy.tabTo('画布');
  await press('/');
  const known = new Set(await desk.nodes());
  await page.getByRole('listbox', { name: '选择节点' }).waitFor();
  await page.keyboard.type('空操作');
  await press('Enter');
  const id = await desk.newcomer(known);
  await expect.poll(focused).toBe('节点 空操作·只采集');

  // Arrow keys move it, and what is moved in one go is one step.
  await press('ArrowDown', 'ArrowDown', 'Shift+ArrowRight');
  await desk.save();
  const place = async () => ((await desk.flow(flow.id)).document.spec.layout as { nodes: Record<string, { x: number; y: number }> }).nodes[id];
  const there = await place();
  await press('ControlOrMeta+z');
  await desk.save();
  const start = await place();
  expect({ x: (there?.x ?? 0) - (start?.x ?? 0), y: (there?.y ?? 0) - (start?.y ?? 0) }).toEqual({ x: 32, y: 16 });
  await press('ControlOrMeta+y');

  // The outline joins it.
  await amy.tabTo('大纲', 120);
  await press('Enter');
  await page.getByRole('tree', { name: '方案大纲' }).waitFor();
  const edges = await desk.edges();
  await amy.tabTo(`${flow.document.spec.nodes.find((node) => node.id === 'confirmed')?.title ?? ''} 的操作`, 40);
  await press('Enter');
  await page.getByRole('menuitem', { name: '连接到「空操作·只采集」' }).waitFor();
  while (!(await page.getByRole('menuitem', { name: '连接到「空操作·只采集」' }).evaluate((one) => one === document.activeElement))) await press('ArrowDown');
  await press('Enter');
  await expect.poll(() => desk.edges()).toHaveLength(edges.length + 1);

  // A setting, and back and forth.
  await amy.tabTo('节点 按修改时间切片', 120);
  await press('Enter');
  const sheet = page.getByRole('region', { name: /节点编辑/ });
  await expect.poll(() => sheet.evaluate((one) => one === document.activeElement)).toBe(true);
  await amy.tabTo('延后', 20);
  await press('ControlOrMeta+a');
  await page.keyboard.type('7m');
  await press('Escape');
  await expect.poll(focused).toBe('节点 按修改时间切片');
  await desk.save();
  const after = await desk.spec(flow.id);
  expect(after.nodes.find((node) => node.id === 'span')?.settings?.lag).toBe('7m');
  await press('ControlOrMeta+z');
  await desk.save();
  expect((await desk.spec(flow.id)).nodes.find((node) => node.id === 'span')).toEqual(before.nodes.find((node) => node.id === 'span'));
  await press('ControlOrMeta+Shift+z');
  await desk.save();
  expect(await desk.spec(flow.id)).toEqual(after);

  await amy.tabTo('节点 空操作·只采集', 120);
  await press('Delete');
  await expect.poll(() => desk.nodes()).not.toContain(id);
  await expect.poll(focused).toBe('画布');
  await desk.save();
  const end = await desk.spec(flow.id);
  expect(end.edges).toEqual(before.edges);
  expect(end.nodes.map((node) => node.id)).toEqual(before.nodes.map((node) => node.id));
  expect(await desk.presses()).toBe(presses); // no mouse
});
