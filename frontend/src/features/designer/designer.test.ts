import { beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeOf, nodesOf, setTitle } from '~/model/document';
import type { Run } from '~/shared/api/types';
import { DECLARED, refundFlow } from '~/model/testing';
import { append, change, connect, copied, duplicate, insert, move, pasteText, placesNow, redo, removeSelected, select, selectAll, spliceSelected, startChain, undo } from './actions';
import { current, documentNow, useDesigner } from './designer.store';
import { looksLikeSource, requestFields, writerBehind } from '~/model/fields';
import { linkCount, nodeRun } from './run/overlay';
import { flowOf, openFlow, serve } from './testing';
import { saveNow } from './useAutosave';

const type = (name: string) => DECLARED.find((one) => one.type === name) ?? expect.fail(name);
const ids = () => [...current().graph.nodes.keys()];
const links = () => current().graph.links.map((link) => link.id);

beforeEach(() => openFlow());

describe('edits', () => {
  it('appends behind the selected node and wires it', () => {
    select(['bill']);
    const id = append(type('filter'), { x: 0, y: 0 });
    expect(links()).toContain(`bill.out>${id}.in`);
    expect([...current().selected]).toEqual([id]);
    undo();
    expect(ids()).not.toContain(id);
    redo();
    expect(ids()).toContain(id);
  });
  it('inserts into an edge and makes room', () => {
    const before = current().graph;
    const id = insert(type('map'), { kind: 'into', link: 'keep.true>bill.in' });
    expect(links()).toEqual(expect.arrayContaining([`keep.true>${id}.in`, `${id}.out>bill.in`]));
    expect(links()).toHaveLength(before.links.length + 1);
    undo();
    expect(current().graph.links).toEqual(before.links);
  });
  it('puts a node from an edge to the next line at the end of the upper one', () => {
    move([['bill', { x: 0, y: 400 }], ['keep', { x: 960, y: 0 }]]);
    const places = new Map([...current().graph.nodes.keys()].map((one) => [one, placesNow().get(one)]));
    const id = insert(type('map'), { kind: 'into', link: 'keep.true>bill.in' });
    expect(links()).toEqual(expect.arrayContaining([`keep.true>${id}.in`, `${id}.out>bill.in`]));
    expect(placesNow().get(id)).toEqual({ x: 1280, y: 0 });
    for (const [other, place] of places) expect(placesNow().get(other)).toEqual(place);
  });
  it('begins a flow with a chain, as one step', () => {
    openFlow({ document: { spec: { nodes: [], edges: [] } } });
    startChain(DECLARED);
    expect(links()).toEqual(['window.out>paginate.in', 'paginate.out>source.in', 'source.out>filter.in', 'filter.true>map.in', 'map.out>target.in', 'target.done>writeback.in']);
    expect(new Set([...placesNow().values()].map((place) => JSON.stringify(place))).size).toBe(7);
    expect(placesNow().get('map')?.y).toBeGreaterThan(0);
    undo();
    expect(ids()).toEqual([]);
  });
  it('joins a node that ends a wire, on either side', () => {
    const after = insert(type('map'), { kind: 'after', from: { node: 'keep', port: 'false' }, at: { x: 0, y: 900 } });
    expect(links()).toContain(`keep.false>${after}.in`);
    const beforeId = insert(type('source'), { kind: 'before', to: { node: after, port: 'in' }, at: { x: 0, y: 1200 } });
    expect(links()).toContain(`${beforeId}.out>${after}.in`);
  });
  it('puts a free node into the edge it is dropped on', () => {
    const id = insert(type('map'), { kind: 'free', at: { x: 0, y: 900 } });
    spliceSelected(id, 'bill.out>k3.in', { x: 5, y: 5 });
    expect(links()).toEqual(expect.arrayContaining([`bill.out>${id}.in`, `${id}.out>k3.in`]));
  });
  it('gives reasons instead of edges', () => {
    expect(connect({ node: 'k3', port: 'done' }, { node: 'bill', port: 'in' })?.code).toBe('cycle');
    expect(current().history.past).toHaveLength(0);
  });
  it('deletes nodes and edges in one step, joined or not', () => {
    select(['keep'], ['k3.done>mark.in']);
    removeSelected(true);
    expect(links()).toContain('refunds.out>bill.in');
    expect(links()).not.toContain('k3.done>mark.in');
    undo();
    expect(ids()).toContain('keep');
    expect(current().history.past).toHaveLength(0);
    select(['keep']);
    removeSelected(false);
    expect(links()).not.toContain('refunds.out>bill.in');
  });
  it('copies, pastes and duplicates', () => {
    selectAll();
    const text = copied() ?? expect.fail('nothing copied');
    expect(pasteText('other text', { x: 0, y: 0 })).toBe(false);
    expect(pasteText(text, { x: 0, y: 999 })).toBe(true);
    expect(ids()).toHaveLength(14);
    select(['bill']);
    duplicate();
    expect(nodeOf(documentNow(), 'bill_3')?.settings).toEqual(nodeOf(documentNow(), 'bill')?.settings);
  });
  it('changes nothing for people who may only look', () => {
    openFlow({}, true);
    select(['bill']);
    removeSelected(true);
    move([['bill', { x: 1, y: 1 }]]);
    append(type('map'), { x: 0, y: 0 });
    expect(documentNow()).toEqual(refundFlow());
  });
  it('writes all places down with the first move', () => {
    move([['bill', { x: 801, y: 3 }]]);
    expect(documentNow().spec.layout).toMatchObject({ nodes: { bill: { x: 800, y: 0 }, k3: { x: expect.any(Number) } } });
  });
});

describe('saving', () => {
  const rename = (title: string) => change(setTitle(documentNow(), 'bill', title));

  it('sends the etag and takes the answer', async () => {
    const calls = serve({ 'PUT /flows/f1': () => ({ body: flowOf(undefined, { etag: '"2"', problems: [{ code: 'x', message: 'm', path: 'spec.nodes[4]', blocking: true }] }) }) });
    rename('Return');
    expect(current().save).toBe('dirty');
    await saveNow();
    expect(calls[0]?.headers.get('If-Match')).toBe('"1"');
    expect(current()).toMatchObject({ save: 'saved', flow: { etag: '"2"' } });
    expect(current().problemCounts.get('bill')).toEqual({ blocking: 1, warnings: 0 });
    await saveNow();
    expect(calls).toHaveLength(1);
  });
  it('keeps what was typed meanwhile as unsaved', async () => {
    serve({ 'PUT /flows/f1': () => {
      rename('Later');
      return { body: flowOf(undefined, { etag: '"2"' }) };
    } });
    rename('Return');
    await saveNow();
    expect(current().save).toBe('dirty');
    expect(nodeOf(documentNow(), 'bill')?.title).toBe('Later');
  });
  it('saves once for all who wait for a save that is slow', async () => {
    let go = () => {};
    const slow = new Promise<void>((done) => (go = done));
    let no = 1;
    const calls = serve({ 'PUT /flows/f1': () => ({ body: flowOf(undefined, { etag: `"${++no}"` }) }) });
    const answer = globalThis.fetch;
    vi.stubGlobal('fetch', async (request: Request) => {
      await slow;
      return answer(request);
    });
    rename('Return');
    const saves = [saveNow()];
    rename('Later');
    saves.push(saveNow(), saveNow());
    go();
    await Promise.all(saves);
    expect(calls.map(({ headers }) => headers.get('If-Match'))).toEqual(['"1"', '"2"']);
    expect(current().save).toBe('saved');
  });
  it('stops at a conflict, and does not save over it', async () => {
    const theirs = flowOf(undefined, { etag: '"9"' });
    const calls = serve({ 'PUT /flows/f1': () => ({ status: 409, body: { code: 'flow.conflict', message: 'c', status: 409, current: theirs } }) });
    rename('Return');
    await saveNow();
    expect(current()).toMatchObject({ save: 'conflict', theirs: { etag: '"9"' } });
    rename('Again');
    await saveNow();
    expect(calls).toHaveLength(1);
  });
  it('says when it failed, and tries again', async () => {
    vi.useFakeTimers();
    let fail = true;
    const calls = serve({ 'PUT /flows/f1': () => (fail ? { status: 503, body: { code: 'down', message: 'down', status: 503 } } : { body: flowOf(undefined, { etag: '"2"' }) }) });
    rename('Return');
    await saveNow();
    expect(current().save).toBe('failed');
    fail = false;
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(current().save).toBe('saved'));
    expect(calls).toHaveLength(2);
  });
});

describe('a run on the canvas', () => {
  const run = (more: Partial<Run>): Run => ({ id: '1', flow: 'f1', flowTitle: '', version: 1, state: 'running', trigger: 'manual', pulling: true, paused: false, startedAt: '', counts: {}, balanced: true, ...more });
  const state = (r: Run, id: string) => nodeRun(r, current().graph, id)?.state;

  it('shows who waits, runs, failed and was skipped', () => {
    const nodes = { refunds: { 'port:out': 10 }, keep: { in: 10, 'port:true': 8, 'port:false': 2 }, bill: { in: 8, 'port:out': 7, 'port:error': 1 } };
    expect(['span', 'refunds', 'bill', 'mark'].map((id) => state(run({ nodes }), id))).toEqual(['running', 'running', 'running', 'waiting']);
    expect(['span', 'refunds', 'bill', 'mark'].map((id) => state(run({ nodes, state: 'done', pulling: false }), id))).toEqual(['ok', 'ok', 'failed', 'skipped']);
    expect(nodeRun(run({ nodes }), current().graph, 'bill')).toMatchObject({ in: 8, out: 7, failed: 1 });
    const count = (from: string, port: string, to: string) => linkCount(run({ nodes: { ...nodes, refunds: {}, k3: { 'port:done': 7 } } }), current().graph, from, port, to);
    expect(count('keep', 'false', 'bill')).toBe(2);
    // A source does not count what leaves, nor a writeback what arrives.
    expect(count('refunds', 'out', 'keep')).toBe(10);
    expect(count('k3', 'done', 'mark')).toBe(7);
    expect(count('span', 'out', 'pages')).toBeUndefined();
    expect(count('bill', 'error', 'k3')).toBe(1);
    const over = run({ nodes: { k3: { 'port:done': 7 }, keep: { in: 3 } }, state: 'done', pulling: false });
    expect(['mark', 'refunds'].map((id) => state(over, id))).toEqual(['ok', 'ok']);
    expect(state(run({ state: 'done', pulling: false, counts: { pulled: 1, unchanged: 1 } }), 'refunds')).toBe('ok');
    expect(state(run({ state: 'queued' }), 'bill')).toBe('waiting');
    expect(nodeRun(undefined, current().graph, 'bill')).toBeUndefined();
  });
});

describe('fields around a node', () => {
  it('finds the writer behind a mapping and knows when documents were remade', () => {
    expect(writerBehind(current().graph, 'bill')).toBe('k3');
    expect(writerBehind(current().graph, 'mark')).toBeUndefined();
    expect(looksLikeSource(current().graph, 'bill')).toBe(true);
  });
  it('adds the fields of the chosen form', () => {
    const operation = { name: 'save', kind: 'write' as const, title: { zh: '' }, form: 'FormId', request: [{ field: 'FormId', title: { zh: '' } }], forms: [{ id: 'A', request: [{ field: 'FBillNo', title: { zh: '' } }] }, { id: 'B', request: [{ field: 'FormId', title: { zh: 'mine' } }] }] };
    const node = { id: 'k3', type: 'target', settings: { params: [{ field: 'FormId', value: 'A' }] } };
    expect(requestFields(operation, node).map((field) => field.field)).toEqual(['FormId', 'FBillNo']);
    expect(requestFields(operation, { id: 'k3', type: 'target' })).toHaveLength(1);
    expect(requestFields(operation, { ...node, settings: { params: [{ field: 'FormId', value: 'B' }] } })).toEqual([{ field: 'FormId', title: { zh: 'mine' } }]);
    expect(nodesOf(documentNow())).toHaveLength(7);
  });
});

it('forgets the flow before when another one opens', () => {
  useDesigner.setState({ selected: new Set(['bill']), samples: { refunds: { items: [1], at: 0, request: undefined, total: 1, origin: 'taken', basis: '' } } });
  openFlow({ id: 'f2' });
  expect(current()).toMatchObject({ samples: {}, flow: { id: 'f2' } });
  expect(current().selected.size).toBe(0);
});
