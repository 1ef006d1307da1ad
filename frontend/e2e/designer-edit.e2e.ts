import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk, type Flow, makeFlow } from './designer.kit';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('designer-edit');

const CHAIN = ['bill.out>k3.in', 'confirmed.true>bill.in', 'k3.done>mark.in', 'pages.out>refunds.in', 'refunds.out>confirmed.in', 'span.out>pages.in'];

describe('wires', () => {
  test('a cycle and a misfit are refused in words while the wire is held', async () => {
    const flow = await desk.openCopy('refused');
    const refused = async (from: [string, string], to: string, words: RegExp) => {
      await desk.drag(await desk.middle(desk.port(...from)), await desk.middle(desk.port(to, 'in')), false);
      await desk.canvas.getByText(words).waitFor();
      await desk.page.mouse.up();
      await desk.canvas.getByText(words).waitFor({ state: 'detached' });
      await desk.page.locator('[data-tone="warn"]').getByText(words).first().waitFor();
      expect(await desk.edges()).toEqual(CHAIN);
    };
    await refused(['k3', 'done'], 'confirmed', /方案不能成环/);
    await refused(['pages', 'out'], 'bill', /接不上.*拉取请求.*单据/);
    expect(await desk.page.getByRole('button', { name: '撤销' }).isEnabled()).toBe(false);
    expect((await desk.flow(flow.id)).document).toEqual(flow.document);
  });

  test('a wire let go over nothing asks for a node that fits', async () => {
    await desk.openCopy('picked');
    await desk.drag(await desk.middle(desk.port('confirmed', 'false')), await desk.place(560, 640));
    const list = desk.page.getByRole('listbox', { name: '选择节点' });
    await list.waitFor();
    expect(await list.getByRole('option', { name: /^时间切片/ }).count()).toBe(0);
    const before = new Set(await desk.nodes());
    await list.getByRole('option', { name: /^空操作/ }).click();
    const id = await desk.newcomer(before);
    await expect.poll(() => desk.edges()).toContain(`confirmed.false>${id}.in`);
  });
});

describe('a card dropped on an edge', () => {
  test('from the palette goes into it, at any zoom', async () => {
    await desk.openCopy('dropped');
    const undo = desk.page.getByRole('button', { name: '撤销' });
    for (const zoomedOut of [0, 2, 4]) {
      for (let i = 0; i < (zoomedOut === 0 ? 0 : 2); i++) await desk.page.getByRole('button', { name: '缩小' }).click();
      for (const [from, to] of [['confirmed', 'bill'], ['bill', 'k3'], ['refunds', 'confirmed']] as const) {
        const id = await desk.drop('字段映射', await desk.middleOf(from, to));
        await expect.poll(() => desk.edges()).toContain(`${id}.out>${to}.in`);
        expect((await desk.edges()).filter((edge) => edge.startsWith(`${from}.`) && edge.endsWith(`>${id}.in`))).toHaveLength(1);
        await undo.click();
        await expect.poll(() => desk.edges()).toEqual(CHAIN);
      }
    }
  });

  test('from the canvas goes into it wherever the hand holds it, and not when it lies beside', async () => {
    await desk.openCopy('moved');
    const id = await desk.drop('字段映射', await desk.place(700, 620));
    const undo = desk.page.getByRole('button', { name: '撤销' });
    const middle = () => desk.middle(desk.card(id));
    const start = await middle();
    for (const [dx, dy] of [[0, 0], [-96, -24], [96, 24], [60, -26], [-60, 26]] as const) {
      const edge = await desk.middleOf('bill', 'k3');
      await desk.drag({ x: start.x + dx, y: start.y + dy }, { x: edge.x + dx, y: edge.y + dy }, false);
      await desk.page.locator('[data-splice="true"]').waitFor({ state: 'attached' });
      await desk.page.mouse.up();
      await expect.poll(() => desk.edges()).toEqual(expect.arrayContaining([`bill.out>${id}.in`, `${id}.out>k3.in`]));
      await undo.click();
      await expect.poll(() => desk.edges()).toEqual(CHAIN);
      await expect.poll(middle).toEqual(start);
    }
    const edge = await desk.middleOf('bill', 'k3');
    await desk.drag(start, { x: edge.x, y: edge.y + 90 });
    await expect.poll(async () => (await middle()).y).not.toBe(start.y);
    expect(await desk.edges()).toEqual(CHAIN);
  });
});

describe('steps back and forth', () => {
  test('undo and redo go through every kind of change, and what is saved follows', async () => {
    const flow = await desk.openCopy('undone');
    const before = await desk.spec(flow.id);
    const { page } = desk;
    const undo = page.getByRole('button', { name: '撤销' });
    // Adds, moves, draws, deletes, names, sets.
    const script = await desk.drop('字段映射', await desk.place(700, 560));
    await desk.wire('confirmed', 'false', script);
    const at = await desk.middle(desk.card(script));
    await desk.drag(at, { x: at.x + 80, y: at.y + 40 });
    await desk.card('mark').click();
    await page.keyboard.press('Delete');
    await expect.poll(() => desk.nodes()).not.toContain('mark');
    await page.keyboard.press('ControlOrMeta+a');
    await desk.sheet('span');
    await desk.type(desk.labelled('延后'), '7m');
    await desk.type(page.getByRole('textbox', { name: '节点名称' }), 'Span');
    await desk.closeSheet();
    await page.getByRole('button', { name: '方案设置' }).click();
    const settings = page.getByRole('dialog', { name: '方案设置' });
    await desk.choose(settings.getByRole('combobox', { name: '优先级' }), '高');
    await desk.type(settings.getByRole('textbox', { name: '名称 1', exact: true }), 'Org');
    await settings.getByRole('button', { name: /Close|关闭/ }).click();
    await settings.waitFor({ state: 'detached' });
    await desk.save();
    const after = await desk.spec(flow.id);
    expect(after).not.toEqual(before);
    expect(after.settings).toMatchObject({ priority: 'high' });

    for (let i = 0; i < 20 && (await undo.isEnabled()); i++) await undo.click();
    await desk.save();
    await expect.poll(() => desk.spec(flow.id)).toEqual(before);
    expect(await desk.nodes()).toEqual(flow.document.spec.nodes.map((node) => node.id));
    await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } });
    for (let i = 0; i < 20 && (await page.getByRole('button', { name: '重做' }).isEnabled()); i++) await page.keyboard.press('ControlOrMeta+Shift+z');
    await desk.save();
    await expect.poll(() => desk.spec(flow.id)).toEqual(after);
  });

  test('a deleted node leaves its neighbours joined, or not, and comes back', async () => {
    await desk.openCopy('deleted');
    const { page } = desk;
    await desk.card('confirmed').click();
    await page.keyboard.press('Delete');
    await expect.poll(() => desk.edges()).toEqual(['bill.out>k3.in', 'k3.done>mark.in', 'pages.out>refunds.in', 'refunds.out>bill.in', 'span.out>pages.in']);
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => desk.edges()).toEqual(CHAIN);
    await desk.card('confirmed').click();
    await page.keyboard.press('ControlOrMeta+Delete');
    await expect.poll(() => desk.edges()).toEqual(['bill.out>k3.in', 'k3.done>mark.in', 'pages.out>refunds.in', 'span.out>pages.in']);
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => desk.edges()).toEqual(CHAIN);
    const on = await desk.middleOf('bill', 'k3');
    await page.mouse.click(on.x - 22, on.y);
    await page.keyboard.press('Delete');
    await expect.poll(() => desk.edges()).not.toContain('bill.out>k3.in');
  });

  test('copied nodes are pasted with their wires, into another flow too', async () => {
    await desk.openCopy('copied');
    const { page } = desk;
    await desk.card('confirmed').click();
    await desk.card('bill').click({ modifiers: ['ControlOrMeta'] });
    await page.keyboard.press('ControlOrMeta+c');
    await page.getByText('已复制 2 个节点').waitFor();
    await page.mouse.move(...spread(await desk.place(500, 600)));
    await page.keyboard.press('ControlOrMeta+v');
    await expect.poll(() => desk.edges()).toContain('confirmed_2.true>bill_2.in');
    expect(await desk.nodes()).toHaveLength(9);
    await desk.save();
    const { id } = await makeFlow(server, 'pasted');
    await desk.open(id);
    await page.mouse.move(...spread(await desk.place(120, 120)));
    await page.keyboard.press('ControlOrMeta+v');
    await expect.poll(() => desk.edges()).toEqual(['confirmed.true>bill.in']);
    await desk.save();
    const pasted = (await desk.flow(id)).document.spec.nodes.find((node) => node.id === 'bill');
    expect(pasted?.settings).toEqual((await desk.flow(demoFlow)).document.spec.nodes.find((node) => node.id === 'bill')?.settings);
  });
});

const spread = ({ x, y }: { x: number; y: number }): [number, number] => [x, y];

describe('layout', () => {
  const boxes = () => desk.page.locator('.react-flow__node').evaluateAll((all) => all.map((one) => ({ id: (one as HTMLElement).dataset.id ?? '', ...(one.getBoundingClientRect().toJSON() as DOMRect) })));
  const zoom = () => desk.page.locator('.react-flow__viewport').evaluate((one) => new DOMMatrix(getComputedStyle(one).transform).a);

  test('a flow of seven nodes is seen whole and can be read', async () => {
    await desk.openCopy('seen');
    const canvas = (await desk.canvas.boundingBox()) ?? expect.fail('no canvas');
    const cards = await boxes();
    expect(cards).toHaveLength(7);
    for (const card of cards) {
      expect(card.left).toBeGreaterThanOrEqual(canvas.x);
      expect(card.right).toBeLessThanOrEqual(canvas.x + canvas.width);
    }
    expect(await zoom()).toBeGreaterThan(0.75);
    await amy.picture('designer-seen');
  });

  test('tidying puts everything in order, branches in the order of their ports', async () => {
    const flow = await desk.openCopy('tidied', (doc) => ({
      ...doc,
      spec: {
        ...doc.spec,
        // The lower port leads to the node that was there first.
        nodes: [{ id: 'rest', type: 'discard' }, ...doc.spec.nodes], edges: [{ from: 'confirmed.false', to: 'rest' }, ...doc.spec.edges],
        layout: { nodes: Object.fromEntries(doc.spec.nodes.map((node, i) => [node.id, { x: (i * 137) % 300, y: (i * 71) % 200 }])) },
      },
    }));
    await desk.page.getByRole('button', { name: '自动布局' }).click();
    const apart = async () => {
      const cards = await boxes();
      return cards.every((a, i) => cards.slice(i + 1).every((b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top));
    };
    await expect.poll(apart).toBe(true);
    const cards = new Map((await boxes()).map((card) => [card.id, card]));
    // What follows stands to the right, or in the next line.
    for (const edge of flow.document.spec.edges) {
      const [from, to] = [cards.get(edge.from.split('.')[0] ?? ''), cards.get(edge.to)];
      expect((to?.left ?? 0) > (from?.right ?? Infinity) || (to?.top ?? 0) > (from?.bottom ?? Infinity)).toBe(true);
    }
    expect(cards.get('bill')?.top).toBeLessThan(cards.get('rest')?.top ?? 0);
    await amy.picture('designer-tidied');
    await desk.page.getByRole('button', { name: '撤销' }).click();
    await expect.poll(apart).toBe(false);
    await desk.save();
    expect((await desk.flow(flow.id)).document).toEqual(flow.document);
  });
});

describe('problems', () => {
  test('lead to the node and the field they are about', async () => {
    await desk.openCopy('broken', (doc) => ({
      ...doc,
      spec: {
        ...doc.spec, triggers: [{ schedule: 'every day' }, { manual: true }],
        nodes: doc.spec.nodes.map((node) => (node.id === 'k3' ? { ...node, settings: { ...node.settings, operation: 'nowhere' } } : node.id === 'span' ? { ...node, settings: { lag: 'soon' } } : node)),
      },
    }));
    const { page } = desk;
    await page.getByRole('button', { name: /^问题 \d/ }).click();
    const panel = page.getByRole('region', { name: '问题与运行' });
    await panel.getByRole('button', { name: /时间切片/ }).first().click();
    await page.waitForURL('**/design/span');
    await expect.poll(() => desk.labelled('延后').evaluate((one) => one === document.activeElement)).toBe(true);
    expect(await desk.labelled('延后').inputValue()).toBe('soon');
    await page.getByRole('alert').first().waitFor();
    await desk.closeSheet();
    await panel.getByRole('button', { name: /nowhere/ }).first().click();
    await page.waitForURL('**/design/k3');
    await expect.poll(() => desk.labelled('写入接口').evaluate((one) => one === document.activeElement)).toBe(true);
    await desk.closeSheet();

    // One of the flow as a whole, put right where it leads to.
    await panel.getByRole('button', { name: /every day/ }).click();
    const settings = page.getByRole('dialog', { name: '方案设置' });
    const cron = settings.getByRole('textbox', { name: '定时表达式' });
    await expect.poll(() => cron.evaluate((one) => one.closest('[data-path]')?.contains(document.activeElement))).toBe(true);
    await settings.getByRole('alert').getByText(/every day/).waitFor();
    await desk.type(cron, '30 6 * * 1-5');
    await settings.getByRole('alert').waitFor({ state: 'detached' });
    await expect.poll(() => settings.locator('time').allTextContents()).toHaveLength(5);
    for (const time of await settings.locator('time').allTextContents()) expect(time).toContain('06:30');
    await settings.getByRole('textbox', { name: '键 1', exact: true }).fill('1 odd');
    await settings.locator('[data-path="spec.params[0]"]').getByRole('alert').waitFor();
    expect(await amy.barriers()).toEqual([]);
  });
});

describe('two people', () => {
  let bob: Person;

  beforeAll(async () => {
    bob = await Person.arrive(server);
    await bob.logIn();
  });

  afterAll(async () => {
    expect(bob.wrong).toEqual([]);
    await bob.leave();
  });

  /** Both open the same draft; bob saves first, then amy changes something else. */
  async function clash(title: string): Promise<Flow> {
    const flow = await desk.openCopy(title);
    const other = new Desk(bob, server);
    await other.open(flow.id);
    await other.sheet('span');
    await other.type(other.labelled('延后'), '3m');
    await other.save();
    await desk.sheet('span');
    await desk.type(desk.labelled('延后'), '9m');
    await desk.page.keyboard.press('ControlOrMeta+s');
    await desk.page.getByRole('dialog', { name: /有人同时修改/ }).waitFor();
    return flow;
  }
  const lag = async (id: string) => (await desk.flow(id)).document.spec.nodes.find((node) => node.id === 'span')?.settings?.lag;
  const choose = (name: string) => desk.page.getByRole('dialog', { name: /有人同时修改/ }).getByRole('button', { name }).click();

  test('the other draft can be taken', async () => {
    const flow = await clash('theirs');
    await desk.page.getByRole('dialog').getByText('lag').waitFor();
    expect(await lag(flow.id)).toBe('3m');
    await choose('用对方的');
    await expect.poll(() => desk.labelled('延后').inputValue()).toBe('3m');
    await desk.save();
    expect(await lag(flow.id)).toBe('3m');
  });

  test('the own draft can be kept, over the other or beside it', async () => {
    const flow = await clash('mine');
    await choose('用我的覆盖');
    await desk.save();
    await expect.poll(() => lag(flow.id)).toBe('9m');
    const second = await clash('beside');
    await choose('我的另存为副本');
    await desk.page.waitForURL((url) => !url.pathname.includes(second.id));
    const [, , made = ''] = new URL(desk.page.url()).pathname.split('/');
    expect(await lag(second.id)).toBe('3m');
    expect(await lag(made)).toBe('9m');
  });
});

describe('a dry test', () => {
  test('shows the request and sends nothing', async () => {
    const state = async () => (await (await fetch(`${server.demo.sandboxes['kingdee-k3cloud'] ?? ''}/_sandbox/state`)).json()) as { creates: number; objects: Record<string, number>; calls: Record<string, number> };
    const writes = ({ creates, objects, calls }: Awaited<ReturnType<typeof state>>) => ({ creates, bills: objects.SAL_RETURNSTOCK, calls: Object.entries(calls).filter(([call]) => /Save|Submit|Audit|Push|Delete/.test(call)) });
    const flow = await desk.openCopy('dry');
    const before = writes(await state());
    const runs = (await server.api<{ items: unknown[] }>('/runs')).items.length;
    const { page } = desk;
    await desk.sheet('bill');
    await page.getByRole('button', { name: /从「退货退款查询」取样例/ }).click();
    await page.getByText(/^1 \/ \d+$/).waitFor();
    await page.locator('[role="row"]:has([role="rowheader"][title^="FBillNo\\a "]) [role="gridcell"]').last().getByText(/^50\d+/).waitFor();
    await desk.walk('下一个节点', 'k3');
    await page.getByText(/试运行：未发送/).waitFor();
    await page.getByText('SAL_RETURNSTOCK').first().waitFor();
    await page.getByRole('button', { name: '试运行' }).click();
    await page.getByRole('button', { name: '下一张样例' }).click();
    await page.getByText(/^2 \/ \d+$/).waitFor();
    await amy.picture('designer-dry');
    expect(writes(await state())).toEqual(before);
    expect((await server.api<{ items: unknown[] }>('/runs')).items).toHaveLength(runs);
    expect((await server.api<{ items: unknown[] }>(`/documents?flow=${flow.id}`)).items).toEqual([]);
  });
});

describe('texts from elsewhere', () => {
  test('are shown as text, never as markup', async () => {
    const evil = '<img src=x onerror="globalThis.karezHit=1"><script>globalThis.karezHit=1</script>';
    await desk.openCopy(`${evil}flow`, (doc) => ({
      ...doc,
      spec: {
        ...doc.spec, params: [{ key: 'a', title: evil, default: evil }, ...((doc.spec.params as object[] | undefined) ?? [])],
        nodes: doc.spec.nodes.map((node) => ({ ...node, title: `${evil}${node.id}`, ...(node.id === 'bill' ? { settings: { fields: [{ field: evil, value: evil }, { field: 'FBillNo', value: evil }] } } : {}) })),
      },
    }));
    const { page } = desk;
    const inert = async () => {
      expect(await page.evaluate(() => (globalThis as { karezHit?: number }).karezHit)).toBeUndefined();
      expect(await page.locator('img:not([src^="/api/v1/plugins/"][src$="/icon"]), script:not([src])').count()).toBe(0);
    };
    expect(await desk.card('bill').innerText()).toContain('<img');
    await inert();
    await page.getByRole('button', { name: '大纲' }).click();
    await page.getByRole('tree', { name: '方案大纲' }).waitFor();
    await inert();
    await page.getByRole('button', { name: '方案设置' }).click();
    await page.getByRole('dialog', { name: '方案设置' }).waitFor();
    await inert();
    await page.getByRole('dialog', { name: '方案设置' }).getByRole('button', { name: /Close|关闭/ }).click();
    await desk.sheet('bill');
    await page.getByRole('treegrid').waitFor();
    await inert();
    await desk.closeSheet();
    await page.getByRole('button', { name: '发布', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await inert();
    await amy.picture('designer-inert');
  });
});
