import { describe, expect, it } from 'vitest';
import type { Field } from '~/shared/api/types';
import { pasteParams, place } from './place';
import { readTable } from './tsv';

const named = (field: string, more: Partial<Field> = {}): Field => ({ field, title: { zh: field }, ...more });
const declared: Field[] = [
  named('FBillNo'),
  named('SubHeadEntity', { type: 'object', children: [named('FSettleOrgId')] }),
  named('FEntity', { type: 'array', children: [named('FNote'), named('FStockId')] }),
  named('FNote'),
];
const others: Field[] = [named('FormId', { group: 'other' }), named('IsAutoSubmitAndAudit', { group: 'other' }), named('FBillNo', { group: 'other' })];
const HEAD = '字段\t字段名称\t类型\t配置值\n';

describe('a pasted table', () => {
  it('goes where the target has its fields, and its parameters to the call', () => {
    const table = `${HEAD}FBillNo\t单据编号\tstring\t{{o_id}}\nFEntity\t明细\tarray\titems\nFEntity.FStockId\t仓库\tstring\t1\nFEntity.SubHeadEntity\t财务\tobject\t\nFEntity.SubHeadEntity.FSettleOrgId\t结算组织\tstring\t100\nFEntity.SubHeadEntity.FormId\t表单\tstring\tSAL\nFEntity.SubHeadEntity.IsAutoSubmitAndAudit\t\tbool\t`;
    const placed = place(readTable(table), declared, others);
    expect(placed.moved).toEqual([{ from: 'FEntity.SubHeadEntity', to: 'SubHeadEntity' }, { from: 'FEntity.SubHeadEntity.FSettleOrgId', to: 'SubHeadEntity.FSettleOrgId' }]);
    expect(placed.params).toEqual([{ field: 'FormId', value: 'SAL' }]);
    expect(placed.rows).toHaveLength(8);
    expect(placed.rows.slice(1).filter((cells) => cells.length > 0).map((cells) => [cells[0], cells[3]])).toEqual([['FBillNo', '{{o_id}}'], ['FEntity', 'items'], ['FEntity.FStockId', '1'], ['SubHeadEntity', ''], ['SubHeadEntity.FSettleOrgId', '100']]);
  });
  it('stays where its value reads the lines, and where nothing is known of the target', () => {
    const table = `FEntity\titems\nFEntity.SubHeadEntity.FSettleOrgId\t{{items.org}}\nMine.FNote\tx\nFEntity.Own\ty`;
    expect(place(readTable(table), declared, others)).toEqual({ rows: readTable(table), moved: [], params: [] });
    const bare = readTable('FEntity\titems\nFEntity.SubHeadEntity.FSettleOrgId\t100');
    expect(place(bare, [], others)).toEqual({ rows: bare, moved: [], params: [] });
  });
  it('keeps apart a field of the lines and one of the head with its name', () => {
    expect(place(readTable('FEntity\titems\nFEntity.FNote\tx'), declared, others).moved).toEqual([]);
  });
  it('sets the parameters of a request, but for constants that are filled in anyway', () => {
    const table = `${HEAD}shop_id\t店铺\tstring\t\nmodified_begin\t起\tstring\t{{LAST_SYNC_TIME datetime}}\nmodified_end\t止\tstring\t2021-05-28 00:00:00\npage_index\t页\tstring\t1\nso_ids\t单号\tstring\tA`;
    expect(pasteParams([{ field: 'so_ids', value: 'old' }], [named('so_ids'), named('modified_begin')], new Set(['modified_begin', 'modified_end', 'page_index']), readTable(table))).toEqual({
      rows: [{ field: 'so_ids', value: 'A' }, { field: 'modified_begin', value: '{{LAST_SYNC_TIME datetime}}' }], taken: 2, left: ['modified_end', 'page_index'],
    });
  });
});
