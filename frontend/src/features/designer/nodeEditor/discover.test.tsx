import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection, Connector, Json } from '~/shared/api/types';
import { setSetting, settingsOf } from '~/model/document';
import { refundFlow, TYPES } from '~/model/testing';
import { open, useDesigner } from '../designer.store';
import { ParamsEditor } from '../form/ParamsEditor';
import { draw, flowOf, serve } from '../testing';
import { requestFields, unlistedForm, withForm } from '~/model/fields';
import { NodeContextValue, useMakeNodeContext } from './useNodeContext';

const OPERATION = {
  connector: 'kingdee-k3cloud', version: '1.0.0', name: 'batchSave', kind: 'write', title: { zh: '保存' }, object: 'bill', form: 'FormId', response: [],
  request: [{ field: 'FormId', title: { zh: '表单' }, group: 'other', type: 'string', required: true, path: 'FormId' }],
  forms: [{ id: 'SAL_RETURNSTOCK', title: { zh: '退货' }, request: [{ field: 'FRetcustId', title: { zh: '客户' } }], response: [] }],
};
const TOLD = { form: { id: 'CN_PAYAPPLY', title: { zh: 'CN_PAYAPPLY' }, request: [...OPERATION.request, { field: 'FRECTUNIT', title: { zh: '收款单位' } }], response: [] }, at: '2026-03-05T00:00:00Z' };
const GET = 'GET /catalog/connectors/kingdee-k3cloud/operations/batchSave';
const ASK = 'POST /connections/k3/discover';

/** A node's editor as far as its parameters. */
function Node({ value, seen = () => undefined }: { value: Json; seen?: (value: Json | undefined) => void }) {
  const context = useMakeNodeContext('k3');
  return (
    <NodeContextValue value={context}>
      <ParamsEditor value={value} onChange={seen} disabled={false} errors={{}} path="p" />
      <p>{context.request.map((field) => field.field).join(' ')}</p>
    </NodeContextValue>
  );
}

function start(form: string, readOnly = false): Json {
  const params = [{ field: 'FormId', value: form }];
  const doc = setSetting(setSetting(refundFlow(), 'k3', 'operation', 'batchSave'), 'k3', 'params', params);
  open(flowOf(doc), TYPES, readOnly);
  useDesigner.setState({ connections: [{ name: 'k3', connector: 'kingdee-k3cloud' } as Connection], connectors: [{ id: 'kingdee-k3cloud' } as Connector] });
  return params;
}

beforeEach(() => {
  serve({});
});

describe('fields of a form', () => {
  it('asks the system for a form that the connector does not list', async () => {
    const calls = serve({ [GET]: () => ({ body: OPERATION }), [ASK]: () => ({ body: TOLD }) });
    draw(<Node value={start('CN_PAYAPPLY')} />);
    expect(await screen.findByText('FormId FRECTUNIT')).toBeTruthy();
    expect(calls.find((one) => one.call === ASK)?.body).toEqual({ operation: 'batchSave', form: 'CN_PAYAPPLY' });
  });
  it('keeps what the system told as a derived operation, which the node uses then', async () => {
    const name = 'batchSave#CN_PAYAPPLY';
    const body = { connector: 'kingdee-k3cloud', params: [{ field: 'FormId', value: 'CN_PAYAPPLY' }] };
    const calls = serve({
      [GET]: () => ({ body: OPERATION }), [ASK]: () => ({ body: TOLD }),
      'POST /operations/draft': () => ({ body: { name, body } }), 'POST /operations': () => ({ status: 201, body: { id: '1', name, body, version: 1, usedBy: [] } }),
    });
    draw(<Node value={start('CN_PAYAPPLY')} />);
    await userEvent.click(await screen.findByRole('button', { name: '存为自定义接口' }));
    await waitFor(() => expect(settingsOf(useDesigner.getState().graph.nodes.get('k3'))).toMatchObject({ operation: name, params: [] }));
    expect(calls.find((one) => one.call === 'POST /operations/draft')?.body).toEqual({ connection: 'k3', operation: 'batchSave', form: 'CN_PAYAPPLY' });
    expect(calls.find((one) => one.call === 'POST /operations')?.body).toEqual({ name, body });
  });
  it('keeps nothing where there is one of the name', async () => {
    serve({
      [GET]: () => ({ body: OPERATION }), [ASK]: () => ({ body: TOLD }), 'POST /operations/draft': () => ({ body: { name: 'x#y', body: {} } }),
      'POST /operations': () => ({ status: 409, body: { code: 'operation.exists', message: '已有自定义接口', status: 409 } }),
    });
    draw(<Node value={start('CN_PAYAPPLY')} />);
    await userEvent.click(await screen.findByRole('button', { name: '存为自定义接口' }));
    expect(await screen.findByText(/已有自定义接口/)).toBeTruthy();
    expect(settingsOf(useDesigner.getState().graph.nodes.get('k3'))).toMatchObject({ operation: 'batchSave' });
  });
  it('asks for nothing that is listed, nor for somebody who may not edit', async () => {
    const calls = serve({ [GET]: () => ({ body: OPERATION }), [ASK]: () => ({ body: TOLD }) });
    const listed = draw(<Node value={start('SAL_RETURNSTOCK')} />);
    expect(await screen.findByText('FormId FRetcustId')).toBeTruthy();
    listed.unmount();
    draw(<Node value={start('CN_PAYAPPLY', true)} />);
    expect(await screen.findByText('FormId', { selector: 'p' })).toBeTruthy();
    expect(calls.filter((one) => one.call === ASK)).toEqual([]);
  });
  it('says what the system refuses, and lets another form be written', async () => {
    serve({ [GET]: () => ({ body: OPERATION }), [ASK]: () => ({ status: 422, body: { code: 'vendor.9', message: '业务对象[NO]不存在', status: 422 } }) });
    let seen: Json | undefined;
    draw(<Node value={start('NO')} seen={(value) => (seen = value)} />);
    expect(await screen.findByText(/业务对象\[NO\]不存在/)).toBeTruthy();
    await userEvent.type(screen.getByLabelText('FormId'), 'NO2');
    await userEvent.click(await screen.findByText('其他业务对象 NO2'));
    await waitFor(() => expect(seen).toEqual([{ field: 'FormId', value: 'NO2' }]));
  });
  it('offers the forms that are listed', async () => {
    serve({ [GET]: () => ({ body: OPERATION }) });
    let seen: Json | undefined;
    draw(<Node value={start('')} seen={(value) => (seen = value)} />);
    await screen.findByText('FormId', { selector: 'p' });
    await userEvent.click(screen.getByRole('combobox', { name: 'FormId' }));
    await userEvent.click(await screen.findByText('退货 SAL_RETURNSTOCK'));
    await waitFor(() => expect(seen).toEqual([{ field: 'FormId', value: 'SAL_RETURNSTOCK' }]));
  });
  it('marks what no connector declares', () => {
    const operation = { name: 'batchSave', kind: 'write' as const, title: { zh: '' }, form: 'FormId', request: OPERATION.request, forms: OPERATION.forms };
    const form = { ...TOLD.form, request: [...TOLD.form.request, { field: 'FLines', title: { zh: '' }, type: 'array', children: [{ field: 'FQty', title: { zh: '' } }] }] };
    const node = { id: 'k3', type: 'target', settings: { params: [{ field: 'FormId', value: 'CN_PAYAPPLY' }] } };
    const request = requestFields(withForm(operation, form), node);
    expect(request.map((field) => [field.field, field.told === true])).toEqual([['FormId', false], ['FRECTUNIT', true], ['FLines', true]]);
    expect(request[2]?.children?.[0]?.told).toBe(true);
  });
  it('knows no form by a text with placeholders', () => {
    const node = (value: string) => ({ id: 'k3', type: 'target', settings: { params: [{ field: 'FormId', value }] } });
    const operation = { name: 'batchSave', kind: 'write' as const, title: { zh: '' }, form: 'FormId', forms: OPERATION.forms };
    expect(['{{params.form}}', 'SAL_RETURNSTOCK', '', ' X '].map((value) => unlistedForm(operation, node(value)))).toEqual(['', '', '', 'X']);
    expect(unlistedForm({ ...operation, form: undefined } as never, node('X'))).toBe('');
  });
});
