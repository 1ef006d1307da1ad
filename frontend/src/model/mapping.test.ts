import { describe, expect, it } from 'vitest';
import type { Field, Json } from '../shared/api/types';
import { scoreOf, suggest, sure } from './automatch';
import { addCondition, addGroup, readGroups, removeCondition, setCondition } from './conditions';
import { flatLines, isMissing, lineMode, mappingLines, progress, setRow } from './mapping';
import { flatten, onFirstLine, sampleFields, shortText, unwrapped, valueAt } from './sampleTree';

const declared: Field[] = [
  { field: 'FBillNo', title: { zh: 'no', en: 'Number' } },
  { field: 'FDate', title: { zh: 'date' }, type: 'date', required: true },
  { field: 'FEntity', title: { zh: 'lines' }, type: 'array', required: true, children: [
    { field: 'FMaterialId', title: { zh: 'm' }, required: true },
    { field: 'FRealQty', title: { zh: 'q' }, type: 'decimal', required: true },
    { field: 'FOwnerTypeId', title: { zh: 'o' }, required: true, default: 'BD_OwnerOrg' },
  ] },
];
const rows: Json = [
  { field: 'FBillNo', value: '{{o_id}}' },
  { field: 'FEntity', type: 'array', value: 'items', note: 'kept', children: [{ field: 'FRealQty', value: '{{items.r_qty}}' }] },
  { field: 'FCustom', value: 'x', title: 'mine' },
];
const sample: Json = { o_id: 7, confirm_date: '2026-01-02', total: 3, items: [{ sku_id: 'S9', r_qty: 2, price: '1.10' }, { sku_id: 'S8' }], shop: { id: 1 } };
const operation: Field[] = [{ field: 'o_id', title: { zh: 'id' }, type: 'int' }, { field: 'items', title: { zh: 'l' }, type: 'array', children: [{ field: 'sku_id', title: { zh: 's' } }] }];

describe('mapping', () => {
  const lines = mappingLines(rows, declared);
  it('shows declared fields in their order and the others behind', () => {
    expect(flatLines(lines).map((one) => one.id)).toEqual(['FBillNo', 'FDate', 'FEntity', 'FEntity.FMaterialId', 'FEntity.FRealQty', 'FEntity.FOwnerTypeId', 'FCustom']);
    expect(lines[3]).toMatchObject({ extra: true, title: { zh: 'mine' } });
    expect(lines[2]?.children[0]).toMatchObject({ scope: 'items', depth: 1 });
  });
  it('tells modes', () => expect(flatLines(lines).map(lineMode)).toEqual(['field', 'empty', 'loop', 'empty', 'field', 'empty', 'constant']));
  it('counts what is required and missing', () => {
    expect(progress(lines)).toEqual({ required: 5, filled: 3 });
    expect(isMissing(lines[1] ?? expect.fail('no line'))).toBe(true);
    expect(isMissing(lines[0] ?? expect.fail('no line'))).toBe(false);
  });
  it('sets rows in the declared order and keeps unknown members', () => {
    const next = setRow(setRow(rows, ['FDate'], declared, { value: '{{d}}' }), ['FEntity', 'FMaterialId'], declared, { value: '{{items.sku_id}}' });
    expect(next).toEqual([
      { field: 'FBillNo', value: '{{o_id}}' }, { field: 'FDate', value: '{{d}}' },
      { field: 'FEntity', type: 'array', value: 'items', note: 'kept', children: [{ field: 'FMaterialId', value: '{{items.sku_id}}' }, { field: 'FRealQty', value: '{{items.r_qty}}' }] },
      { field: 'FCustom', value: 'x', title: 'mine' },
    ]);
  });
  it('a row of a field that only the system told of says how it is written', () => {
    const parser = { name: 'ConvertObjectParser', params: ['FNumber'] };
    const told = [
      { field: 'FRECTUNIT', title: { zh: '' }, told: true, parser },
      { field: 'FPAYAPPLYENTRY', title: { zh: '' }, told: true, type: 'array', children: [{ field: 'FAPPLYAMOUNTFOR', title: { zh: '' }, told: true, type: 'decimal' }] },
      { field: 'FDATE', title: { zh: '' }, told: true, type: 'date', format: 'date' },
    ];
    const made = setRow(setRow(setRow([], ['FRECTUNIT'], told, { value: 'V' }), ['FPAYAPPLYENTRY', 'FAPPLYAMOUNTFOR'], told, { value: '1' }), ['FDATE'], told, { value: '{{d}}' });
    expect(made).toEqual([
      { field: 'FRECTUNIT', parser, value: 'V' },
      { field: 'FPAYAPPLYENTRY', type: 'array', children: [{ field: 'FAPPLYAMOUNTFOR', type: 'decimal', value: '1' }] },
      { field: 'FDATE', type: 'date', format: 'date', value: '{{d}}' },
    ]);
    expect(setRow(made, ['FRECTUNIT'], told, { value: '' })).toHaveLength(2);
    // A parser that a person set stays with a row that is emptied.
    expect(setRow(made, ['FRECTUNIT'], [], { value: '' })).toHaveLength(3);
  });
  it('makes parents and drops rows left with nothing', () => {
    const made = setRow([], ['FEntity', 'FRealQty'], declared, { value: '1' });
    expect(made).toEqual([{ field: 'FEntity', type: 'array', children: [{ field: 'FRealQty', value: '1' }] }]);
    expect(setRow(made, ['FEntity', 'FRealQty'], declared, { value: '' })).toEqual([]);
    expect(setRow(rows, ['FEntity', 'FRealQty'], declared, { value: '' })).toMatchObject([{}, { note: 'kept' }, {}]);
  });
  it('tells repeated rows of one field apart', () => {
    const twice: Json = [{ field: 'FBillNo', value: 'a' }, { field: 'FBillNo', value: 'b' }];
    expect(mappingLines(twice, declared).slice(0, 2).map((one) => [one.id, one.value])).toEqual([['FBillNo', 'a'], ['FBillNo#2', 'b']]);
    expect(setRow(twice, ['FBillNo#2'], declared, { value: 'c' })).toEqual([{ field: 'FBillNo', value: 'a' }, { field: 'FBillNo', value: 'c' }]);
  });
});

describe('the tree of a sample', () => {
  const fields = flatten(sampleFields(sample, operation));
  it('merges what is declared with what came', () => {
    expect(fields.map((one) => [one.path, one.type, one.scope, one.isNew])).toEqual([
      ['o_id', 'int', '', false], ['items', 'array', '', false], ['items.sku_id', 'string', 'items', false], ['items.r_qty', 'int', 'items', true],
      ['items.price', 'string', 'items', true], ['confirm_date', 'string', '', true], ['total', 'int', '', true], ['shop', 'object', '', true], ['shop.id', 'int', '', true],
    ]);
    expect(fields[1]?.count).toBe(2);
    expect(fields[2]?.value).toBe('S9');
  });
  it('reads values by path', () => {
    expect(valueAt(sample, ['items', 'sku_id'])).toBe('S9');
    expect(valueAt(sample, ['nobody', 'x'])).toBeUndefined();
    expect(onFirstLine(sample, 'items')).toMatchObject({ o_id: 7, items: { sku_id: 'S9' } });
    expect([unwrapped({ FNumber: { x: '100' } }), unwrapped({ a: 1, b: 2 }), unwrapped('s')]).toEqual(['100', { a: 1, b: 2 }, 's']);
    expect(shortText({ a: 'x'.repeat(100) })).toHaveLength(81);
  });
});

describe('automatch', () => {
  const source = sampleFields({ FBillNo: 1, date: '2026-01-01', qty: 1, items: [{ FMaterialId: 'S', real_qty: 1 }] }, []);
  it('proposes inside the same array only', () => {
    const found = suggest(mappingLines([{ field: 'FEntity', type: 'array', value: 'items' }], declared), source);
    expect(found.get('FBillNo')?.[0]).toMatchObject({ value: '{{FBillNo}}', score: 1 });
    expect(found.get('FDate')?.[0]).toMatchObject({ value: '{{date}}', score: 0.9 });
    expect(found.get('FEntity.FMaterialId')?.[0]?.value).toBe('{{items.FMaterialId}}');
    expect(found.get('FEntity.FRealQty')?.map((one) => one.value)).toEqual(['{{items.real_qty}}']);
    expect(sure(found).map(([id]) => id)).toEqual(['FBillNo', 'FDate', 'FEntity.FMaterialId', 'FEntity.FRealQty']);
  });
  it('names an array without braces and never overwrites', () => {
    const found = suggest(mappingLines([{ field: 'FBillNo', value: 'kept' }], declared), source);
    expect(found.has('FBillNo')).toBe(false);
    expect(found.get('FEntity')?.[0]?.value).toBe('items');
  });
  it('never gives a list to a plain field', () => {
    const [items] = sampleFields({ FBillNo: [1] }, []);
    const [line] = mappingLines([], declared);
    expect(scoreOf(items ?? expect.fail('none'), line ?? expect.fail('none'))).toBe(0);
  });
});

describe('conditions', () => {
  it('edits groups', () => {
    let groups = addCondition(addGroup(readGroups('no')), 0);
    groups = setCondition(groups, 0, 1, 'field', 'status');
    groups = setCondition(groups, 0, 0, 'logic', 'isnull');
    expect(groups).toEqual([[{ field: '', logic: 'isnull' }, { field: 'status', logic: 'eq', value: '' }]]);
    expect(removeCondition(removeCondition(groups, 0, 0), 0, 0)).toEqual([]);
  });
  it('keeps members it does not know', () => expect(setCondition([[{ field: 'a', logic: 'eq', value: 1, title: 't' }]], 0, 0, 'field', 'b')).toEqual([[{ field: 'b', logic: 'eq', value: 1, title: 't' }]]));
});
