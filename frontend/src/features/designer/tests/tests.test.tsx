import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '~/shared/api/types';
import { testsOf } from '~/model/tests';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { type NodeContext, NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, openFlow, serve } from '../testing';
import TestsPanel from './TestsPanel';

const input: Json = { o_id: 7 };
const context: NodeContext = { id: 'bill', source: 'refunds', input, fields: [], operation: undefined, request: [], target: [], output: undefined };

const show = (with_ = context) =>
  draw(
    <NodeContextValue value={with_}>
      <TestsPanel id="bill" />
    </NodeContextValue>,
  );

const kept = () => testsOf(documentNow(), 'bill').map(({ test }) => test);

beforeEach(() => {
  serve({});
  openFlow();
});

describe('tests of a node', () => {
  it('adds one from the sample and what came of it', async () => {
    useDesigner.setState({ test: { nodes: [{ id: 'bill', outputs: [{ port: 'out', body: { FBillNo: 7 } }] }], requests: [] } });
    show();
    expect(await screen.findByText(/还没有测试|No tests yet/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: /用当前样例添加|Add from the sample/ }));
    await userEvent.click(screen.getByRole('button', { name: /用当前样例添加|Add from the sample/ }));
    const [first, second] = kept();
    expect(first).toMatchObject({ node: 'bill', input, expect: { outputs: [{ body: { FBillNo: 7 } }] } });
    expect(first?.name).not.toBe(second?.name);
  });
  it('has nothing to add without a sample', () => {
    show({ ...context, input: undefined });
    expect((screen.getByRole('button', { name: /用当前样例添加|Add from the sample/ }) as HTMLButtonElement).disabled).toBe(true);
  });
  it('runs them and shows what differs', async () => {
    const test = (name: string) => ({ name, node: 'bill', input, expect: { outputs: [{ body: { a: 1 } }] } });
    const doc = documentNow();
    change({ ...doc, spec: { ...doc.spec, tests: [test('good'), { ...test('other'), node: 'k3' }, test('bad'), test('open')] } });
    const calls = serve({
      'POST /flows/f1/tests': () => ({
        body: {
          ok: false,
          tests: [
            { name: 'good', node: 'bill', passed: true, differences: [] },
            { name: 'bad', node: 'bill', passed: false, got: { outputs: [{ body: { a: 2 } }] }, differences: [{ path: 'outputs[0].body.a', want: 1, got: 2 }] },
            { name: 'open', node: 'bill', passed: false, differences: [], problem: { code: 'test.unanswered', message: 'no answer for 1 look-ups' }, asked: [{ table: 'shops', code: 'S1', values: [] }] },
          ],
        },
      }),
    });
    show();
    await userEvent.click(screen.getByRole('button', { name: /全部运行|Run all/ }));
    expect(await screen.findByText(/3 个测试中有 2 个|2 of 3 tests failed/)).toBeTruthy();
    expect(calls.at(-1)?.body).toMatchObject({ node: 'bill' });
    const row = within(screen.getByRole('table'));
    expect(row.getByText('outputs[0].body.a')).toBeTruthy();
    expect([row.getByText('1').closest('td')?.dataset.side, row.getByText('2').closest('td')?.dataset.side]).toEqual(['want', 'got']);
    expect(screen.getByText('no answer for 1 look-ups')).toBeTruthy();

    await userEvent.click(screen.getByRole('button', { name: /以实际结果为准|Expect what came/ }));
    expect(kept()[1]?.expect).toEqual({ outputs: [{ body: { a: 2 } }] });
    await userEvent.click(screen.getByRole('button', { name: /补上这些联查|Add these look-ups/ }));
    expect(kept()[2]?.answers).toEqual([{ table: 'shops', code: 'S1', values: [] }]);
  });
  it('forgets what a run said when a node changes', async () => {
    const doc = documentNow();
    change({ ...doc, spec: { ...doc.spec, tests: [{ name: 'good', node: 'bill', input, expect: {} }] } });
    serve({ 'POST /flows/f1/tests': () => ({ body: { ok: true, tests: [{ name: 'good', node: 'bill', passed: true, differences: [] }] } }) });
    show();
    await userEvent.click(screen.getByRole('button', { name: /全部运行|Run all/ }));
    expect(await screen.findByRole('img', { name: /^(通过|Passed)$/ })).toBeTruthy();
    const now = documentNow();
    change({ ...now, spec: { ...now.spec, nodes: [...now.spec.nodes] } });
    await waitFor(() => expect(screen.getByRole('img', { name: /还没有运行|Not run yet/ })).toBeTruthy());
  });
  it('renames and removes', async () => {
    const doc = documentNow();
    change({ ...doc, spec: { ...doc.spec, tests: [{ name: 'a', node: 'bill', input, expect: {} }] } });
    show();
    await userEvent.type(screen.getByRole('textbox', { name: /测试的名称|Name of the test/ }), 'b');
    expect(kept()[0]?.name).toBe('ab');
    await userEvent.click(screen.getByRole('button', { name: /删除测试 ab|Remove the test ab/ }));
    expect('tests' in documentNow().spec).toBe(false);
  });
  it('tells why they could not be run', async () => {
    const doc = documentNow();
    change({ ...doc, spec: { ...doc.spec, tests: [{ name: 'a', node: 'bill', input, expect: {} }] } });
    serve({ 'POST /flows/f1/tests': () => ({ status: 422, body: { code: 'flow.syntax', message: 'line 1', status: 422 } }) });
    show();
    await userEvent.click(screen.getByRole('button', { name: /全部运行|Run all/ }));
    expect(await screen.findByText('line 1')).toBeTruthy();
  });
});
