import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Field, Json } from '~/shared/api/types';
import { asJson, nodeOf, setSetting, settingsOf } from '~/model/document';
import { lineMode } from '~/model/mapping';
import { sampleFields } from '~/model/sampleTree';
import { refundFlow, TYPES } from '~/model/testing';
import { change, undo } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { type NodeContext, NodeContextValue, useMakeNodeContext } from '../nodeEditor/useNodeContext';
import { draw, flowOf, openFlow, serve } from '../testing';
import MappingEditor from './MappingEditor';

// Every row that is drawn asks for its mode.
vi.mock('~/model/mapping', async (original) => {
  const real = await original<{ lineMode: typeof lineMode }>();
  return { ...real, lineMode: vi.fn(real.lineMode) };
});
const drawn = vi.mocked(lineMode);

const target: Field[] = [{ field: 'FBillNo', title: { zh: '单据编号' } }, { field: 'FRetcustId', title: { zh: '退货客户' }, baseData: 'BD_Customer' }, { field: 'FEntity', title: { zh: '明细' }, type: 'array', children: [{ field: 'FNote', title: { zh: '备注' } }] }, ...Array.from({ length: 497 }, (_, i) => ({ field: `X${i}`, title: { zh: `字段${i}` } }))];
const input: Json = { o_id: 7, shop_id: 3, items: [{ sku_id: 'S9' }] };
const context: NodeContext = { id: 'bill', source: 'refunds', input, samples: [input], answers: [], fields: sampleFields(input, []), operation: undefined, output: undefined, target, request: [], targetParams: [{ field: 'FormId', title: { zh: '表单' }, group: 'other' }], writer: 'k3' };
const rowsNow = () => settingsOf(nodeOf(documentNow(), 'bill')).fields;

function Table() {
  const rows = useDesigner((state) => settingsOf(state.graph.nodes.get('bill')).fields);
  return <MappingEditor rows={rows} onChange={(next) => change(setSetting(documentNow(), 'bill', 'fields', next), 'bill.fields')} disabled={false} errors={{}} path="fields" settingKey="fields" />;
}
const Studio = () => (
  <NodeContextValue value={context}>
    <Table />
  </NodeContextValue>
);
const openWith = (rows: Json) => openFlow({ document: asJson(setSetting(refundFlow(), 'bill', 'fields', rows)) });

beforeEach(() => {
  serve({ 'GET /code-tables': () => ({ body: { items: [{ id: '1', name: 'shops', title: '店铺' }, { id: '2', name: 'customers', title: '客户' }], next: '' } }) });
  openWith([]);
});

describe('many rows', () => {
  it('are not drawn anew for a key in one of them', async () => {
    draw(<Studio />);
    const box = await screen.findByLabelText('FBillNo 单据编号 的值');
    box.focus();
    await userEvent.type(box, 'a');
    drawn.mockClear();
    await userEvent.type(box, 'b');
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: 'ab' }]);
    expect(new Set(drawn.mock.calls.map(([line]) => line.id))).toEqual(new Set(['FBillNo']));
  });

  it('have a context that stays as it is while a value is typed', () => {
    const seen = new Set<NodeContext>();
    function Watch() {
      useDesigner((state) => state.history);
      seen.add(useMakeNodeContext('bill'));
      return null;
    }
    draw(<Watch />);
    const before = seen.size;
    act(() => change(setSetting(documentNow(), 'bill', 'fields', [{ field: 'FBillNo', value: 'x' }]), 'a'));
    expect(seen.size).toBe(before);
  });
});

describe('a row of base data', () => {
  it('proposes a code table and takes it with one click', async () => {
    openWith([{ field: 'FRetcustId', value: '{{shop_id}}' }]);
    draw(<Studio />);
    await userEvent.click(await screen.findByRole('button', { name: /退货客户 要目标系统的编码/ }));
    await userEvent.click(await screen.findByRole('menuitem', { name: '客户 (customers)' }));
    expect(rowsNow()).toEqual([{ field: 'FRetcustId', value: '{{shop_id}}', table: 'customers' }]);
    expect(screen.queryByRole('button', { name: /要目标系统的编码/ })).toBeNull();
    undo();
    expect(rowsNow()).toEqual([{ field: 'FRetcustId', value: '{{shop_id}}' }]);
  });
});

describe('the mapping of another flow', () => {
  it('is seen, and proposed for empty rows', async () => {
    const theirs = setSetting(refundFlow(), 'bill', 'fields', [{ field: 'FBillNo', value: '{{o_id}}' }, { field: 'FRetcustId', value: '{{customer}}' }, { field: 'X1', value: '{{params.org}}' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FNote', value: '{{items.sku_id}}' }] }]);
    serve({ 'GET /flows': () => ({ body: { items: [{ id: 'f9', title: '另一个方案' }], next: '' } }), 'GET /flows/f9': () => ({ body: flowOf(theirs, { id: 'f9' }) }) });
    openWith([{ field: 'X1', value: 'mine' }]);
    const map = TYPES.get('map') ?? expect.fail('no such type');
    useDesigner.setState({ types: new Map([...TYPES, ['map', { ...map, settings: [{ key: 'fields', kind: 'mapping', title: { zh: '字段' } }] }]]) });
    draw(<Studio />);
    await userEvent.click(await screen.findByRole('button', { name: '套用其他方案' }));
    const dialog = await screen.findByRole('dialog', { name: '套用其他方案的映射' });
    fireEvent.mouseDown(within(dialog).getByRole('combobox', { name: '方案' }));
    fireEvent.click(await within(dialog).findByTitle('另一个方案'));
    const list = await within(dialog).findByRole('list', { name: '将要填的行' });
    expect(within(list).getAllByRole('listitem').map((one) => one.querySelector('code')?.textContent)).toEqual(['FBillNo', 'FRetcustId', 'FEntity', 'FEntity.FNote']);
    expect(within(list).getByText('源里没有这个字段，请核对').parentElement?.textContent).toContain('FRetcustId');
    await userEvent.click(within(dialog).getByRole('button', { name: '作为建议 (4 行)' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(rowsNow()).toEqual([{ field: 'X1', value: 'mine' }]);
    await userEvent.click(screen.getByRole('button', { name: '全部采用' }));
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: '{{o_id}}' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'FNote', value: '{{items.sku_id}}' }] }, { field: 'X1', value: 'mine' }]);
  });
});

describe('a pasted table', () => {
  it('gives the parameters of the call to the node that writes, in one step', async () => {
    draw(<Studio />);
    const box = await screen.findByLabelText('FBillNo 单据编号 的值');
    const before = settingsOf(nodeOf(documentNow(), 'k3')).params;
    fireEvent.paste(box, { clipboardData: { getData: () => 'FBillNo\t{{o_id}}\nFEntity.Sub.FormId\tSAL' } });
    await screen.findByText(/属于写入参数.*FormId/);
    expect(rowsNow()).toEqual([{ field: 'FBillNo', value: '{{o_id}}' }]);
    expect(JSON.stringify(settingsOf(nodeOf(documentNow(), 'k3')).params)).toContain('"SAL"');
    undo();
    expect(rowsNow()).toEqual([]);
    expect(settingsOf(nodeOf(documentNow(), 'k3')).params).toEqual(before);
  });
});
