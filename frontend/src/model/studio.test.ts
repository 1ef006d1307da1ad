import { describe, expect, it } from 'vitest';
import type { Field, Json } from '../shared/api/types';
import { learnFrom, scoreOf, SURE, suggest, type Suggestion, sure, withArrays } from './automatch';
import { type Dictionary, isLearned, joined, learn, readDictionary } from './dictionary';
import { addField, lostPaths, newFields } from './drift';
import { changedIds, flatLines, isIgnored, isUnmapped, type Line, lineMode, mappingLines, mayIgnore, missingIds, setRow } from './mapping';
import { flatten, type SampleField, sampleFields, sampleHas, sampleName } from './sampleTree';
import { applyTable, isTable, readTable, readTsv, saidLines, toTsv } from './tsv';

const declared: Field[] = [
  { field: 'FBillNo', title: { zh: '单据编号' } },
  { field: 'FDate', title: { zh: '日期' }, type: 'date', required: true },
  { field: 'FEntity', title: { zh: '明细信息' }, type: 'array', children: [
    { field: 'FMaterialId', title: { zh: '物料编码' }, required: true },
    { field: 'FRealQty', title: { zh: '实退数量' }, type: 'decimal', required: true },
    { field: 'FOwnerTypeId', title: { zh: '货主类型' }, required: true, default: 'BD_OwnerOrg' },
    { field: 'FNote', title: { zh: '备注' } },
  ] },
  { field: 'FHeadNote', title: { zh: '备注' } },
];
const lineAt = (rows: Json | undefined, id: string, fields: readonly Field[] = declared): Line => flatLines(mappingLines(rows, fields)).find((one) => one.id === id) ?? expect.fail(`no line ${id}`);

/** The same numbers in each run. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (state >>> 0) % n;
  };
}
const RUNS = Array.from({ length: 60 }, (_, i) => i + 1);

describe('tables of a spreadsheet', () => {
  const rows: Json = [
    { field: 'FBillNo', value: '{{o_id}}' },
    { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FRealQty', value: '{{items.r_qty}}' }] },
    { field: 'FCustom', title: 'mine', value: 'x' },
  ];
  it('stand in the order of the columns, below their headings', () => {
    expect(toTsv(saidLines(mappingLines(rows, declared)), ['a', 'b', 'c', 'd']).split('\n')).toEqual([
      'a\tb\tc\td', 'FBillNo\t单据编号\tstring\t{{o_id}}', 'FEntity\t明细信息\tarray\titems', 'FEntity.FRealQty\t实退数量\tdecimal\t{{items.r_qty}}', 'FCustom\tmine\tstring\tx',
    ]);
  });
  it('make rows of fields that nobody declares, lists and their lines too', () => {
    const text = '字段 | 字段名称 | 类型 | 配置值 |\nFDate | 日期 | string | {{confirm_date|date}} |\nL | 明细 | array | items |\nL.S | 财务 | object | |\nL.S.Org | 组织 | string | 100 |\nL.Free | 赠品 | bool | |\nA.B | | string | 1 |';
    expect(applyTable([], [], readTable(text))).toEqual({
      created: 6, updated: 0, same: 0, refused: [],
      rows: [
        { field: 'FDate', title: '日期', value: '{{confirm_date|date}}' },
        { field: 'L', title: '明细', type: 'array', value: 'items', children: [{ field: 'S', title: '财务', type: 'object', children: [{ field: 'Org', title: '组织', value: '100' }] }, { field: 'Free', title: '赠品', type: 'bool', value: '' }] },
        { field: 'A', type: 'object', children: [{ field: 'B', value: '1' }] },
      ],
    });
  });
  it('leave to a declared field what it is', () => expect(applyTable([], declared, readTable('FDate\twhatever\tstring\t{{d}}')).rows).toEqual([{ field: 'FDate', value: '{{d}}' }]));
  it.each<[string, string, string, string]>([
    ['one cell', '请求参数', '请求参数', 'cells'],
    ['no name', '\t备注\tstring\tx', '备注 string x', 'name'],
    ['a name with blanks', 'is it\tx', 'is it', 'name'],
    ['an empty step', 'a..b\tx', 'a..b', 'name'],
    ['an unknown type', 'Mine\tm\tblob\tx', 'Mine', 'type'],
    ['below a plain field', 'FBillNo.x\tn\tstring\t1', 'FBillNo.x', 'parent'],
    ['twice', 'FBillNo\t1\nFBillNo\t2', 'FBillNo', 'twice'],
  ])('hand back %s', (_, text, name, reason) => {
    const result = applyTable([], declared, readTable(text));
    expect(result.refused).toEqual([{ at: text.split('\n').length, name, reason }]);
    expect(result.rows).toEqual(reason === 'twice' ? [{ field: 'FBillNo', value: '1' }] : []);
  });
  it('count what they change, and clear what is empty in them', () => {
    const result = applyTable(rows, declared, readTable('FBillNo\t\t\t{{o_id}}\nFHeadNote\t\t\t\nFRealQty\t\t\t5\nFCustom\t\t\t\nFNote\t\t\tn'));
    expect(result).toMatchObject({ created: 1, updated: 2, same: 2, refused: [] });
    expect(result.rows).toEqual([rows[0], { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FRealQty', value: '5' }, { field: 'FNote', value: 'n' }] }, { field: 'FCustom', title: 'mine', value: '' }]);
  });
  it('are read by their headings whatever the order', () => {
    expect(applyTable([], declared, readTable('配置值\t字段\nv\tFBillNo')).rows).toEqual([{ field: 'FBillNo', value: 'v' }]);
    expect(applyTable([], declared, readTable('| field | value |\n|---|:--|\n| FBillNo | {{a|date}} |')).rows).toEqual([{ field: 'FBillNo', value: '{{a|date}}' }]);
  });
  it('reads quoted cells', () => expect(readTsv('a\t"b\t""c""\nd"\r\n\r\ne\tf')).toEqual([['a', 'b\t"c"\nd'], ['e', 'f']]));
  it.each([['{{a}}', false], ['a\tb', true], ['x\ny', false], ['a | b |\nc | d |', true], ['{{a|date}}\n{{b|date}}', false], ['\t', false]])('%j is a table: %s', (text, want) => expect(isTable(text)).toBe(want));

  const values = ['', 'x', '{{a.b|date}}', 'a\tb', 'two\nlines', '"quoted" text', '""', 'a | b', '_function 1+1', "it's"];
  it.each(RUNS)('whatever a mapping says comes back from a spreadsheet, %i', (seed) => {
    const roll = dice(seed);
    const tree = (depth: number): Json[] =>
      Array.from({ length: 1 + roll(4) }, (_, i): Json => {
        const title: Record<string, Json> = roll(2) === 0 ? {} : { title: values[1 + roll(4)] ?? '' };
        if (depth > 0 && roll(3) === 0) return { field: `L${i}`, ...title, type: 'array', value: 'items', children: tree(depth - 1) };
        if (depth > 0 && roll(4) === 0) return { field: `O${i}`, ...title, type: 'object', children: tree(depth - 1) };
        return { field: `f${i}`, ...title, ...((roll(3) === 0 ? { type: 'decimal' } : {}) as Record<string, Json>), value: values[roll(values.length)] ?? '' };
      });
    const rows = tree(3);
    const result = applyTable([], [], readTable(toTsv(saidLines(mappingLines(rows, [])), ['字段', '字段名称', '类型', '配置值'])));
    expect(result.refused).toEqual([]);
    expect(result.rows).toEqual(rows);
    const again = applyTable(result.rows, [], readTable(toTsv(saidLines(mappingLines(rows, [])))));
    expect(again).toEqual({ rows: result.rows, created: 0, updated: 0, same: flatLines(mappingLines(rows, [])).length, refused: [] });
  });
});

describe('what a line stands at', () => {
  const ignored = setRow([], ['FHeadNote'], declared, { value: '' }, true);
  it('is ignored by a row without a value, which a text replaces and its end undoes', () => {
    expect(ignored).toEqual([{ field: 'FHeadNote', value: '' }]);
    expect([lineMode(lineAt(ignored, 'FHeadNote')), isIgnored(lineAt(ignored, 'FHeadNote')), isUnmapped(lineAt(ignored, 'FHeadNote'))]).toEqual(['ignored', true, false]);
    const typed = setRow(ignored, ['FHeadNote'], declared, { value: 'x' });
    expect(setRow(typed, ['FHeadNote'], declared, { value: '' })).toEqual([]);
  });
  it('keeps ignored rows below a list', () => expect(setRow([], ['FEntity', 'FNote'], declared, { value: '' }, true)).toEqual([{ field: 'FEntity', type: 'array', children: [{ field: 'FNote', value: '' }] }]));
  it.each([['FHeadNote', true], ['FDate', false], ['FEntity', false], ['FEntity.FOwnerTypeId', false]])('%s may be ignored: %s', (id, want) => expect(mayIgnore(lineAt([], id))).toBe(want));
  it('misses nothing below a list that is not sent', () => {
    expect([...missingIds(mappingLines([], declared))]).toEqual(['FDate']);
    expect([...missingIds(mappingLines([{ field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FNote', value: 'n' }] }], declared))]).toEqual(['FDate', 'FEntity.FMaterialId', 'FEntity.FRealQty']);
  });
  it('is changed by its own row alone, not by those below', () => {
    const before: Json = [{ field: 'FBillNo', value: 'a' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FNote', value: 'n' }] }, { field: 'FHeadNote', value: 'h', table: 't' }];
    const after: Json = [{ value: 'a', field: 'FBillNo' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FNote', value: 'm' }] }];
    expect([...changedIds(mappingLines(after, declared), mappingLines(before, declared))]).toEqual(['FEntity.FNote', 'FHeadNote']);
  });
});

describe('automatch', () => {
  const field = (key: string, zh = '', type = 'string'): SampleField => ({ path: key, key, type, isNew: false, scope: '', children: [], ...(zh === '' ? {} : { title: { zh } }) });
  const target = (name: string, zh = '', type = 'string'): Line => mappingLines([], [{ field: name, title: { zh }, type }])[0] ?? expect.fail('none');
  it.each<[string, SampleField, Line, number]>([
    ['the same key', field('FNote'), target('FNote'), 1],
    ['a key without its dress', field('material_id'), target('FMaterialId'), 0.9],
    ['a key without its number', field('stock_FNumber'), target('FStock'), 0.9],
    ['the same title', field('aa', '实退数量'), target('bb', '实退数量'), 0.85],
    ['keys that mean the same', field('sku_id'), target('FMaterialId'), 0.8],
    ['titles that mean the same', field('aa', '商品编码'), target('bb', '物料编码'), 0.8],
    ['a title with more in brackets', field('aa', '单价(元)'), target('bb', '含税单价'), 0.8],
    ['an object for a text', field('FNote', '', 'object'), target('FNote'), 0.7],
    ['a list for a text', field('FNote', '', 'array'), target('FNote'), 0],
    ['nothing alike', field('xyz'), target('FNote'), 0],
  ])('%s', (_, source, line, want) => expect(scoreOf(source, line)).toBeCloseTo(want));
  it('is never sure of names that only look alike', () => {
    expect(scoreOf(field('settle_org_ids'), target('FSettleOrgId'))).toBeLessThanOrEqual(0.7);
    expect(scoreOf(field('settle_org_ids'), target('FSettleOrgId'))).toBeGreaterThan(0.5);
  });
  it('learns a pair and is sure of it the next time', () => {
    const lines = mappingLines([], [{ field: 'FRetcustId', title: { zh: '' } }]);
    const source = field('store_of_buyer');
    const taken = [lines[0] ?? expect.fail('none'), { value: '{{store_of_buyer}}', source, score: 0.5 }] as const;
    const learned = learnFrom({}, [taken]);
    expect(learned).toEqual({ retcustid: ['storeofbuyer'] });
    expect(suggest(lines, [source], learned).get('FRetcustId')?.[0]?.score).toBeGreaterThanOrEqual(SURE);
    expect(learnFrom({}, [[lines[0] ?? expect.fail('none'), { ...taken[1], source: field('FRetcustId') }]])).toEqual({});
  });
  it('takes the list with a line of it', () => {
    const lines = mappingLines([], declared);
    const found = suggest(lines, sampleFields({ items: [{ sku_id: 'S' }] }));
    const all = new Map(flatLines(lines).map((one) => [one.id, one]));
    const best = found.get('FEntity.FMaterialId')?.[0] ?? expect.fail('nothing proposed');
    expect(withArrays([all.get('FEntity.FMaterialId') ?? expect.fail('none'), best], all, found).map(([line, one]) => [line.id, one.value])).toEqual([['FEntity', 'items'], ['FEntity.FMaterialId', '{{items.sku_id}}']]);
  });
  it('proposes nothing below a list it is not sure of', () => {
    const found = suggest(mappingLines([], declared), sampleFields({ entities_of: [{ FMaterialId: 'S' }] }));
    expect(found.has('FEntity.FMaterialId')).toBe(false);
  });

  const KEYS = ['FBillNo', 'bill_no', 'FDate', 'sku_id', 'FMaterialId', 'qty', 'FNote', 'remark', 'total', 'FEntity', 'items', 'xyz'];
  it.each(RUNS)('stays in the scope and overwrites nothing, %i', (seed) => {
    const roll = dice(seed);
    const pick = () => KEYS[roll(KEYS.length)] ?? '';
    const record = (depth: number): Record<string, Json> => Object.fromEntries(Array.from({ length: 1 + roll(5) }, () => [pick(), depth > 0 && roll(3) === 0 ? [record(depth - 1)] : depth > 0 && roll(4) === 0 ? record(depth - 1) : 'v']));
    const fieldsOf = (depth: number): Field[] => [...new Set(Array.from({ length: 1 + roll(5) }, pick))].map((name) => (depth > 0 && roll(3) === 0 ? { field: name, title: { zh: '' }, type: 'array', children: fieldsOf(depth - 1) } : { field: name, title: { zh: '' } }));
    const fields = fieldsOf(2);
    const source = sampleFields(record(2));
    let rows: Json = [];
    for (const line of flatLines(mappingLines([], fields))) if (line.type !== 'array' && line.depth === 0 && roll(4) === 0) rows = setRow(rows, line.path, fields, { value: 'kept' });
    const lines = mappingLines(rows, fields);
    const found: Map<string, Suggestion[]> = suggest(lines, source);
    const all = new Map(flatLines(lines).map((one) => [one.id, one]));
    let next: Json = rows;
    for (const [id, best] of sure(found)) {
      const line = all.get(id) ?? expect.fail(`no line ${id}`);
      expect(line.value).toBe('');
      next = setRow(next, line.path, fields, { value: best.value });
    }
    const sources = new Map(flatten(source).map((one) => [one.path, one]));
    for (const line of flatLines(mappingLines(next, fields))) {
      if (line.value === '' || line.value === 'kept') continue;
      expect(sources.get(line.value.replace(/[{}]/g, ''))?.scope).toBe(line.scope);
    }
    expect(flatLines(mappingLines(rows, fields)).filter((one) => one.value === 'kept').map((one) => one.id)).toEqual(flatLines(mappingLines(next, fields)).filter((one) => one.value === 'kept').map((one) => one.id));
  });
});

describe('the dictionary', () => {
  it('keeps the last pair first and no more than a few', () => {
    let known: Dictionary = {};
    for (let i = 0; i < 12; i++) known = learn(known, 't', `s${i}`);
    known = learn(known, 't', 's9');
    expect(known.t?.slice(0, 3)).toEqual(['s9', 's11', 's10']);
    expect(known.t).toHaveLength(8);
    expect([isLearned(known, 't', 's9'), isLearned(known, 't', 's0'), isLearned(known, 'constructor', 'x')]).toEqual([true, false, false]);
  });
  it('comes back from what was exported, joined with what is known', () => {
    const mine = learn({}, 'a', 'x');
    const theirs = readDictionary(JSON.stringify(learn(learn({}, 'a', 'y'), 'b', 'z'))) ?? expect.fail('unreadable');
    expect(joined(mine, theirs)).toEqual({ a: ['y', 'x'], b: ['z'] });
  });
  it.each(['', '[]', '7', '{"a":1}', '{"a":[1]}'])('is not %j', (text) => expect(readDictionary(text)).toBeUndefined());
});

describe('what samples say', () => {
  const operation: Field[] = [{ field: 'o_id', title: { zh: '' } }, { field: 'remark', title: { zh: '' } }, { field: 'items', title: { zh: '' }, type: 'array', children: [{ field: 'sku_id', title: { zh: '' } }] }];
  const samples: Json[] = [{ o_id: 1, items: [] }, { o_id: 2, labels: 'a', items: [{ sku_id: 'S', gift: true }, { sku_id: 'T', batch: 'B' }] }];
  const rows: Json = [
    { field: 'FBillNo', value: '{{o_id}}' }, { field: 'FDate', value: '{{gone|date}} {{params.x}} {{CURRENT_TIME}}' }, { field: 'FHeadNote', value: '{{remark}}' },
    { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FMaterialId', value: '{{items.sku}}' }, { field: 'FNote', value: '{{items.batch}} {{items[0].gift}}' }] },
  ];
  const lines = mappingLines(rows, declared);
  it('finds what is read and nowhere there', () => {
    expect([...lostPaths(lines, samples, sampleFields(samples[0], operation))]).toEqual([
      ['FDate', [{ path: 'gone', declared: false }]], ['FEntity.FMaterialId', [{ path: 'items.sku', declared: false }]], ['FHeadNote', [{ path: 'remark', declared: true }]],
    ]);
  });
  it('says nothing of lines while no sample has any', () => expect([...lostPaths(lines, [samples[0] ?? null], []).keys()]).toEqual(['FDate', 'FHeadNote']));
  it('says nothing without a sample', () => expect(lostPaths(lines, [], []).size).toBe(0));
  it('finds what is there and nobody told of, nor reads', () => {
    expect(newFields(samples, operation, lines).map((one) => one.path)).toEqual(['items.gift', 'labels']);
    expect(newFields(samples, [], lines)).toEqual([]);
  });
  it('adds it where its lines go', () => {
    const [gift, labels] = newFields(samples, operation, lines);
    const added = addField(addField(rows, lines, declared, gift ?? expect.fail('none')), lines, declared, labels ?? expect.fail('none'));
    expect(lineAt(added, 'FEntity.gift')).toMatchObject({ value: '{{items.gift}}', type: 'bool', extra: true });
    expect(lineAt(added, 'labels')).toMatchObject({ value: '{{labels}}', extra: true });
  });
});

describe('samples', () => {
  it('are called by their number, or by what they have', () => {
    expect([sampleName({ a: 1, so_id: 'S7' }, 'so_id'), sampleName({ a: null, b: [1], c: 'C' }, 'so_id'), sampleName({}, ''), sampleName(7, '')]).toEqual(['S7', 'C', '', '']);
  });
  it('are found by any value of the header', () => {
    expect([sampleHas({ a: 1, so_id: 'S7' }, ' s7'), sampleHas({ o_id: 5000123 }, '0012'), sampleHas({ items: [{ n: 'S7' }] }, 'S7'), sampleHas({}, '')]).toEqual([true, true, false, true]);
  });
});
