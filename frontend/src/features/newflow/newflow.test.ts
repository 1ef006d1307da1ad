import { expect, test } from 'vitest';
import type { Operation } from '../../shared/api/types';
import { asked, documentOf, match, missing, noChoices } from './model/sketch';

const field = (name: string, more: object = {}) => ({ field: name, title: { zh: name }, type: 'string', ...more });

const orders = {
  name: 'orders', kind: 'query', title: { zh: '订单' }, window: { from: 'begin', to: 'end' }, paging: { strategy: 'page', number: 'page', size: 'size' },
  request: [field('begin', { required: true }), field('end', { required: true }), field('page', { required: true }), field('shop', { required: true }), field('state')],
  response: [field('no'), field('amount', { type: 'decimal' }), field('lines', { type: 'array', children: [field('sku'), field('qty')] })],
} as unknown as Operation;

const bills = {
  name: 'bills', kind: 'write', title: { zh: '单据' }, form: 'Form',
  request: [field('Form', { group: 'other', required: true }), field('Audit', { group: 'other', required: true, default: 'false' }), field('no', { required: true })],
  forms: [{ id: 'SALE', title: { zh: '销售' }, request: [field('amount', { required: true }), field('memo'), field('lines', { type: 'array', children: [field('sku', { required: true }), field('note')] })] }],
} as unknown as Operation;

const chosen = () => {
  const choices = noChoices('2026-11-01');
  choices.source = { connection: 'shop', operation: 'orders', params: { shop: '1' } };
  choices.target = { connection: 'erp', operation: 'bills', params: { Form: 'SALE' } };
  choices.title = '订单 → 单据';
  return choices;
};

test('a person is asked for what neither window, page nor mapping gives', () => {
  const { source, target } = chosen();
  expect(asked(orders, source).map((one) => one.field)).toEqual(['shop']);
  expect(missing(orders, source)).toEqual([]);
  expect(missing(orders, { ...source, params: {} }).map((one) => one.field)).toEqual(['shop']);
  expect(missing(bills, { ...target, params: {} }).map((one) => one.field)).toEqual(['Form']);
});

test('the document reads in windows and pages, maps what fits, and writes', () => {
  const choices = { ...chosen(), values: { memo: '网店', 'lines.note': '{{lines.sku}}' } };
  const matched = match(choices, orders, bills, undefined);
  expect([...matched.found.keys()]).toEqual(expect.arrayContaining(['no', 'amount', 'lines', 'lines.sku']));
  const { metadata, spec } = documentOf(choices, orders, bills, matched, 'Asia/Shanghai') as unknown as { metadata: unknown; spec: { nodes: { id: string; settings?: unknown }[]; edges: unknown[]; triggers: unknown[] } };
  expect(metadata).toEqual({ title: '订单 → 单据' });
  expect(spec.triggers).toEqual([{ schedule: '*/10 * * * *' }, { manual: true }]);
  expect(spec.nodes).toEqual([
    { id: 'span', type: 'window' }, { id: 'pages', type: 'paginate' },
    { id: 'source', type: 'source', connection: 'shop', settings: { operation: 'orders', startFrom: '2026-11-01 00:00:00', params: [{ field: 'shop', value: '1' }] } },
    { id: 'map', type: 'map', settings: { fields: [
      { field: 'no', value: '{{no}}' }, { field: 'amount', value: '{{amount}}' }, { field: 'memo', value: '网店' },
      { field: 'lines', type: 'array', value: 'lines', children: [{ field: 'sku', value: '{{lines.sku}}' }, { field: 'note', value: '{{lines.sku}}' }] },
    ] } },
    { id: 'target', type: 'target', connection: 'erp', settings: { operation: 'bills', params: [{ field: 'Form', value: 'SALE' }] } },
  ]);
  expect(spec.edges).toEqual([{ from: 'span', to: 'pages' }, { from: 'pages', to: 'source' }, { from: 'source', to: 'map' }, { from: 'map', to: 'target' }]);
});

test('what is left out is not mapped, and without a schedule a flow runs by hand', () => {
  const choices = { ...chosen(), left: ['lines', 'amount'], schedule: '' };
  const plain = { ...orders, window: undefined, paging: undefined } as unknown as Operation;
  const { spec } = documentOf(choices, plain, bills, match(choices, plain, bills, undefined), 'Asia/Shanghai') as unknown as { spec: { nodes: { type: string; settings?: object }[]; triggers: unknown[] } };
  expect(spec.triggers).toEqual([{ manual: true }]);
  expect(spec.nodes.map(({ type }) => type)).toEqual(['source', 'map', 'target']);
  expect(spec.nodes[1]?.settings).toEqual({ fields: [{ field: 'no', value: '{{no}}' }] });
  expect(spec.nodes[0]?.settings).not.toHaveProperty('startFrom');
});
