import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { setSetting } from '~/model/document';
import { basisOf } from '~/model/basis';
import { change } from '../actions';
import { current, documentNow } from '../designer.store';
import { draw, openFlow, serve } from '../testing';
import { readRecord } from './EditSample';
import { fitting, loadPins } from './pins';
import { SampleBar } from './SampleBar';

const SAMPLE = 'POST /flows/f1/sample';
const PIN = 'PUT /flows/f1/samples/refunds';
const kept = { pinnedBy: '小李', pinnedAt: '2026-03-05T00:00:00Z' };
const answers = {
  [SAMPLE]: () => ({ body: { items: [{ o_id: 1 }, { o_id: 2 }], total: 9, request: { page: 1 } } }),
  [PIN]: (body: unknown) => ({ body: { node: 'refunds', ...(body as object), ...kept } }),
  'POST /flows/f1/samples/refunds/choose': () => ({ status: 204, body: null }),
  'DELETE /flows/f1/samples/refunds': () => ({ status: 204, body: null }),
};

describe('samples that stay with a node', () => {
  it('keeps what was taken, which one is chosen, and lets go of it', async () => {
    const calls = serve(answers);
    openFlow();
    draw(<SampleBar source="refunds" />);
    await userEvent.click(await screen.findByRole('button', { name: /取样例/ }));
    await screen.findByText(/由 小李 固定于/);
    expect(calls.find((one) => one.call === PIN)?.body).toEqual({ items: [{ o_id: 1 }, { o_id: 2 }], chosen: 0, total: 9, request: { page: 1 }, origin: 'taken', basis: basisOf(current().graph.nodes.get('refunds')) });
    await userEvent.click(screen.getByRole('button', { name: '下一张样例' }));
    await waitFor(() => expect(calls.at(-1)).toMatchObject({ call: 'POST /flows/f1/samples/refunds/choose', body: { chosen: 1 } }));
    await userEvent.click(screen.getByRole('button', { name: '取消固定' }));
    await screen.findByText(/只在本页/);
    expect(calls.at(-1)?.call).toBe('DELETE /flows/f1/samples/refunds');
    expect(current().samples.refunds?.items).toHaveLength(2);
    await userEvent.click(screen.getByRole('button', { name: '移除样例' }));
    expect(current().samples).toEqual({});
    expect(calls.filter((one) => one.call.startsWith('DELETE'))).toHaveLength(1);
  });

  it('asks by numbers, and says when the system has none of them', async () => {
    const calls = serve({ ...answers, [SAMPLE]: (body) => ({ body: { items: (body as { numbers: string[] }).numbers[0] === 'A' ? [{ o_id: 'A' }] : [], total: -1 } }) });
    openFlow();
    draw(<SampleBar source="refunds" />);
    await userEvent.click(screen.getByRole('button', { name: '按单号取样' }));
    const box = screen.getByRole('textbox', { name: /单号/ });
    await userEvent.type(box, 'X{Enter}');
    await screen.findByText(/没有返回单据/);
    await userEvent.clear(box);
    await userEvent.type(box, 'A，B{Enter}');
    await screen.findByText(/按单号取自源系统/);
    expect(calls.filter((one) => one.call === SAMPLE).map((one) => (one.body as { numbers: string[] }).numbers)).toEqual([['X'], ['A', 'B']]);
  });

  it('keeps the sample on the page where the server does not take it', async () => {
    serve({ ...answers, [PIN]: () => ({ status: 422, body: { code: 'sample.too_large', detail: '样例太大', message: '样例太大', status: 422 } }) });
    openFlow();
    draw(<SampleBar source="refunds" />);
    await userEvent.click(await screen.findByRole('button', { name: /取样例/ }));
    await screen.findByText('样例太大');
    expect(current().samples.refunds?.items).toHaveLength(2);
    expect(current().samples.refunds?.pinned).toBeUndefined();
  });

  it('comes back with the flow, and says when the source changed since', async () => {
    serve({ 'GET /flows/f1/samples': () => ({ body: { items: [{ node: 'refunds', items: [{ o_id: 7 }, { o_id: 8 }], chosen: 1, total: 2, origin: 'edited', basis: 'else', ...kept }] } }) });
    openFlow({}, true);
    await loadPins('f1', new AbortController().signal);
    expect(current().samples.refunds).toMatchObject({ at: 1, origin: 'edited', pinned: { by: '小李', at: kept.pinnedAt } });
    draw(<SampleBar source="refunds" />);
    expect(screen.getByText(/取样以后源的设置改过/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: '移除样例' })).toBeNull();
  });

  it('is another sample\'s basis where another thing is read', () => {
    openFlow();
    const mark = () => basisOf(current().graph.nodes.get('refunds'));
    const first = mark();
    change(setSetting(documentNow(), 'refunds', 'fields', [{ field: 'x' }]), 'a');
    expect(mark()).toBe(first);
    change(setSetting(documentNow(), 'refunds', 'operation', 'other.query'), 'b');
    expect(mark()).not.toBe(first);
    expect(basisOf(undefined)).toBe('');
  });

  it('keeps as many documents as the server takes, the chosen one among them', () => {
    const large = { x: 'x'.repeat(600_000) };
    expect(fitting([large, { a: 1 }, large], 2)).toEqual({ items: [{ a: 1 }, large], chosen: 1 });
    expect(fitting([{ a: 1 }, { a: 2 }], 1)).toEqual({ items: [{ a: 1 }, { a: 2 }], chosen: 1 });
  });

  it('takes a record only for what a person wrote', () => {
    expect(readRecord('{"a": 1}')).toEqual({ a: 1 });
    for (const text of ['', '[1]', '1', '{"a"', 'null']) expect(readRecord(text)).toBeUndefined();
  });
});
