import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Field, Json } from '~/shared/api/types';
import { asJson, nodeOf, setSetting, settingsOf } from '~/model/document';
import { sampleFields } from '~/model/sampleTree';
import { refundFlow } from '~/model/testing';
import { change, undo } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { type NodeContext, NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, openFlow, serve } from '../testing';
import { keepPairs, usePairs } from './dictionary.store';
import MappingEditor from './MappingEditor';

const target: Field[] = [
  { field: 'FBillNo', title: { zh: '单据编号' }, required: true },
  { field: 'FEntity', title: { zh: '明细信息' }, type: 'array', children: [{ field: 'FMaterialId', title: { zh: '物料编码' }, required: true }, { field: 'FNote', title: { zh: '备注' } }] },
  { field: 'FHeadNote', title: { zh: '备注' } },
];
const input: Json = { o_id: 7, gift: 'y', items: [{ sku_id: 'S9' }] };
const answers: Field[] = [{ field: 'o_id', title: { zh: '内部单号' } }, { field: 'items', title: { zh: '商品列表' }, type: 'array', children: [{ field: 'sku_id', title: { zh: '商品编码' } }] }];
const context: NodeContext = { id: 'bill', source: 'refunds', input, samples: [input], answers, fields: sampleFields(input, answers), operation: undefined, output: undefined, target, request: [] };

const rowsNow = () => settingsOf(nodeOf(documentNow(), 'bill')).fields;

/** The editor of the flow that is open, as the form draws it. */
function Studio({ disabled = false, errors = {}, of = context }: { disabled?: boolean; errors?: Record<string, string>; of?: NodeContext }) {
  const rows = useDesigner((state) => settingsOf(state.graph.nodes.get('bill')).fields);
  return (
    <NodeContextValue value={of}>
      <MappingEditor rows={rows} onChange={(next) => change(setSetting(documentNow(), 'bill', 'fields', next), 'bill.fields')} disabled={disabled} errors={errors} path="fields" settingKey="fields" />
    </NodeContextValue>
  );
}

const openWith = (rows: Json) => openFlow({ document: asJson(setSetting(refundFlow(), 'bill', 'fields', rows)) });
const row = (name: string | RegExp) => screen.getAllByRole('row').find((one) => within(one).queryByRole('rowheader', { name }) !== null) ?? expect.fail(`no row ${String(name)}`);
const names = () => screen.getAllByRole('rowheader').map((one) => one.querySelector('code')?.textContent);
const filter = (name: RegExp) => fireEvent.click(screen.getByRole('radio', { name }));

beforeEach(() => {
  serve({});
  keepPairs({});
  openWith([]);
});

describe('the mapping studio', () => {
  it('takes a pasted table as one step and tells what it did not understand', async () => {
    openWith([{ field: 'FHeadNote', value: 'old' }]);
    draw(<Studio />);
    const box = await screen.findByLabelText('FHeadNote 备注 的值');
    await userEvent.type(box, '!');
    fireEvent.paste(box, { clipboardData: { getData: () => '字段\t字段名称\t类型\t配置值\nFBillNo\t单据编号\tstring\t{{o_id}}\nFEntity\t\tarray\titems\nFEntity.FMaterialId\t\tstring\t{{items.sku_id}}\nFHeadNote\t\t\tnew\nMine\t我的\tbool\tfalse\nwhat is this\tx' } });
    expect(await screen.findByText(/新建 4 行，更新 1 行，0 行未变/)).toBeTruthy();
    expect(screen.getByText('what is this').parentElement?.textContent).toContain('第 7 行');
    expect(rowsNow()).toEqual([
      { field: 'FBillNo', value: '{{o_id}}' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FMaterialId', value: '{{items.sku_id}}' }] },
      { field: 'FHeadNote', value: 'new' }, { field: 'Mine', title: '我的', type: 'bool', value: 'false' },
    ]);
    undo();
    expect(rowsNow()).toEqual([{ field: 'FHeadNote', value: 'old!' }]);
  });

  it('copies chosen rows as a table, sets them all and clears them', async () => {
    openWith([{ field: 'FBillNo', value: '{{o_id}}' }]);
    const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue(undefined);
    draw(<Studio />);
    fireEvent.click(await screen.findByRole('checkbox', { name: '选择 FBillNo' }));
    fireEvent.click(screen.getByRole('checkbox', { name: '选择 FEntity.FNote' }));
    const bar = screen.getByRole('group', { name: '已选 2 行' });
    await userEvent.click(within(bar).getByRole('button', { name: '复制' }));
    expect(written).toHaveBeenCalledWith('字段\t字段名称\t类型\t配置值\nFBillNo\t单据编号\tstring\t{{o_id}}\nFEntity.FNote\t备注\tstring\t');
    await userEvent.click(within(bar).getByRole('button', { name: '设为常量' }));
    await userEvent.type(await screen.findByRole('textbox', { name: '常量值' }), '100{Enter}');
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: '100' }, { field: 'FEntity', type: 'array', children: [{ field: 'FNote', value: '100' }] }]);
    await userEvent.click(within(bar).getByRole('button', { name: '清空' }));
    expect(rowsNow()).toEqual([]);
    undo();
    undo();
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: '{{o_id}}' }]);
  });

  it('ignores what may be empty, and only that', async () => {
    draw(<Studio />);
    fireEvent.click(await screen.findByRole('checkbox', { name: '全选' }));
    await userEvent.click(screen.getByRole('button', { name: '忽略' }));
    expect(rowsNow()).toEqual([{ field: 'FEntity', type: 'array', children: [{ field: 'FNote', value: '' }] }, { field: 'FHeadNote', value: '' }]);
    expect(await screen.findByText(/3 行不能忽略/)).toBeTruthy();
    expect(within(row(/FHeadNote/)).getByText('忽略')).toBeTruthy();
    filter(/^未映射 2$/);
    expect(names()).toEqual(['FBillNo', 'FEntity', 'FMaterialId']);
  });

  it('shows what changed since the flow was opened, parents with it', async () => {
    openWith([{ field: 'FBillNo', value: '{{o_id}}' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FMaterialId', value: '{{items.sku_id}}' }] }]);
    draw(<Studio />);
    await userEvent.type(await screen.findByLabelText('FMaterialId 物料编码 的值'), 'x');
    filter(/^已改 1$/);
    expect(names()).toEqual(['FEntity', 'FMaterialId']);
  });

  it('finds by initials and by value, from the keyboard', async () => {
    openWith([{ field: 'FBillNo', value: '{{o_id}}' }]);
    draw(<Studio />);
    await screen.findByRole('treegrid');
    fireEvent.keyDown(document.body, { key: 'f', ctrlKey: true });
    expect(document.activeElement?.getAttribute('aria-label')).toBe('搜索字段、名称或值');
    await userEvent.keyboard('wlbm');
    expect(names()).toEqual(['FEntity', 'FMaterialId']);
    await userEvent.clear(screen.getByRole('textbox', { name: '搜索字段、名称或值' }));
    await userEvent.keyboard('o_id');
    expect(names()).toEqual(['FBillNo']);
  });

  it('is walked, folded, chosen and edited by keys', async () => {
    serve({ 'GET /code-tables': () => ({ body: { items: [], next: '' } }) });
    draw(<Studio />);
    await screen.findByRole('treegrid');
    const first = row(/FBillNo/);
    expect(screen.getAllByRole('row').filter((one) => one.tabIndex === 0)).toEqual([first]);
    first.focus();
    await userEvent.keyboard('{ArrowDown}{ArrowLeft}');
    expect(names()).toEqual(['FBillNo', 'FEntity', 'FHeadNote']);
    await userEvent.keyboard('{ArrowRight}{ArrowRight}');
    expect(document.activeElement).toBe(row(/FMaterialId/));
    await userEvent.keyboard(' ');
    expect(row(/FMaterialId/).getAttribute('aria-selected')).toBe('true');
    await userEvent.keyboard('{Enter}ab{Tab}c');
    expect(rowsNow()).toEqual([{ field: 'FEntity', type: 'array', children: [{ field: 'FMaterialId', value: 'ab' }, { field: 'FNote', value: 'c' }] }]);
    await userEvent.keyboard('{Alt>}{ArrowUp}{/Alt}');
    expect(document.activeElement?.getAttribute('aria-label')).toBe('FEntity 明细信息 的值');
    await userEvent.keyboard('{Escape}{Escape}{ArrowDown}{Delete}');
    expect(rowsNow()).toEqual([{ field: 'FEntity', type: 'array', children: [{ field: 'FNote', value: 'c' }] }]);
    await userEvent.keyboard('{F2}');
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByRole('combobox', { name: /FEntity\.FMaterialId 物料编码 的值/ })).toBeTruthy();
  });

  it('proposes without writing, takes a list with its line, and learns', async () => {
    draw(<Studio />);
    await userEvent.click(await screen.findByRole('button', { name: '自动匹配' }));
    expect(rowsNow()).toEqual([]);
    row(/FMaterialId/).focus();
    await userEvent.keyboard('{Alt>}{Enter}{/Alt}');
    expect(rowsNow()).toEqual([{ field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FMaterialId', value: '{{items.sku_id}}' }] }]);
    expect(usePairs.getState().pairs).toEqual({ entity: ['items'], materialid: ['skuid'] });
    expect(JSON.parse(localStorage.getItem('karez.mapping.pairs') ?? '')).toEqual(usePairs.getState().pairs);
    await userEvent.click(screen.getByRole('button', { name: '全部采用' }));
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: '{{o_id}}' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FMaterialId', value: '{{items.sku_id}}' }] }]);
  });

  it('strikes through what no sample has and adds what nobody declared', async () => {
    openWith([{ field: 'FBillNo', value: '{{o_ids}}' }, { field: 'FEntity', type: 'array', value: 'items' }]);
    draw(<Studio />);
    expect(await within(await screen.findByRole('treegrid')).findByText('接口和样例里都没有 o_ids。')).toBeTruthy();
    expect(row(/FBillNo/).querySelector('[data-lost="true"]')).not.toBeNull();
    await userEvent.click(screen.getByRole('button', { name: '新字段 1' }));
    await userEvent.click(await screen.findByRole('button', { name: '添加 gift' }));
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: '{{o_ids}}' }, { field: 'FEntity', type: 'array', value: 'items' }, { field: 'gift', value: '{{gift}}' }]);
    await userEvent.click(screen.getByRole('button', { name: '样例缺失 1' }));
    expect(names()).toContain('FBillNo');
    expect(names()).not.toContain('FHeadNote');
  });

  it('draws only what is in sight of many rows, with their lists above them', async () => {
    const many: Field[] = [{ field: 'L', title: { zh: '明细' }, type: 'array', children: Array.from({ length: 500 }, (_, i) => ({ field: `F${i}`, title: { zh: `字段${i}` } })) }];
    draw(<Studio of={{ ...context, target: many }} />);
    const grid = await screen.findByRole('treegrid');
    expect(grid.getAttribute('aria-rowcount')).toBe('501');
    expect(within(grid).getAllByRole('row').length).toBeLessThan(60);
    const rows = within(grid).getAllByRole('rowgroup')[0] ?? expect.fail('no rows');
    Object.assign(rows, { scrollTop: 38 * 200 });
    fireEvent.scroll(rows);
    await waitFor(() => expect(rows.querySelector('[aria-hidden="true"] code')?.textContent).toBe('L'));
    expect(within(grid).getByText('F200')).toBeTruthy();
  });

  it('lets nobody change what may only be read', async () => {
    openWith([{ field: 'FHeadNote', value: 'x' }]);
    draw(<Studio disabled />);
    const line = await screen.findByRole('treegrid');
    row(/FHeadNote/).focus();
    await userEvent.keyboard('{Delete}');
    fireEvent.paste(line, { clipboardData: { getData: () => 'FHeadNote\ty' } });
    expect(rowsNow()).toEqual([{ field: 'FHeadNote', value: 'x' }]);
  });
});
