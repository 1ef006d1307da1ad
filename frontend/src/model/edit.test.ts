import { describe, expect, it } from 'vitest';
import { copyText, paste, readCopied } from './clipboard';
import { newNode } from './defaults';
import { asJson, changeNode, type FlowDocument, nodeOf, nodesOf, readDocument, setFlowTitle, setSetting, setTitle } from './document';
import { addLink, addNode, fitsAfter, fitsBefore, fitsInto, removeLinks, removeNodes, splice, tryLink } from './edit';
import { graphOf } from './graph';
import { redo, startHistory, step, STEPS, undo } from './history';
import { freshId } from './ids';
import { freePlace, inLayers, NODE_HEIGHT, positionsOf, withPositions } from './layout';
import { refundFlow, TYPES } from './testing';

const declared = (type: string) => TYPES.get(type) ?? expect.fail(type);
const links = (doc: FlowDocument) => graphOf(doc, TYPES).links.map((link) => link.id);

describe('changes keep what they are not about', () => {
  it('through every kind of edit', () => {
    const before = asJson(refundFlow()) as { spec: { nodes: unknown[] } };
    let doc = refundFlow();
    doc = setSetting(doc, 'refunds', 'key', '{{as_id}}');
    doc = setTitle(doc, 'bill', 'Return');
    doc = setFlowTitle(doc, 'Other');
    doc = withPositions(doc, [['span', { x: 13, y: 5 }]]);
    doc = addNode(doc, declared('map'), { x: 0, y: 0 }).doc;
    doc = removeNodes(doc, new Set(['keep']), TYPES, true);
    const spec = doc.spec as Record<string, unknown>;
    expect(doc.later).toEqual({ a: 1 });
    expect(spec.unheard).toEqual(['of']);
    expect(doc.spec.nodes).toContain('not a node');
    expect(doc.spec.edges).toContainEqual({ from: 'ghost', to: 'bill' });
    expect(nodeOf(doc, 'refunds')).toEqual({ id: 'refunds', type: 'source', connection: 'jst', settings: { operation: 'refund.single.query', key: '{{as_id}}' }, mystery: true });
    expect(doc.spec.layout).toMatchObject({ theme: 'wide', nodes: { span: { x: 16, y: 8, pinned: true } } });
    expect(asJson(refundFlow())).toEqual(before);
  });
  it('is the same object when nothing changed', () => {
    const doc = refundFlow();
    expect(setSetting(doc, 'span', 'lag', '2m')).toBe(doc);
    expect(setTitle(doc, 'bill', 'Bill')).toBe(doc);
    expect(changeNode(doc, 'nobody', (node) => ({ ...node, title: 'x' }))).toBe(doc);
  });
  it('removes a setting', () => expect(nodeOf(setSetting(refundFlow(), 'span', 'lag', undefined), 'span')?.settings).toEqual({}));
  it('survives documents that are no documents', () => {
    for (const odd of [null, 7, [], { spec: null }, { spec: { nodes: {}, edges: 'x' } }]) expect(nodesOf(readDocument(odd as never))).toEqual([]);
  });
});

describe('nodes and edges', () => {
  it('adds a node with shown defaults in their types', () => {
    const { doc, id } = addNode(refundFlow(), declared('paginate'), { x: 20, y: 20 });
    expect(id).toBe('paginate');
    expect(nodeOf(doc, id)?.settings).toEqual({ maxPages: 10000, strict: true });
    expect(newNode('w', declared('window'))).toEqual({ id: 'w', type: 'window' });
  });
  it('makes ids of the documented form', () => {
    expect(freshId('map', new Set(['map', 'map_2']))).toBe('map_3');
    expect(freshId('9.Acme-Tool', new Set())).toBe('acme_tool');
    expect(freshId('\u6620\u5c04', new Set())).toBe('node');
  });
  it('writes first ports without a name', () => {
    const doc = addLink(refundFlow(), { node: 'keep', port: 'false' }, { node: 'k3', port: 'in' }, TYPES);
    expect(doc.spec.edges.at(-1)).toEqual({ from: 'keep.false', to: 'k3' });
    expect(addLink(doc, { node: 'keep', port: 'true' }, { node: 'mark', port: 'in' }, TYPES).spec.edges.at(-1)).toEqual({ from: 'keep', to: 'mark' });
  });
  it('joins the neighbours of a deleted node, and only when asked', () => {
    expect(links(removeNodes(refundFlow(), new Set(['keep']), TYPES, true))).toContain('refunds.out>bill.in');
    expect(links(removeNodes(refundFlow(), new Set(['keep', 'bill']), TYPES, true))).toContain('refunds.out>k3.in');
    expect(links(removeNodes(refundFlow(), new Set(['keep']), TYPES, false))).not.toContain('refunds.out>bill.in');
  });
  it('does not join what does not fit', () => {
    const doc = removeNodes(refundFlow(), new Set(['refunds']), TYPES, true);
    expect(links(doc)).toEqual(['span.out>pages.in', 'keep.true>bill.in', 'bill.out>k3.in', 'k3.done>mark.in']);
  });
  it('removes edges by their place', () => {
    const doc = refundFlow();
    const link = graphOf(doc, TYPES).links[2] ?? expect.fail('no link');
    expect(links(removeLinks(doc, [link]))).not.toContain('refunds.out>keep.in');
    expect(removeLinks(doc, [])).toBe(doc);
  });
  it('splices a node into an edge', () => {
    const { doc, id } = addNode(refundFlow(), declared('map'), { x: 0, y: 0 });
    const spliced = splice(doc, 'keep.true>bill.in', id, TYPES) ?? expect.fail('refused');
    expect(links(spliced)).toEqual(expect.arrayContaining(['keep.true>map.in', 'map.out>bill.in']));
    expect(links(spliced)).not.toContain('keep.true>bill.in');
    expect(splice(doc, 'span.out>pages.in', id, TYPES)).toBeUndefined();
    expect(splice(doc, 'keep.true>bill.in', 'k3', TYPES)).toBeUndefined();
  });
  it('knows which types fit where', () => {
    const graph = graphOf(refundFlow(), TYPES);
    const fitting = (ask: (type: string) => boolean) => [...TYPES.keys()].filter(ask);
    expect(fitting((type) => fitsInto(graph, 'keep.true>bill.in', declared(type)))).toEqual(['filter', 'map', 'target']);
    expect(fitting((type) => fitsAfter(graph, { node: 'span', port: 'out' }, declared(type)))).toEqual([]);
    expect(fitting((type) => fitsAfter(graph, { node: 'bill', port: 'error' }, declared(type)))).toEqual(['filter', 'map', 'target', 'writeback']);
    expect(fitting((type) => fitsBefore(graph, { node: 'k3', port: 'in' }, declared(type)))).toEqual(['source', 'filter', 'map', 'target']);
  });
  it('refuses in the same words as the rules', () => {
    expect(tryLink(refundFlow(), { node: 'k3', port: 'done' }, { node: 'keep', port: 'in' }, TYPES)).toEqual({ refusal: { code: 'cycle', from: 'k3', to: 'keep' } });
  });
});

describe('history', () => {
  it('undoes and redoes, and a new step forgets what was undone', () => {
    let h = step(step(startHistory(1), 2, '', 0), 3, '', 0);
    h = undo(h);
    expect([h.present, redo(h).present]).toEqual([2, 3]);
    h = step(h, 9, '', 0);
    expect(redo(h)).toBe(h);
    expect(undo(undo(undo(h))).present).toBe(1);
  });
  it('makes one step of quick changes of one thing', () => {
    const typed = [1, 2, 3].reduce((h, n) => step(h, n, 'bill.title', n * 100), startHistory(0));
    expect(undo(typed).present).toBe(0);
    expect(undo(step(typed, 4, 'bill.title', 5000)).present).toBe(3);
    expect(undo(step(typed, 4, 'k3.title', 310)).present).toBe(3);
  });
  it('keeps a hundred steps and ignores none', () => {
    let h = startHistory(0);
    for (let n = 1; n <= 150; n++) h = step(h, n, '', n);
    expect(h.past).toHaveLength(STEPS);
    expect(step(h, 150, '', 0)).toBe(h);
  });
});

describe('clipboard', () => {
  it('pastes under new ids, with the edges inside the selection', () => {
    const doc = refundFlow();
    const copied = readCopied(copyText(doc, new Set(['keep', 'bill']), TYPES)) ?? expect.fail('unreadable');
    const { doc: grown, ids } = paste(doc, copied, TYPES, { x: 400, y: 400 });
    expect(ids).toEqual(['keep_2', 'bill_2']);
    expect(links(grown)).toContain('keep_2.true>bill_2.in');
    expect(links(grown)).toHaveLength(links(doc).length + 1);
    expect(nodeOf(grown, 'bill_2')?.settings).toEqual(nodeOf(doc, 'bill')?.settings);
    expect(positionsOf(grown, graphOf(grown, TYPES)).get('keep_2')).toEqual({ x: 400, y: 400 });
  });
  it('reads nothing from other texts', () => {
    for (const text of ['', 'hello', '{"nodes":[]}', '{"clipboard":"karez/nodes/v1","nodes":[]}', '{karez/nodes/v1']) expect(readCopied(text)).toBeUndefined();
  });
});

describe('layout', () => {
  it('stands nodes without a place below the others, and all of them in columns', () => {
    const doc = refundFlow();
    const points = positionsOf(doc, graphOf(doc, TYPES));
    expect(points.size).toBe(7);
    expect(points.get('bill')?.y).toBeGreaterThanOrEqual(NODE_HEIGHT);
    const columns = inLayers(graphOf(doc, TYPES));
    expect(columns.get('k3')?.x).toBeGreaterThan(columns.get('bill')?.x ?? Infinity);
  });
  it('finds a free place', () => expect(freePlace({ x: 3, y: 3 }, [{ x: 0, y: 0 }]).y).toBeGreaterThanOrEqual(NODE_HEIGHT));
});
