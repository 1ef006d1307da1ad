import { describe, expect, it } from 'vitest';
import { fittingPorts, refuse } from './connect';
import { readDocument } from './document';
import { downstream, graphOf, neighbours, order, outputsOf, sourcesOf, upstream } from './graph';
import { DECLARED, refundFlow, TYPES } from './testing';

const flow = refundFlow();
const graph = graphOf(flow, TYPES);
const end = (node: string, port: string) => ({ node, port });

describe('graph', () => {
  it('resolves ports and leaves out edges whose ends do not exist', () => {
    expect(graph.links.map((link) => link.id)).toEqual([
      'span.out>pages.in', 'pages.out>refunds.in', 'refunds.out>keep.in', 'keep.true>bill.in', 'bill.out>k3.in', 'k3.done>mark.in',
    ]);
    expect(graph.links[5]).toMatchObject({ index: 5, from: { node: 'k3', port: 'done' } });
  });
  it('tells repeated edges apart', () => {
    const twice = readDocument({ spec: { nodes: [{ id: 'a', type: 'map' }, { id: 'b', type: 'map' }], edges: [{ from: 'a', to: 'b' }, { from: 'a.out', to: 'b' }] } });
    expect(graphOf(twice, TYPES).links.map((link) => link.id)).toEqual(['a.out>b.in', 'a.out>b.in#2']);
  });
  it('gives the first of repeated nodes and no node without an id', () => {
    const odd = readDocument({ spec: { nodes: [{ id: 'a', type: 'map', title: '1' }, { id: 'a', type: 'map', title: '2' }, { type: 'map' }, 7], edges: [] } });
    expect([...graphOf(odd, TYPES).nodes.values()].map((node) => node.title)).toEqual(['1']);
  });
  it('adds the error port to nodes that handle documents only', () => {
    expect(DECLARED.map((one) => [one.type, outputsOf(one).map((port) => port.name).join()])).toEqual([
      ['window', 'out'], ['paginate', 'out'], ['source', 'out,error'], ['filter', 'true,false,error'], ['map', 'out,error'], ['target', 'done,error'], ['writeback', 'error'],
    ]);
  });
  it('orders, walks both ways and survives cycles', () => {
    expect(order(graph)).toEqual(['span', 'pages', 'refunds', 'keep', 'bill', 'k3', 'mark']);
    expect([...downstream(graph, 'bill')].sort()).toEqual(['k3', 'mark']);
    expect([...upstream(graph, 'refunds')].sort()).toEqual(['pages', 'span']);
    const circle = readDocument({ spec: { nodes: ['a', 'b', 'c'].map((id) => ({ id, type: 'map' })), edges: [{ from: 'a', to: 'b' }, { from: 'b', to: 'a' }, { from: 'b', to: 'c' }] } });
    expect(order(graphOf(circle, TYPES))).toEqual(['a', 'b', 'c']);
    expect([...downstream(graphOf(circle, TYPES), 'a')].sort()).toEqual(['a', 'b', 'c']);
  });
  it('finds the source a node is about, also from its pull side', () => {
    expect(sourcesOf(graph, 'k3')).toEqual(['refunds']);
    expect(sourcesOf(graph, 'refunds')).toEqual(['refunds']);
    expect(sourcesOf(graph, 'span')).toEqual(['refunds']);
  });
  it('walks to neighbours', () => {
    expect(neighbours(graph, 'keep')).toEqual({ previous: 'refunds', next: 'bill' });
    expect(neighbours(graph, 'span').previous).toBeUndefined();
  });
});

describe('refusals', () => {
  it.each([
    ['self', end('bill', 'out'), end('bill', 'in')],
    ['duplicate', end('keep', 'true'), end('bill', 'in')],
    ['noInput', end('keep', 'false'), end('span', 'in')],
    ['unknownPort', end('keep', 'maybe'), end('k3', 'in')],
    ['unknownPort', end('keep', 'true'), end('k3', 'out')],
    ['traffic', end('span', 'out'), end('bill', 'in')],
    ['traffic', end('k3', 'done'), end('refunds', 'in')],
    ['cycle', end('k3', 'done'), end('bill', 'in')],
    ['shared', end('span', 'out'), end('refunds', 'in')],
  ] as const)('%s', (code, from, to) => {
    expect(refuse(graph, from, to)).toEqual({ code, from: from.node, to: to.node });
  });
  it('holds a source to one pull chain', () => {
    const two = readDocument({ spec: { nodes: [...flow.spec.nodes, { id: 'other', type: 'window' }, { id: 'free', type: 'source' }], edges: flow.spec.edges } });
    const grown = graphOf(two, TYPES);
    expect(refuse(grown, end('other', 'out'), end('refunds', 'in'))?.code).toBe('joined');
    expect(refuse(grown, end('other', 'out'), end('free', 'in'))).toBeUndefined();
    const pagers = readDocument({ spec: { nodes: [{ id: 'p', type: 'paginate' }, { id: 'q', type: 'paginate' }], edges: [] } });
    expect(refuse(graphOf(pagers, TYPES), end('p', 'out'), end('q', 'in'))?.code).toBe('repeated');
  });
  it('judges only the shape where a type is unknown', () => {
    const strange = readDocument({ spec: { nodes: [{ id: 'a', type: 'plugin.x' }, { id: 'b', type: 'map' }], edges: [{ from: 'b', to: 'a' }] } });
    expect(refuse(graphOf(strange, TYPES), end('a', 'out'), end('b', 'in'))?.code).toBe('cycle');
    expect(refuse(graphOf(strange, TYPES), end('b', 'error'), end('a', ''))).toBeUndefined();
  });
  it('ignores the edge that will go', () => {
    expect(refuse(graph, end('keep', 'true'), end('bill', 'in'), 'keep.true>bill.in')).toBeUndefined();
  });
  it('picks the first port that fits', () => {
    expect(fittingPorts(graph, 'keep', 'k3')).toEqual({ from: end('keep', 'true'), to: end('k3', 'in') });
    expect(fittingPorts(graph, 'keep', 'bill')).toEqual({ from: end('keep', 'false'), to: end('bill', 'in') });
    expect(fittingPorts(graph, 'span', 'bill')).toBeUndefined();
  });
});
