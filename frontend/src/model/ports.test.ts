import { describe, expect, it } from 'vitest';
import type { NodeDeclaration } from '../shared/api/types';
import { type FlowDocument, type JsonObject, nodeOf, readDocument, settingsOf } from './document';
import { addLink } from './edit';
import { declarationOf, graphOf } from './graph';
import { changeSettings } from './ports';
import { DECLARED } from './testing';

const port = (name: string) => ({ name, title: { zh: name }, traffic: 'documents' as const });
const SWITCH: NodeDeclaration = {
  type: 'switch', typeVersion: 1, title: { zh: '分支' }, describe: { zh: '' }, icon: '', category: 'process', kind: 'transform', inputs: [port('in')], outputs: [port('else')], outputsFrom: 'cases',
  settings: [{ key: 'cases', kind: 'list', title: { zh: '出口' } }],
};
const types = new Map([...DECLARED, SWITCH].map((one) => [one.type, one]));

const flow = (cases: JsonObject[]): FlowDocument =>
  readDocument({
    spec: {
      nodes: [{ id: 'ways', type: 'switch', settings: { mode: 'first', cases } }, { id: 'a', type: 'map' }, { id: 'b', type: 'map' }, { id: 'c', type: 'map' }],
      edges: [{ from: 'ways.web', to: 'a' }, { from: 'ways.pos', to: 'b', note: 'kept' }, { from: 'ways', to: 'c' }, 'odd'],
    },
  });
const WEB = { port: 'web', title: '电商' };
const POS = { port: 'pos' };

const outputs = (doc: FlowDocument) => declarationOf(graphOf(doc, types), 'ways')?.outputs?.map((one) => `${one.name}=${one.title.zh}`);
const edges = (doc: FlowDocument) => doc.spec.edges.map((edge) => (typeof edge === 'object' && edge !== null && !Array.isArray(edge) ? edge.from : edge));
const edited = (doc: FlowDocument, cases: JsonObject[] | undefined) => {
  const node = nodeOf(doc, 'ways');
  if (node === undefined) throw new Error('no node');
  const { cases: _, ...rest } = settingsOf(node);
  return changeSettings(doc, node, SWITCH, cases === undefined ? rest : { ...rest, cases });
};

describe('ports that settings give', () => {
  it('stand before the declared ones, and an edge without a port means the declared one', () => {
    const doc = flow([WEB, POS]);
    expect(outputs(doc)).toEqual(['web=电商', 'pos=pos', 'else=else']);
    expect(graphOf(doc, types).links.map((link) => link.id)).toEqual(['ways.web>a.in', 'ways.pos>b.in', 'ways.else>c.in']);
    expect(addLink(flow([WEB]), { node: 'ways', port: 'else' }, { node: 'b', port: 'in' }, types).spec.edges.at(-1)).toEqual({ from: 'ways', to: 'b' });
    expect(addLink(flow([WEB]), { node: 'ways', port: 'web' }, { node: 'b', port: 'in' }, types).spec.edges.at(-1)).toEqual({ from: 'ways.web', to: 'b' });
  });
  it('leave out rows without a name and names that are taken', () => {
    expect(outputs(flow([{ title: 'x' }, WEB, WEB, { port: 'else' }, { port: 'error' }]))).toEqual(['web=电商', 'else=else']);
    expect(outputs(readDocument({ spec: { nodes: [{ id: 'ways', type: 'switch', settings: { cases: 'x' } }], edges: [] } }))).toEqual(['else=else']);
  });
  it('are the same object as long as the node is', () => {
    const graph = graphOf(flow([WEB]), types);
    expect(declarationOf(graph, 'ways')).toBe(declarationOf(graph, 'ways'));
    expect(declarationOf(graph, 'a')).toBe(types.get('map'));
  });
  it('are named when their row is added', () => {
    const doc = edited(flow([WEB, { port: 'out1' }]), [WEB, { port: 'out1' }, { title: '门店' }]);
    expect(outputs(doc)).toEqual(['web=电商', 'out1=out1', 'out2=门店', 'else=else']);
  });
  it('keep the name that a person took away, and leave other settings alone', () => {
    expect(outputs(edited(flow([WEB, POS]), [WEB, { title: 'x' }]))).toEqual(['web=电商', 'else=else']);
    const doc = flow([WEB]);
    const node = nodeOf(doc, 'ways');
    expect(node && settingsOf(nodeOf(changeSettings(doc, node, SWITCH, { mode: 'all', cases: [WEB] }), 'ways'))).toEqual({ mode: 'all', cases: [WEB] });
    expect(node && changeSettings(doc, node, SWITCH, settingsOf(node))).toBe(doc);
  });
});

describe('edges at such ports', () => {
  it('follow a new name', () => {
    const doc = edited(flow([WEB, POS]), [WEB, { port: 'shop' }]);
    expect(edges(doc)).toEqual(['ways.web', 'ways.shop', 'ways', 'odd']);
    expect(doc.spec.edges[1]).toEqual({ from: 'ways.shop', to: 'b', note: 'kept' });
  });
  it('go with their row', () => {
    expect(edges(edited(flow([WEB, POS]), [POS]))).toEqual(['ways.pos', 'ways', 'odd']);
    expect(edges(edited(flow([WEB, POS]), undefined))).toEqual(['ways', 'odd']);
  });
  it('stay when rows change places, or a name is missing for the moment', () => {
    expect(edges(edited(flow([WEB, POS]), [POS, WEB]))).toEqual(['ways.web', 'ways.pos', 'ways', 'odd']);
    expect(edges(edited(flow([WEB, POS]), [WEB, { title: 'x' }]))).toEqual(['ways.web', 'ways.pos', 'ways', 'odd']);
    expect(edges(edited(flow([WEB, POS]), [WEB, { port: 'web' }]))).toEqual(['ways.web', 'ways.pos', 'ways', 'odd']);
  });
});
