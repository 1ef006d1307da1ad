import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Attempt } from '../../shared/api/types';
import { RawJson } from '../../shared/lib/json';
import { Literal, open, Refusal, serve, session } from '../../shared/testing/render';
import EditDialog from './components/EditDialog';
import DocumentPage from './DocumentPage';
import { firstPair, payloadText, payloads, readDocument, timeline } from './model/detail';

// The editor needs a layout that the test page does not have; what it is for is
// to hold a text.
vi.mock('../../shared/ui/CodeEditor', () => ({
  CodeEditor: ({ value, onChange, label }: { value: string; onChange: (value: string) => void; label: string }) => (
    <textarea aria-label={label} value={value} onChange={(event) => onChange(event.target.value)} />
  ),
}));
vi.mock('../../shared/ui/JsonDiff', () => ({ JsonDiff: ({ before, after }: { before: string; after: string }) => <pre>{`${before} | ${after}`}</pre> }));

const SOURCE = '{"as_id":11111111111111111111,"paid":1280.10,"buyer":"<img src=x onerror=alert(1)>"}';
const detail = (change: object = {}, source = SOURCE) => {
  const text = JSON.stringify({
    id: '7', flow: 'f1', flowTitle: '退货', node: 'refunds', key: 'k7', number: 'TH-7', state: 'rejected', rev: 2, run: '9', version: 3, updatedAt: '2026-11-21T08:05:00Z',
    problem: { code: 'vendor.rejected', message: '物料不存在', hint: '先建物料', path: 'FEntity.0.FMaterialId', node: 'k3', since: '2026-11-21T08:05:00Z' },
    revisions: [{ rev: 1, origin: 'pull', state: 'superseded', at: '2026-11-21T08:02:00Z' }, { rev: 2, origin: 'edit', state: 'rejected', at: '2026-11-21T08:05:00Z', actor: '林' }],
    deliveries: [{
      node: 'k3', part: 0, connection: 'kd', key: 'TH-7', state: 'rejected', attempt: 2, mapped: 'MAPPED', response: 'R2',
    }],
    actions: ['retry', 'edit', 'resend', 'skip'], attention: [], source: 'SOURCE', ...change,
  });
  return text.replace('"SOURCE"', source).replace('"MAPPED"', '{"FPrice":320.050}').replace('"R2"', '{"try":2}');
};
const attempt = (no: number, change: Partial<Attempt> = {}): Attempt => ({
  id: `c${no}.3.0`, node: 'k3', part: 0, no, recorded: true, kind: 'send', operation: 'batchSave', startedAt: `2026-11-21T08:0${4 * no - 3}:00Z`, outcome: 'done', request: 'kept', response: 'none', answer: 'kept', ...change,
});
const attempts = [attempt(1, { outcome: 'rejected', code: 'x', message: '第一次错' }), attempt(2)];
const ROUTES = [{ path: '/docs/:documentId', element: <DocumentPage /> }];
const drawing = { no: 3, note: '', createdAt: null, document: { spec: { nodes: [{ id: 'k3', type: 'target', title: '写入金蝶' }] } } };
const serveDocument = (change: object = {}, more: object = {}) => serve({ 'GET /documents/7': new Literal(detail(change)), 'GET /flows/f1/versions/3': drawing, 'GET /documents/7/errands': { items: [] }, 'GET /documents/7/attempts': { items: [] }, 'GET /documents/7/history': { items: [] }, 'GET /documents/7/lineage': { root: 'd7', nodes: [], edges: [], cut: [] }, 'GET /documents/7/decisions': { newer: 0, questions: [] }, ...more });

describe('what is read', () => {
  const document = readDocument(detail());
  it('keeps payloads to the last digit', () => {
    expect(document.source?.text).toBe(SOURCE);
    expect(payloadText(document.source)).toContain('"paid": 1280.10');
    expect(document.deliveries[0]?.mapped?.text).toBe('{"FPrice":320.050}');
  });
  it('shows text answers as text and null as nothing', () => {
    expect(payloadText(new RawJson('"<html>\\n"'))).toBe('<html>\n');
    expect([payloadText(undefined), payloadText(new RawJson('null'))]).toEqual(['', '']);
  });
  it('lists what can be compared', () => {
    const list = payloads(document, document.deliveries[0]);
    expect(list.map(({ key }) => key)).toEqual(['source', 'mapped', 'response']);
    expect(firstPair(list)).toEqual(['source', 'mapped']);
    expect(firstPair(payloads({ ...document, deliveries: [] }, undefined))).toBeUndefined();
  });
  it('tells what happened in order', () => {
    expect(timeline(document, attempts).map(({ kind, tone, rev, attempt }) => `${kind} ${rev ?? attempt} ${tone}`)).toEqual(['pull 1 info', 'send 1 err', 'edit 2 info', 'send 2 ok']);
  });
  it('shows a revision before its sends, whose end is the only time it has', () => {
    const fresh = timeline(document, attempts);
    expect(fresh.map(({ kind, at }) => `${kind} ${at ?? ''}`)).toEqual(['pull ', 'send 2026-11-21T08:01:00Z', 'edit ', 'send 2026-11-21T08:05:00Z']);
    const waiting = timeline({ ...document, revisions: [...document.revisions, { rev: 3, origin: 'pull', state: 'waiting', at: '2026-11-21T08:06:00Z' }] }, attempts);
    expect(waiting.at(-1)).toMatchObject({ kind: 'pull', rev: 3, at: '2026-11-21T08:06:00Z' });
  });
  it('tells what is under way, and leaves out what is not on record', () => {
    const told = timeline(document, [attempt(1, { recorded: false, id: undefined, startedAt: undefined }), attempt(2, { outcome: 'sending' })]);
    expect(told.filter(({ kind }) => kind === 'send').map(({ attempt: no, tone }) => [no, tone])).toEqual([[2, 'info']]);
  });
  it('knows where it came from and where it went', () => {
    const one = { id: '8', flow: 'f2', flowTitle: '回调', key: 'k8', number: 'CB-8', state: 'delivered', rev: 1, at: null };
    const found = readDocument(detail({ handedTo: [one] }));
    expect([found.handedFrom, found.handedTo]).toEqual([[], [one]]);
  });
  it('survives parts that are absent', () => {
    const bare = readDocument('{"id":"7","state":"waiting"}');
    expect([bare.deliveries, bare.revisions, bare.actions, timeline(bare, [])]).toEqual([[], [], [], []]);
  });
});

describe('a document', () => {
  it('shows what is wrong, where, and the next step', async () => {
    serveDocument({}, { 'GET /documents/7/attempts': { items: attempts } });
    open('/docs/7', ROUTES);
    const problem = within(await screen.findByRole('alert'));
    for (const words of ['物料不存在', '先建物料', 'vendor.rejected', 'FEntity.0.FMaterialId']) expect(problem.getByText(words)).toBeTruthy();
    expect(screen.getByText('操作人 林')).toBeTruthy();
    expect(await problem.findByText('写入金蝶')).toBeTruthy();
    expect(await screen.findByText('第 2 次写入 写入金蝶')).toBeTruthy();
    expect(screen.getByText('写入金蝶 → kd')).toBeTruthy();
  });

  it('shows every payload as text with its digits, attempt by attempt', async () => {
    const answer = (text: string, json: boolean) => ({ text, bytes: text.length, cut: false, json, covered: false, binary: false });
    const log = serveDocument({}, {
      'GET /documents/7/attempts': { items: [...attempts, attempt(3, { answer: 'purged' }), attempt(4, { part: 1 })] },
      'GET /documents/7/attempts/c1.3.0': answer('plain text', false), 'GET /documents/7/attempts/c2.3.0': answer('{"try":2}', true),
    });
    const { user } = open('/docs/7', ROUTES);
    // What was refused at a field opens at that field.
    expect(await screen.findByText('320.050')).toBeTruthy();
    await user.click(screen.getByRole('tab', { name: '来源' }));
    expect(screen.getByText('11111111111111111111')).toBeTruthy();
    expect(screen.getByText('"<img src=x onerror=alert(1)>"')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    await user.click(screen.getByRole('tab', { name: '映射后' }));
    expect(screen.getByText('320.050')).toBeTruthy();
    await user.click(screen.getByRole('tab', { name: '响应' }));
    expect(await screen.findByText('2')).toBeTruthy();
    await user.selectOptions(screen.getByLabelText('第几次'), '第 1 次');
    expect(await screen.findByText('plain text')).toBeTruthy();
    expect(log.filter(({ path }) => /attempts\/c/.test(path)).map(({ query }) => query.get('content'))).toEqual(['answer', 'answer']);
    await user.click(screen.getByRole('tab', { name: '差异' }));
    expect((await screen.findByText(/"as_id": 11111111111111111111/)).textContent).toContain('"FPrice": 320.050');
  });

  it('is retried with the published or the pinned version', async () => {
    const log = serveDocument({}, { 'POST /documents/7/retry': new Literal(detail({ state: 'waiting', problem: undefined, actions: [] })) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '选择重试用的版本' }));
    await user.click(screen.getByRole('menuitem', { name: '用取数时的版本 v3 重试' }));
    expect(await screen.findAllByText('待处理')).toHaveLength(2);
    expect(screen.getByText('已开始重新处理')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '重试' })).toBeNull();
    expect(log.find(({ method }) => method === 'POST')?.text).toBe('{"version":"pinned"}');
  });

  it('repeats the writeback alone of what was delivered', async () => {
    const log = serveDocument({ state: 'delivered', attention: ['writeback_failing'], actions: ['retry'], deliveries: [] }, { 'POST /documents/7/retry': new Literal(detail({ state: 'waiting', problem: undefined, actions: [] })) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '重做回写' }));
    expect(await screen.findAllByText('待处理')).toHaveLength(2);
    expect(screen.queryByRole('button', { name: '选择重试用的版本' })).toBeNull();
    expect(log.find(({ method }) => method === 'POST')?.text).toBe('{"version":"pinned"}');
  });

  it('sends an edited source exactly as it was typed', async () => {
    const log = serveDocument({}, { 'POST /documents/7/retry': new Literal(detail()) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '修改来源' }));
    const editor = await screen.findByRole('textbox', { name: '修改来源数据并重试' });
    const submit = screen.getByRole('button', { name: '保存并重试' });
    expect(submit).toHaveProperty('disabled', true);
    await user.clear(editor);
    await user.click(editor);
    await user.paste('{"as_id": 22222222222222222222, "paid": 1.10');
    await user.click(submit);
    expect(screen.getByText('第 1 行第 45 列：不是有效的 JSON')).toBeTruthy();
    await user.click(editor);
    await user.paste('}');
    await user.click(submit);
    await waitFor(() => expect(log.find(({ method }) => method === 'POST')?.text).toBe('{"version":"published","source":{"as_id": 22222222222222222222, "paid": 1.10},"seen":"2026-11-21T08:05:00Z"}'));
    await waitFor(() => expect(screen.queryByRole('textbox', { name: '修改来源数据并重试' })).toBeNull());
  });

  it('is resent as it is or edited', async () => {
    const log = serveDocument({}, { 'POST /documents/7/resend': new Literal(detail()) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '重发' }));
    await user.click(await screen.findByRole('button', { name: '原样重发' }));
    await waitFor(() => expect(log.filter(({ method }) => method === 'POST').map(({ text }) => text)).toEqual(['{"node":"k3","part":0,"seen":"2026-11-21T08:05:00Z"}']));
    await user.click(await screen.findByRole('button', { name: '重发' }));
    const editor = await screen.findByRole('textbox', { name: '重发到 kd' });
    await user.clear(editor);
    await user.click(editor);
    await user.paste('{"FPrice":0.10}');
    await user.click(screen.getByRole('button', { name: '用修改后的内容重发' }));
    await waitFor(() => expect(log.filter(({ method }) => method === 'POST')[1]?.text).toBe('{"node":"k3","part":0,"body":{"FPrice":0.10},"seen":"2026-11-21T08:05:00Z"}'));
  });

  it('is resent while its outcome is unknown only by a person who looked', async () => {
    const [delivery] = (JSON.parse(detail()) as { deliveries: object[] }).deliveries;
    const unknown = { state: 'retry_at', actions: ['retry', 'skip'], deliveries: [{ ...delivery, state: 'unknown', mapped: 'MAPPED' }] };
    const log = serveDocument(unknown, { 'POST /documents/7/resend': new Literal(detail()) });
    const { user } = open('/docs/7', ROUTES);
    expect(await screen.findByRole('button', { name: '重试' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: '重发' })).toBeNull();
    await user.click(screen.getByRole('button', { name: '由我判定并重发' }));
    expect(await screen.findByText(/对方可能已经收下/)).toBeTruthy();
    const submit = screen.getByRole('button', { name: '原样重发' });
    expect(submit).toHaveProperty('disabled', true);
    await user.click(screen.getByRole('checkbox', { name: /没有这张单据/ }));
    await user.click(submit);
    await waitFor(() => expect(log.filter(({ method }) => method === 'POST').map(({ text }) => text)).toEqual(['{"node":"k3","part":0,"seen":"2026-11-21T08:05:00Z","decided":true}']));
  });

  it('is skipped only with a reason', async () => {
    const log = serveDocument({}, { 'POST /documents/7/skip': new Literal(detail({ state: 'skipped', problem: undefined, actions: [] })) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '跳过' }));
    await user.click(screen.getByRole('button', { name: '跳过这张单据' }));
    expect(screen.getByText('请写明原因')).toBeTruthy();
    await user.type(screen.getByLabelText('原因'), '客户已线下处理{Enter}');
    await screen.findAllByText('已跳过');
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ note: '客户已线下处理' });
  });

  it('says why an action was refused and looks again', async () => {
    const log = serveDocument({}, { 'POST /documents/7/retry': new Refusal(409, { code: 'document.in_flight', message: '正在写入', hint: '稍后再试' }) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '重试' }));
    expect(within(await screen.findByRole('alertdialog', { name: '正在写入' })).getByText('稍后再试')).toBeTruthy();
    await waitFor(() => expect(log.filter(({ method, path }) => method === 'GET' && path === '/documents/7')).toHaveLength(2));
  });

  it('offers only what the server and the role allow', async () => {
    serveDocument({ actions: ['skip'] });
    open('/docs/7', ROUTES);
    expect(await screen.findByRole('button', { name: '跳过' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: '重试' })).toBeNull();
    serve({ 'GET /documents/7': new Literal(detail()), 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } } });
    const second = open('/docs/7', ROUTES);
    await within(second.container).findByText('物料不存在');
    expect(within(second.container).queryByRole('button', { name: '跳过' })).toBeNull();
  });
});

describe('the editor of payloads', () => {
  it('takes one object only', async () => {
    const submit = vi.fn();
    const { user } = open('/', [{ path: '/', element: <EditDialog title="改" note="说明" submit="发" payload={new RawJson('{}')} mutation={{ isPending: false, error: null }} onSubmit={submit} onClose={vi.fn()} /> }]);
    const editor = await screen.findByRole('textbox', { name: '改' });
    await user.clear(editor);
    await user.click(editor);
    await user.paste('[1]');
    await user.click(screen.getByRole('button', { name: '发' }));
    expect(screen.getByText('必须是一个 JSON 对象，以 { 开头')).toBeTruthy();
    expect(submit).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: '恢复原样' }));
    expect(editor).toHaveProperty('value', '{}');
  });
});

describe('a bill', () => {
  const members = [{ id: '8', node: 'refunds', key: 'k8', number: 'TH-8', state: 'rejected', rev: 2 }, { id: '9', node: 'refunds', key: 'k9', number: '', state: 'rejected', rev: 1 }];
  it('shows its members and where each line came from', async () => {
    const lines = [[{ member: '8', record: 0, line: 0 }, { member: '9', record: 0, line: 2 }], ...Array.from({ length: 24 }, (_, line) => [{ member: '9', record: 0, line }])];
    serveDocument({ bill: { open: false, count: 2, members, lines } });
    const { user } = open('/docs/7', ROUTES);
    expect(await screen.findByText('由 2 张单据合成')).toBeTruthy();
    expect(screen.getByRole('link', { name: 'TH-8' }).getAttribute('href')).toBe('/docs/8');
    expect(screen.getByText('TH-8 第 1 行、k9 第 3 行')).toBeTruthy();
    expect(screen.queryByText('k9 第 24 行')).toBeNull();
    await user.click(screen.getByRole('button', { name: '显示全部 25 行' }));
    expect(screen.getByText('k9 第 24 行')).toBeTruthy();
  });
  it('lets a member out, with the reason', async () => {
    const log = serveDocument({ bills: [{ ...members[0], node: 'bills', number: '店铺甲' }], actions: ['eject'] }, { 'POST /documents/7/eject': new Literal(detail({ actions: [] })) });
    const { user } = open('/docs/7', ROUTES);
    expect((await screen.findByRole('link', { name: '店铺甲' })).getAttribute('href')).toBe('/docs/8');
    await user.click(await screen.findByRole('button', { name: '移出合并单' }));
    await user.click(await screen.findByRole('button', { name: '移出这张单据' }));
    expect(screen.getByText('请写明原因')).toBeTruthy();
    await user.type(screen.getByLabelText('原因'), '店铺错了');
    await user.click(screen.getByRole('checkbox'));
    await user.click(screen.getByRole('button', { name: '移出这张单据' }));
    await waitFor(() => expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ note: '店铺错了', again: true }));
  });
});
