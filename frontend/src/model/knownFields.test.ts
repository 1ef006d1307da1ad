import { describe, expect, it } from 'vitest';
import { nodeOf, readDocument, settingsOf } from './document';
import { addDiscovered, knownFields, withFields } from './knownFields';
import { refundFlow } from './testing';

const found = (field: string) => ({ field, type: 'string', origin: 'auto', firstSeen: '2026-01-01 00:00:00', sample: 'x' });

describe('fields that a sample discovered', () => {
  it('come behind those that are known, which stay', () => {
    const once = addDiscovered(refundFlow(), 'refunds', [found('no'), found('items')]);
    const twice = addDiscovered(once, 'refunds', [found('items'), found('items.sku')]);
    expect(settingsOf(nodeOf(twice, 'refunds'))).toEqual({ operation: 'refund.single.query', fields: [found('no'), found('items'), found('items.sku')] });
    expect(addDiscovered(twice, 'refunds', [found('no')])).toBe(twice);
    expect(addDiscovered(twice, 'nobody', [found('no')])).toBe(twice);
  });
});

describe('known fields', () => {
  const node = (fields: unknown) => nodeOf(readDocument({ spec: { nodes: [{ id: 's', type: 'source', settings: { fields: fields as never } }], edges: [] } }), 's');
  it('stand as a tree', () => {
    const tree = knownFields(node([{ field: 'items', type: 'array' }, { field: 'items.sku', title: '货号' }, { field: 'items.lots', type: 'array' }, { field: 'items.lots.no' }, { field: 'a.b' }, { field: 'a.b.c' }]));
    expect(tree).toEqual([
      {
        field: 'items', title: { zh: '' }, type: 'array',
        children: [
          { field: 'sku', title: { zh: '货号' }, type: 'string' },
          { field: 'lots', title: { zh: '' }, type: 'array', children: [{ field: 'no', title: { zh: '' }, type: 'string' }] },
        ],
      },
      { field: 'a.b', title: { zh: '' }, type: 'string', children: [{ field: 'c', title: { zh: '' }, type: 'string' }] },
    ]);
  });
  it('leave out what has no name or is there already', () => {
    expect(knownFields(node([{ type: 'int' }, 7, { field: 'a' }, { field: 'a', type: 'int' }]))).toEqual([{ field: 'a', title: { zh: '' }, type: 'string' }]);
    expect(knownFields(node('x'))).toEqual([]);
    expect(knownFields(undefined)).toEqual([]);
  });
  it('add to what the operation declares', () => {
    const declared = [{ field: 'items', title: { zh: '明细' }, type: 'array', children: [{ field: 'sku', title: { zh: '货号' }, type: 'string' }] }];
    expect(withFields(declared, knownFields(node([{ field: 'items', type: 'array' }, { field: 'items.sku' }, { field: 'items.qty', type: 'int' }, { field: 'no' }])))).toEqual([
      { field: 'items', title: { zh: '明细' }, type: 'array', children: [{ field: 'sku', title: { zh: '货号' }, type: 'string' }, { field: 'qty', title: { zh: '' }, type: 'int' }] },
      { field: 'no', title: { zh: '' }, type: 'string' },
    ]);
  });
});
