import { expect } from 'vitest';
import type { Locator } from 'playwright-core';
import { demoFlow, type Person, type Server } from './kit';

// The designer as a person's hands see it. Nothing here waits a fixed time: a step
// waits for what it needs to be there.

export interface Flow {
  id: string;
  etag: string;
  publishedVersion: number;
  dirty: boolean;
  document: Doc;
  problems: { code: string; path: string; blocking: boolean }[];
}

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Members = { [key: string]: Value };

export interface FlowNode {
  id: string;
  type: string;
  title?: string;
  connection?: string;
  settings?: Members;
}

export interface Doc {
  metadata: Members;
  spec: { nodes: FlowNode[]; edges: { from: string; to: string }[]; layout?: Value; [more: string]: unknown };
  [more: string]: unknown;
}

interface Point {
  x: number;
  y: number;
}

/** One open designer. Clicks are counted as pointer presses, whatever they did. */
export class Desk {
  readonly amy: Person;
  readonly server: Server;

  constructor(amy: Person, server: Server) {
    this.amy = amy;
    this.server = server;
  }

  /** Opens a copy of the shipped flow under a title, changed as a test needs it. */
  async openCopy(title: string, change: (doc: Doc) => Doc = (doc) => doc): Promise<Flow> {
    const made = await makeFlow(this.server, title, change(copyOf((await this.flow(demoFlow)).document, title)));
    await this.open(made.id);
    return made;
  }

  /** What is stored of a flow, places apart. */
  async spec(id: string): Promise<Doc['spec']> {
    const { layout: _layout, ...spec } = (await this.flow(id)).document.spec;
    return spec;
  }

  /** The choice of the node's connection. */
  get connection(): Locator {
    return this.page.locator('[data-connection]').getByRole('combobox');
  }

  get page() {
    return this.amy.page;
  }

  get canvas(): Locator {
    return this.page.locator('.react-flow');
  }

  async open(flow: string): Promise<void> {
    // A draft that is not safe yet asks before it is left.
    if (new URL(this.page.url()).pathname.includes('/design')) await this.save();
    await this.amy.goto(`/flows/${flow}/design`);
    await this.canvas.waitFor();
    await this.page.locator('.react-flow__node').or(this.page.getByRole('heading', { name: /从哪里开始|Where do you/ })).first().waitFor();
  }

  /** Presses so far on this page. */
  presses(): Promise<number> {
    return this.page.evaluate(() => (globalThis as { karezClicks?: number }).karezClicks ?? 0);
  }

  card(id: string): Locator {
    return this.page.locator(`.react-flow__node[data-id="${id}"]`);
  }

  port(id: string, port: string): Locator {
    return this.card(id).locator(`.react-flow__handle[data-handleid="${port}"]`);
  }

  edge(from: string, to: string): Locator {
    return this.page.locator(`.react-flow__edge[data-id^="${from}."][data-id*=">${to}."]`);
  }

  async nodes(): Promise<string[]> {
    return this.page.locator('.react-flow__node').evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.id ?? ''));
  }

  /** The edges that are drawn, "from.port>to.port". */
  async edges(): Promise<string[]> {
    return (await this.page.locator('.react-flow__edge').evaluateAll((all) => all.map((one) => (one as SVGGElement).dataset.id ?? ''))).sort();
  }

  async middle(locator: Locator): Promise<Point> {
    const box = await locator.boundingBox();
    if (box === null) throw new Error('nothing is drawn there');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** The middle of an edge, in the window. */
  async middleOf(from: string, to: string): Promise<Point> {
    return this.edge(from, to).locator('.react-flow__edge-path').evaluate((path: SVGPathElement) => {
      const at = path.getPointAtLength(path.getTotalLength() / 2);
      const on = new DOMPoint(at.x, at.y).matrixTransform(path.getScreenCTM() ?? undefined);
      return { x: on.x, y: on.y };
    });
  }

  /** Drags a node type from the palette to a place of the canvas; gives the new node's id. */
  async drop(title: string, at: Point): Promise<string> {
    const before = new Set(await this.nodes());
    const box = await this.canvas.boundingBox();
    if (box === null) throw new Error('there is no canvas');
    const item = this.page.locator('aside').getByRole('button', { name: new RegExp(`^${title}`) });
    await item.dragTo(this.canvas, { targetPosition: { x: at.x - box.x, y: at.y - box.y } });
    return this.newcomer(before);
  }

  /** The node that was not there before. */
  async newcomer(before: ReadonlySet<string>): Promise<string> {
    let found: string | undefined;
    await expect.poll(async () => (found = (await this.nodes()).find((id) => !before.has(id)))).toBeDefined();
    return found ?? '';
  }

  /** A place of the canvas, from its upper left corner. */
  async place(x: number, y: number): Promise<Point> {
    const box = await this.canvas.boundingBox();
    return { x: (box?.x ?? 0) + x, y: (box?.y ?? 0) + y };
  }

  async drag(from: Point, to: Point, drop = true): Promise<void> {
    const { mouse } = this.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move(from.x + Math.sign(to.x - from.x) * 6, from.y + 2);
    await mouse.move(to.x, to.y, { steps: 8 });
    if (drop) await mouse.up();
  }

  /** Draws a wire from a port to a card's input. */
  async wire(from: string, port: string, to: string): Promise<void> {
    await this.drag(await this.middle(this.port(from, port)), await this.middle(this.port(to, 'in')));
    await expect.poll(() => this.edges()).toContain(`${from}.${port}>${to}.in`);
  }

  /** Opens a node's sheet by a double click. */
  async sheet(id: string): Promise<void> {
    await this.card(id).dblclick();
    await this.page.waitForURL(`**/design/${id}`);
    await this.page.getByRole('region', { name: /节点编辑/ }).waitFor();
  }

  async closeSheet(): Promise<void> {
    await this.page.getByRole('button', { name: '关闭', exact: true }).click();
    await this.page.getByRole('region', { name: /节点编辑/ }).waitFor({ state: 'detached' });
  }

  /** Walks to the next node without closing the sheet. */
  async walk(side: '上一个节点' | '下一个节点', to: string): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(`^${side}`) }).click();
    // The address changes before the sheet does.
    await this.page.getByRole('region', { name: /节点编辑/ }).locator('header code').getByText(to, { exact: true }).waitFor();
  }

  /** Clicks into a box and types. */
  async type(box: Locator, text: string): Promise<void> {
    await box.click();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  /** A setting's box by the label above it. */
  labelled(label: string | RegExp): Locator {
    return this.page.getByLabel(label, { exact: true }).first();
  }

  /** Opens a choice and clicks one of what it offers. */
  async choose(box: Locator, option: string | RegExp): Promise<void> {
    await box.click();
    await this.page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({ hasText: option }).first().click();
  }

  /** Saves, as people do who don't wait for it, and waits until the draft is safe. */
  async save(): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+s');
    await this.saved();
  }

  /** Waits until the draft is safe. */
  async saved(): Promise<void> {
    await this.page.locator('header [data-state="saved"]').waitFor();
  }

  async flow(id: string): Promise<Flow> {
    return this.server.api<Flow>(`/flows/${id}`);
  }
}

/** A flow of its own for a test, made without the browser. */
export async function makeFlow(server: Server, title: string, document?: unknown): Promise<Flow> {
  return server.api<Flow>('/flows', { method: 'POST', body: { title, ...(document === undefined ? {} : { document }) } });
}

/** The shipped flow's document under another title, as a new flow takes it. */
function copyOf(doc: Doc, title: string): Doc {
  const { id: _id, name: _name, ...metadata } = doc.metadata;
  return { ...doc, metadata: { ...metadata, title } };
}
