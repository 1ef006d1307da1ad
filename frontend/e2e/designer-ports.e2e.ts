import { expect, test } from 'vitest';
import { type Doc } from './designer.kit';
import { scene } from './scene';

const { desk } = await scene('designer-ports');

const WHEN = [[{ field: 'status', logic: 'eq', value: 'Confirmed' }]];

/** The shipped flow with a switch in the filter's place. */
const branched = (doc: Doc): Doc => ({
  ...doc,
  spec: {
    ...doc.spec,
    nodes: [
      ...doc.spec.nodes.map((node) => (node.id === 'confirmed' ? { id: 'confirmed', type: 'switch', settings: { cases: [{ title: '已确认', port: 'yes', when: WHEN }] } } : node)),
      { id: 'bin', type: 'discard' },
    ],
    edges: doc.spec.edges.map((edge) => (edge.from.startsWith('confirmed') ? { ...edge, from: 'confirmed.yes' } : edge)),
    layout: {},
  },
});

test('ports come and go with their rows, and wires with them', async () => {
  const flow = await desk.openCopy('ways', branched);
  expect(await desk.edges()).toContain('confirmed.yes>bill.in');
  expect(await desk.port('confirmed', 'yes').getAttribute('title')).toBe('已确认');
  await desk.port('confirmed', 'else').waitFor();

  await desk.sheet('confirmed');
  await desk.page.locator('[data-kind="list"]').getByRole('button', { name: '添加一项' }).last().click();
  await desk.labelled('名称').last().waitFor();
  await desk.type(desk.page.getByLabel('名称', { exact: true }).nth(1), '大额');
  expect(await desk.page.getByLabel('出口标识', { exact: true }).nth(1).inputValue()).toBe('out1');
  await desk.closeSheet();
  expect(await desk.port('confirmed', 'out1').getAttribute('title')).toBe('大额');

  await desk.wire('confirmed', 'out1', 'bin');
  await desk.sheet('confirmed');
  await desk.type(desk.page.getByLabel('出口标识', { exact: true }).nth(1), 'large');
  await desk.closeSheet();
  await expect.poll(() => desk.edges()).toContain('confirmed.large>bin.in');

  await desk.sheet('confirmed');
  await desk.page.getByRole('button', { name: '移除 第 2 项' }).click();
  await desk.closeSheet();
  await expect.poll(() => desk.edges()).not.toContain('confirmed.large>bin.in');
  expect(await desk.port('confirmed', 'large').count()).toBe(0);
  expect(await desk.edges()).toContain('confirmed.yes>bill.in');

  await desk.page.getByRole('button', { name: '撤销' }).click();
  await expect.poll(() => desk.edges()).toContain('confirmed.large>bin.in');
  await desk.save();
  expect((await desk.spec(flow.id)).edges).toContainEqual({ from: 'confirmed.large', to: 'bin' });
});

test('wires end at their ports, near and far, and an added way out has a place of its own', async () => {
  await desk.openCopy('ends', branched);
  /** How far the ends of all wires lie from the edges of their ports, in px of the window. */
  const gaps = () => desk.page.evaluate(() => [...document.querySelectorAll<SVGGElement>('.react-flow__edge')].flatMap((edge) => {
    const path = edge.querySelector<SVGPathElement>('.react-flow__edge-path');
    const [from = '', to = ''] = (edge.dataset.id ?? '').split('>');
    const on = (end: string, length: number) => {
      const [node = '', port = ''] = end.split('.');
      const box = document.querySelector(`.react-flow__node[data-id="${node}"] .react-flow__handle[data-handleid="${port}"]`)?.getBoundingClientRect();
      const at = path?.getPointAtLength(length).matrixTransform(path.getScreenCTM() ?? undefined);
      if (box === undefined || at === undefined) return Infinity;
      return Math.hypot(at.x - (length === 0 ? box.right : box.left), at.y - (box.top + box.height / 2));
    };
    return [on(from, 0), on(to, path?.getTotalLength() ?? 0)];
  }));
  expect(Math.max(...(await gaps()))).toBeLessThan(1.5);
  const wires = (await desk.edges()).length;
  expect(await gaps()).toHaveLength(2 * wires);
  await desk.page.getByTitle('恢复到 100%').click();
  await expect.poll(async () => Math.max(...(await gaps()))).toBeLessThan(1.5);

  // So far away that ports would be specks they are not drawn; the wires stay.
  for (let i = 0; i < 8; i++) await desk.page.keyboard.press('-');
  await expect.poll(() => desk.page.locator('.react-flow__handle').count()).toBe(0);
  expect(await desk.edges()).toHaveLength(wires);
  await desk.amy.picture('designer-far');
  await desk.page.getByTitle('恢复到 100%').click();
  await desk.port('confirmed', 'yes').waitFor();
});

test('a sample fills in the fields that a source knows, as one step', async () => {
  const flow = await desk.openCopy('fields');
  const known = async () => {
    const settings = (await desk.spec(flow.id)).nodes.find((node) => node.id === 'refunds')?.settings;
    return (settings?.fields ?? []) as { field: string; type: string; origin: string; firstSeen: string }[];
  };
  await desk.sheet('refunds');
  await desk.page.getByRole('button', { name: /从「退货退款查询」取样例/ }).click();
  await desk.page.getByText(/^1 \/ \d+$/).waitFor();
  await desk.save();
  const found = await known();
  expect(found.map((one) => one.field)).toEqual(expect.arrayContaining(['as_id', 'items', 'items.sku_id']));
  expect(found.find((one) => one.field === 'items')).toMatchObject({ type: 'array', origin: 'auto', firstSeen: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string });
  await desk.page.getByRole('button', { name: new RegExp(`显示全部 ${found.length} 项`) }).waitFor();
  await desk.closeSheet();
  await desk.page.getByRole('button', { name: '撤销' }).click();
  await desk.save();
  expect(await known()).toEqual([]);
});
