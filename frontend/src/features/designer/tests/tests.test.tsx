import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Json } from '~/shared/api/types';
import { testsOf } from '~/model/tests';
import { change, undo } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { type NodeContext, NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, openFlow, serve } from '../testing';
import TestsPanel from './TestsPanel';
import { useTestRun } from './useTestRun';

vi.mock('~/shared/ui/CodeEditor', () => ({
  CodeEditor: ({ value, label, onChange }: { value: string; label: string; onChange?: (value: string) => void }) => (
    <textarea aria-label={label} value={value} readOnly={onChange === undefined} onChange={(event) => onChange?.(event.target.value)} />
  ),
}));

const input: Json = { o_id: 7 };
const context: NodeContext = { id: 'bill', source: 'refunds', input, fields: [], operation: undefined, request: [], target: [], output: undefined };

const Panel = () => <TestsPanel id="bill" of={useTestRun('bill')} />;

const show = (with_ = context) =>
  draw(
    <NodeContextValue value={with_}>
      <Panel />
    </NodeContextValue>,
  );

const keep = (...tests: Json[]) => {
  const doc = documentNow();
  change({ ...doc, spec: { ...doc.spec, tests } });
};
const one = (name: string): Json => ({ name, node: 'bill', input, expect: { outputs: [{ body: { a: 1 } }] } });
const button = (name: RegExp) => screen.getByRole('button', { name });

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
  it('expects what comes when nothing was known of the node', async () => {
    const calls = serve({ 'POST /flows/f1/tests': () => ({ body: { ok: false, tests: [{ name: 'x', node: 'bill', passed: false, got: { fault: { code: 'test.bad', path: 'a', message: 'bad' } }, differences: [] }] } }) });
    show();
    await userEvent.click(button(/用当前样例添加|Add from the sample/));
    await waitFor(() => expect(kept()[0]?.expect).toEqual({ fault: { code: 'test.bad', path: 'a' } }));
    expect(calls[0]?.body).toMatchObject({ document: { spec: { tests: [{ input, expect: { outputs: [] } }] } } });
  });
  it('starts with an open, empty one without a sample', async () => {
    const calls = serve({});
    show({ ...context, input: undefined });
    await userEvent.click(button(/^(plus )?(添加测试|Add a test)$/));
    const record = await screen.findByRole('textbox', { name: /^(单据|Record)$/ });
    await userEvent.clear(record);
    await userEvent.paste('{"o_id": 8}');
    expect(JSON.stringify(kept()[0]?.input)).toBe('{"o_id":8}');
    await userEvent.type(record, '!');
    expect(screen.getByRole('alert').textContent).toMatch(/还不是|no JSON/);
    expect(JSON.stringify(kept()[0]?.input)).toBe('{"o_id":8}');
    act(undo);
    expect((record as HTMLTextAreaElement).value).toBe('{}');
    expect(screen.queryByRole('alert')).toBeNull();
    expect(calls).toEqual([]);
  });
  it('keeps the parts of a test in their order', async () => {
    keep({ expect: { outputs: [] }, name: 'a', input, node: 'bill', answers: [{ table: 't', code: '1', values: [] }], note: 7 });
    show();
    await userEvent.click(button(/展开测试 a|Open the test a/));
    const rest = screen.getByRole('textbox', { name: /联查结果等|Look-ups and more/ });
    expect(JSON.parse((rest as HTMLTextAreaElement).value)).toEqual({ answers: [{ table: 't', code: '1', values: [] }], note: 7 });
    await userEvent.clear(rest);
    await userEvent.paste('{"name":"b","params":{"org":"1"}}');
    expect(JSON.stringify(kept())).toBe('[{"params":{"org":"1"},"name":"a","node":"bill","input":{"o_id":7},"expect":{"outputs":[]}}]');
  });
  it('runs them and shows what differs', async () => {
    keep(one('good'), { ...(one('other') as object), node: 'k3' }, one('bad'), one('open'), one('broken'));
    const calls = serve({
      'POST /flows/f1/tests': () => ({
        body: {
          ok: false,
          tests: [
            { name: 'good', node: 'bill', passed: true, differences: [] },
            { name: 'bad', node: 'bill', passed: false, got: { outputs: [{ body: { a: 2 } }] }, differences: [{ path: 'outputs[0].body.a', want: 1, got: 2 }] },
            { name: 'open', node: 'bill', passed: false, differences: [], problem: { code: 'test.unanswered', message: 'no answer for 1 look-ups' }, asked: [{ table: 'shops', code: 'S1', values: [] }] },
            { name: 'broken', node: 'bill', passed: false, fault: { code: 'script.error', message: '脚本第 2 行出错' }, got: { fault: { code: 'script.error', message: 'line 2' } }, differences: [{ path: 'outputs', want: [] }, { path: 'fault', got: { code: 'script.error', message: 'line 2' } }] },
          ],
        },
      }),
    });
    show();
    await userEvent.click(screen.getByRole('button', { name: /全部运行|Run all/ }));
    expect(await screen.findByText(/4 个测试中有 3 个|3 of 4 tests failed/)).toBeTruthy();
    expect(calls.at(-1)?.body).toMatchObject({ node: 'bill' });
    const row = within(screen.getAllByRole('table')[0] ?? document.body);
    expect(row.getByText('a').closest('th')?.title).toBe('outputs[0].body.a');
    expect([row.getByText('1').closest('td')?.dataset.side, row.getByText('2').closest('td')?.dataset.side]).toEqual(['want', 'got']);
    expect(screen.getByText(/no answer for 1 look-ups/)).toBeTruthy();
    expect(screen.getByText(/脚本第 2 行出错/)).toBeTruthy();
    expect(screen.queryByText(/line 2/)).toBeNull(); // said once, and in the reader's language

    await userEvent.click(screen.getAllByRole('button', { name: /以实际结果为准|Expect what came/ })[0] ?? document.body);
    expect(kept()[1]?.expect).toEqual({ outputs: [{ body: { a: 2 } }] });
    await userEvent.click(screen.getByRole('button', { name: /补上这些联查|Add these look-ups/ }));
    expect(kept()[2]?.answers).toEqual([{ table: 'shops', code: 'S1', values: [] }]);
    expect(await screen.findByRole('textbox', { name: /联查结果等|Look-ups and more/ })).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: /以实际结果为准|Expect what came/ }));
    expect(kept()[3]?.expect).toEqual({ fault: { code: 'script.error' } });
  });
  it('forgets what a run said when a node changes', async () => {
    keep(one('good'));
    serve({ 'POST /flows/f1/tests': () => ({ body: { ok: true, tests: [{ name: 'good', node: 'bill', passed: true, differences: [] }] } }) });
    show();
    await userEvent.click(screen.getByRole('button', { name: /全部运行|Run all/ }));
    expect(await screen.findByRole('img', { name: /^(通过|Passed)$/ })).toBeTruthy();
    const now = documentNow();
    change({ ...now, spec: { ...now.spec, nodes: [...now.spec.nodes] } });
    await waitFor(() => expect(screen.getByRole('img', { name: /还没有运行|Not run yet/ })).toBeTruthy());
  });
  it('renames and removes, and the focus stays', async () => {
    keep(one('a'), one('z'));
    show();
    await userEvent.click(button(/展开测试 z|Open the test z/));
    await userEvent.type(screen.getAllByRole('textbox', { name: /测试的名称|Name of the test/ })[0] ?? document.body, 'b');
    expect(kept()[0]?.name).toBe('ab');
    await userEvent.click(button(/删除测试 ab|Remove the test ab/));
    await waitFor(() => expect(document.activeElement).toBe(button(/展开测试 z|Open the test z/)));
    expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true');
    await userEvent.click(button(/删除测试 z|Remove the test z/));
    expect('tests' in documentNow().spec).toBe(false);
    await waitFor(() => expect(document.activeElement).toBe(button(/用当前样例添加|Add from the sample/)));
    act(undo);
    expect(kept().map(({ name }) => name)).toEqual(['z']);
  });
  it('can be looked at, not changed, by those who may only read', async () => {
    keep(one('a'));
    useDesigner.setState({ readOnly: true });
    show();
    await userEvent.click(button(/展开测试 a|Open the test a/));
    expect(screen.getAllByRole('textbox').every((box) => (box as HTMLInputElement).readOnly)).toBe(true);
    expect(screen.getAllByRole('button')).toHaveLength(2); // run, and fold
  });
  it('tells why they could not be run', async () => {
    keep(one('a'));
    serve({ 'POST /flows/f1/tests': () => ({ status: 422, body: { code: 'flow.syntax', message: 'line 1', status: 422 } }) });
    show();
    await userEvent.click(screen.getByRole('button', { name: /全部运行|Run all/ }));
    expect(await screen.findByText('line 1')).toBeTruthy();
  });
});
