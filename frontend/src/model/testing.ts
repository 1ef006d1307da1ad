import type { NodeDeclaration, Port } from '../shared/api/types';
import { type FlowDocument, readDocument, type Types } from './document';

// Declarations and a flow for tests, small but of the product's own shapes.

const documents = (name: string): Port => ({ name, title: { zh: name }, traffic: 'documents' });
const requests = (name: string): Port => ({ name, title: { zh: name }, traffic: 'request' });

const declare = (type: string, rest: Partial<NodeDeclaration>): NodeDeclaration => ({
  type, typeVersion: 1, title: { zh: type }, describe: { zh: '' }, icon: '', category: 'process', kind: 'transform', settings: [], ...rest,
});

export const DECLARED: NodeDeclaration[] = [
  declare('window', { kind: 'pull', role: 'window', category: 'read', outputs: [requests('out')] }),
  declare('paginate', {
    kind: 'pull', role: 'paginate', category: 'read', inputs: [requests('in')], outputs: [requests('out')],
    settings: [
      { key: 'strategy', kind: 'choice', title: { zh: 's' } },
      { key: 'keyField', kind: 'text', title: { zh: 'k' }, default: 'id', when: { key: 'strategy', in: ['keyset'] } },
      { key: 'maxPages', kind: 'int', title: { zh: 'm' }, default: '10000' },
      { key: 'strict', kind: 'bool', title: { zh: 'b' }, default: 'true' },
    ],
  }),
  declare('source', { kind: 'pull', role: 'source', category: 'read', inputs: [requests('in')], outputs: [documents('out')], connection: true }),
  declare('filter', { inputs: [documents('in')], outputs: [documents('true'), documents('false')] }),
  declare('map', { inputs: [documents('in')], outputs: [documents('out')] }),
  declare('target', { kind: 'sink', role: 'target', category: 'write', inputs: [documents('in')], outputs: [documents('done')], connection: true }),
  declare('writeback', { kind: 'sink', role: 'writeback', category: 'write', inputs: [documents('in')] }),
];

export const TYPES: Types = new Map(DECLARED.map((one) => [one.type, one]));

/** span → pages → refunds → keep → bill → k3 → mark, with members that this code does not know. */
export const refundFlow = (): FlowDocument =>
  readDocument({
    apiVersion: 'karez/v1', kind: 'Flow', later: { a: 1 }, metadata: { id: 'x', title: 'Refunds' },
    spec: {
      triggers: [{ manual: true }], unheard: ['of'],
      nodes: [
        { id: 'span', type: 'window', settings: { lag: '2m' } },
        { id: 'pages', type: 'paginate' },
        { id: 'refunds', type: 'source', connection: 'jst', settings: { operation: 'refund.single.query' }, mystery: true },
        { id: 'keep', type: 'filter' },
        { id: 'bill', type: 'map', title: 'Bill', settings: { fields: [{ field: 'FBillNo', value: '{{o_id}}' }] } },
        { id: 'k3', type: 'target', connection: 'k3' },
        { id: 'mark', type: 'writeback' },
        'not a node',
      ],
      edges: [
        { from: 'span', to: 'pages' }, { from: 'pages', to: 'refunds' }, { from: 'refunds', to: 'keep', note: 'kept' }, { from: 'keep', to: 'bill' },
        { from: 'bill', to: 'k3' }, { from: 'k3.done', to: 'mark' }, { from: 'ghost', to: 'bill' },
      ],
      layout: { theme: 'wide', nodes: { span: { x: 0, y: 0, pinned: true } } },
    },
  });
