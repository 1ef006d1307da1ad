import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { setSetting, settingsOf } from '~/model/document';
import { refundFlow, TYPES } from '~/model/testing';
import { open, useDesigner } from '../designer.store';
import { draw, flowOf, serve } from '../testing';
import NewOperation from './NewOperation';

const NAME = 'batchSave#CN_PAYAPPLY';
const BODY = {
  connector: 'kingdee-k3cloud', params: [{ field: 'FormId', value: 'CN_PAYAPPLY' }],
  request: [{ field: 'FRECTUNIT', title: { zh: '收款单位' }, type: 'string' }, { field: 'FPAYAPPLYENTRY', title: { zh: '明细' }, type: 'array', children: [{ field: 'FAMOUNT', title: { zh: '金额' }, type: 'decimal' }] }],
};
const BASES = [{ name: 'batchSave', kind: 'write' as const, title: { zh: '保存' } }, { name: 'push', kind: 'write' as const, title: { zh: '下推' } }];
const DRAFT = 'POST /operations/draft';
const FILE = 'POST /operations/draft/file';
const SAVE = 'POST /operations';

let closed = 0;
const start = () => draw(<NewOperation node="k3" connector="kingdee-k3cloud" bases={BASES} base="batchSave" onClose={() => (closed += 1)} />);
const settings = () => settingsOf(useDesigner.getState().graph.nodes.get('k3'));
const write = async (sample: string) => {
  await userEvent.type(await screen.findByLabelText('业务对象标识'), 'CN_PAYAPPLY');
  await userEvent.click(screen.getByLabelText('请求样例（JSON）'));
  await userEvent.paste(sample);
};

beforeEach(() => {
  closed = 0;
  const params = [{ field: 'FormId', value: 'SAL_RETURNSTOCK' }, { field: 'Operation', value: 'Save' }];
  open(flowOf(setSetting(setSetting(refundFlow(), 'k3', 'operation', 'batchSave'), 'k3', 'params', params)), TYPES, false);
});

describe('a new derived operation', () => {
  it('shows the fields of a sample, is saved, and used by the node without what it fixes', async () => {
    const calls = serve({ [DRAFT]: () => ({ body: { name: NAME, body: BODY } }), [SAVE]: () => ({ status: 201, body: { id: '1', name: NAME, body: BODY, version: 1, usedBy: [] } }) });
    start();
    await write('{"FRECTUNIT": "x"}');
    await userEvent.click(screen.getByRole('button', { name: '查看字段' }));
    expect(await screen.findByText('FPAYAPPLYENTRY.FAMOUNT')).toBeTruthy();
    expect(calls.find((one) => one.call === DRAFT)?.body).toEqual({ connector: 'kingdee-k3cloud', operation: 'batchSave', form: 'CN_PAYAPPLY', sample: { FRECTUNIT: 'x' }, request: true });
    expect(calls.some((one) => one.call === SAVE)).toBe(false);
    await userEvent.click(screen.getByRole('button', { name: '保存并选用' }));
    await waitFor(() => expect(closed).toBe(1));
    expect(settings()).toMatchObject({ operation: NAME, params: [{ field: 'Operation', value: 'Save' }] });
  });
  it('makes all operations of a sheet and uses the first', async () => {
    const second = 'push#CN_PAYAPPLY';
    const calls = serve({
      [FILE]: () => ({ body: { items: [{ name: NAME, body: BODY }, { name: second, body: { connector: 'kingdee-k3cloud' } }], next: '' } }),
      [SAVE]: (body) => ({ status: 201, body: { ...(body as object), id: '1', version: 1, usedBy: [] } }),
    });
    start();
    await userEvent.click(await screen.findByText('表格'));
    await userEvent.upload(screen.getByLabelText('选择表格'), new File(['[1]'], 'fields.csv'));
    await screen.findByText(`${second}：0 个字段`);
    await userEvent.click(screen.getByRole('button', { name: '保存并选用' }));
    await waitFor(() => expect(closed).toBe(1));
    expect(calls.filter((one) => one.call === SAVE).map((one) => (one.body as { name: string }).name)).toEqual([NAME, second]);
    expect(settings().operation).toBe(NAME);
  });
  it('asks for nothing by what is no JSON, and says what is refused', async () => {
    const calls = serve({ [DRAFT]: () => ({ status: 422, body: { code: 'operation.sample', message: '样例里没有字段', status: 422 } }) });
    start();
    await write('{"a": ');
    expect(screen.getByText('这不是 JSON。')).toBeTruthy();
    expect(screen.getByRole('button', { name: '查看字段' })).toHaveProperty('disabled', true);
    await userEvent.paste('1}');
    await userEvent.click(screen.getByRole('button', { name: '查看字段' }));
    expect(await screen.findByText('样例里没有字段')).toBeTruthy();
    expect(calls).toHaveLength(1);
    expect(closed).toBe(0);
    expect(settings().operation).toBe('batchSave');
  });
});
