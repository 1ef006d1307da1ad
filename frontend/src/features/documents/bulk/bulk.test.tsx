import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { BulkJob, BulkOrder, BulkPreview } from '../../../shared/api/types';
import { toField } from '../../../shared/lib/times';
import { FakeEventSource, open, Refusal, serve, type Sent, session } from '../../../shared/testing/render';
import DocumentsPage from '../DocumentsPage';

const ROUTES = [{ path: '/docs', element: <DocumentsPage /> }];
const row = (no: number) => ({ id: String(no), flow: 'f1', flowTitle: '退货', node: 'refunds', key: `k${no}`, number: `TH-${no}`, state: 'rejected', code: 'x', message: '物料不存在', rev: 1, newer: 0, run: '9', attention: [], updatedAt: null });
const preview = (change: Partial<BulkPreview> = {}): BulkPreview => ({
  total: 2, tooMany: false, groups: [{ state: 'rejected', code: 'vendor.rejected', message: '物料不存在', documents: 2 }], examined: 2, refused: 0, reasons: [], undecided: [], seen: null, ...change,
});
const job = (change: Partial<BulkJob> = {}): BulkJob => ({ id: '5', kind: 'retry', actor: '林若水', state: 'running', total: 2, done: 0, refused: 0, left: 2, open: true, createdAt: '2026-11-21T08:00:00Z', ...change });
const base = { 'GET /flows': { items: [] }, 'GET /documents/facets': { states: { rejected: 2 }, codes: [] }, 'GET /documents': { items: [row(1), row(2)] } };
const posted = (log: Sent[], path: string) => log.filter((one) => one.method === 'POST' && one.path === path).map(({ body }) => body);
const choose = async (user: ReturnType<typeof open>['user']) => {
  await user.click(await screen.findByRole('checkbox', { name: '选择 TH-1' }));
  await user.click(screen.getByRole('checkbox', { name: '选择 TH-2' }));
};

describe('one action on many documents', () => {
  it('shows what it would do to the ticked ones, then how far it is', async () => {
    let state = job();
    const log = serve({
      ...base, 'POST /bulk-jobs/preview': preview({ refused: 1, reasons: [{ code: 'document.in_flight', message: '正在写入', documents: 1 }] }),
      'POST /bulk-jobs': () => state, 'GET /bulk-jobs/5': () => state,
      'GET /bulk-jobs/5/refusals': { items: [{ id: '2', key: 'k2', number: 'TH-2', flow: '退货', code: 'document.in_flight', message: '正在写入' }], next: '' },
    });
    const { user, address } = open('/docs', ROUTES);
    await choose(user);
    expect(screen.getByText('已选择 2 张')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '批量重试' }));
    const dialog = within(await screen.findByRole('dialog', { name: '批量重试' }));
    expect((await dialog.findByText('其中 1 张不会处理')).parentElement?.textContent).toContain('正在写入');
    await user.click(dialog.getByRole('radio', { name: '用取数时的版本' }));
    await user.click(await dialog.findByRole('button', { name: '重试 2 张' }));
    await waitFor(() => expect(address()).toBe('/docs?job=5'));
    expect(posted(log, '/bulk-jobs/preview')).toEqual([{ kind: 'retry', ids: ['1', '2'], version: 'published' }, { kind: 'retry', ids: ['1', '2'], version: 'pinned' }]);
    expect(posted(log, '/bulk-jobs')).toEqual([{ kind: 'retry', ids: ['1', '2'], version: 'pinned' }]);

    const panel = within(await screen.findByRole('region', { name: '批量任务' }));
    expect(await panel.findByText('进行中')).toBeTruthy();
    const source = FakeEventSource.all.find(({ url }) => url.endsWith('/bulk-jobs/5/events')) as FakeEventSource;
    const lists = () => log.filter(({ path }) => path.startsWith('/documents?')).length;
    const before = lists();
    act(() => source.send({ seq: 1, type: 'progress', at: '', data: job({ done: 1, left: 1 }) }));
    expect(await panel.findByText('剩余 1')).toBeTruthy();
    state = job({ state: 'done', done: 1, refused: 1, left: 0, open: false });
    act(() => source.send({ seq: 2, type: 'end', at: '', data: state }));
    expect(await panel.findByText('已完成')).toBeTruthy();
    await waitFor(() => expect(lists()).toBeGreaterThan(before));
    expect(panel.queryByRole('button', { name: '暂停' })).toBeNull();
    await user.click(panel.getByRole('button', { name: '查看未受理的单据' }));
    const refused = within(await panel.findByRole('table', { name: '未受理的单据' }));
    expect(refused.getByRole('link', { name: 'TH-2' }).getAttribute('href')).toBe('/docs/2');
    expect(refused.getByText('正在写入')).toBeTruthy();
  });

  it('acts on everything that fits the filter; skipping asks for the reason', async () => {
    const log = serve({ ...base, 'POST /bulk-jobs/preview': preview({ total: 1298, examined: 1000, seen: '2026-11-21T08:05:00Z' }), 'POST /bulk-jobs': job({ kind: 'skip' }), 'GET /bulk-jobs/5': job({ kind: 'skip' }) });
    const { user } = open('/docs?state=rejected&number=TH', ROUTES);
    await user.click(await screen.findByRole('button', { name: '批量跳过' }));
    const submit = await screen.findByRole('button', { name: '跳过 1,298 张' });
    expect(screen.getByText('只逐张检查了前 1,000 张。')).toBeTruthy();
    await user.click(submit);
    expect(screen.getByText('请写明原因')).toBeTruthy();
    expect(posted(log, '/bulk-jobs')).toEqual([]);
    await user.type(screen.getByLabelText('原因'), ' 旧数据 ');
    await user.click(submit);
    await waitFor(() => expect(posted(log, '/bulk-jobs')).toEqual([{ kind: 'skip', filter: { state: 'rejected', number: 'TH' }, note: '旧数据', seen: '2026-11-21T08:05:00Z' }]));
  });

  it('acts on what changed in a time, once the person has named it', async () => {
    const log = serve({ ...base, 'POST /bulk-jobs/preview': preview(), 'POST /bulk-jobs': job(), 'GET /bulk-jobs/5': job() });
    const { user, address } = open('/docs', ROUTES);
    const from = await screen.findByLabelText('更新时间从');
    expect(screen.queryByRole('button', { name: '批量重试' })).toBeNull();
    fireEvent.change(from, { target: { value: toField('2026-11-21T08:00:00Z') } });
    expect(address()).toBe('/docs');
    fireEvent.blur(from);
    const to = screen.getByLabelText('更新时间到（不含）');
    fireEvent.change(to, { target: { value: toField('2026-11-21T09:30:00Z') } });
    fireEvent.keyDown(to, { key: 'Enter' });
    const filter = { updatedFrom: '2026-11-21T08:00:00Z', updatedTo: '2026-11-21T09:30:00Z' };
    await waitFor(() => expect(Object.fromEntries(log.filter(({ path }) => path.startsWith('/documents?')).at(-1)?.query ?? [])).toMatchObject(filter));
    await user.click(await screen.findByRole('button', { name: '批量重试' }));
    await user.click(await screen.findByRole('button', { name: '重试 2 张' }));
    await waitFor(() => expect(posted(log, '/bulk-jobs')).toEqual([{ kind: 'retry', filter, version: 'published' }]));
    fireEvent.change(screen.getByLabelText('更新时间从'), { target: { value: '' } });
    fireEvent.blur(screen.getByLabelText('更新时间从'));
    await waitFor(() => expect(address()).not.toContain('updatedFrom'));
    expect(address()).toContain('updatedTo=');
  });

  it('sends again what may have arrived only where a person says that it did not', async () => {
    const undecided = [1, 2].map((no) => ({ id: String(no), key: `k${no}`, number: `TH-${no}`, target: `T${no}`, since: '2026-11-21T08:00:00Z' }));
    const log = serve({
      ...base, 'POST /bulk-jobs/preview': ({ body }: Sent) => preview({ undecided, refused: 2 - ((body as BulkOrder).confirmed?.length ?? 0), reasons: [] }),
      'POST /bulk-jobs': job({ kind: 'resend' }), 'GET /bulk-jobs/5': job({ kind: 'resend' }),
    });
    const { user } = open('/docs', ROUTES);
    await choose(user);
    await user.click(screen.getByRole('button', { name: '批量重发' }));
    expect(await screen.findByText('其中 2 张不会处理')).toBeTruthy();
    await user.click(screen.getByRole('checkbox', { name: '对方没有 TH-1' }));
    expect(await screen.findByText('其中 1 张不会处理')).toBeTruthy();
    await user.click(screen.getByRole('checkbox', { name: '这 2 张我都查过，对方都没有' }));
    await waitFor(() => expect(screen.queryByText(/张不会处理/)).toBeNull());
    await user.click(screen.getByRole('checkbox', { name: '对方没有 TH-2' }));
    await user.click(screen.getByRole('button', { name: '重发 2 张' }));
    await waitFor(() => expect(posted(log, '/bulk-jobs')).toEqual([{ kind: 'resend', ids: ['1', '2'], confirmed: ['1'] }]));
  });

  it('asks again about what was sent again since a person looked', async () => {
    const undecided = [1, 2].map((no) => ({ id: String(no), key: `k${no}`, number: `TH-${no}`, target: `T${no}`, since: '2026-11-21T08:00:00Z' }));
    const log = serve({
      ...base, 'POST /bulk-jobs/preview': ({ body }: Sent) => {
        // Somebody else sends the first one again, in vain, while this person looks for the second.
        const later = (body as BulkOrder).confirmed?.includes('2') ? { since: '2026-11-21T08:09:00Z' } : {};
        return preview({ undecided: undecided.map((one) => (one.id === '1' ? { ...one, ...later } : one)) });
      },
      'POST /bulk-jobs': job({ kind: 'resend' }), 'GET /bulk-jobs/5': job({ kind: 'resend' }),
    });
    const { user } = open('/docs', ROUTES);
    await choose(user);
    await user.click(screen.getByRole('button', { name: '批量重发' }));
    const first = await screen.findByRole('checkbox', { name: '对方没有 TH-1' });
    await user.click(first);
    await user.click(screen.getByRole('checkbox', { name: '对方没有 TH-2' }));
    await waitFor(() => expect(first).toHaveProperty('checked', false));
    await user.click(screen.getByRole('button', { name: '重发 2 张' }));
    await waitFor(() => expect(posted(log, '/bulk-jobs')).toEqual([{ kind: 'resend', ids: ['1', '2'], confirmed: ['2'] }]));
  });

  it.each([
    [preview({ total: 0, groups: [] }), '没有可以处理的单据', '重试 0 张'],
    [preview({ tooMany: true }), '选中的超过 2 张', '重试 2 张'],
    [new Refusal(422, { code: 'document.filter_unknown', message: '没有这样的状态' }), '没有这样的状态', '重试 0 张'],
  ])('does not start what cannot be done', async (answer, words, submit) => {
    serve({ ...base, 'POST /bulk-jobs/preview': answer });
    const { user } = open('/docs?state=rejected', ROUTES);
    await user.click(await screen.findByRole('button', { name: '批量重试' }));
    expect(await screen.findByText(words)).toBeTruthy();
    expect(screen.getByRole('button', { name: submit })).toHaveProperty('disabled', true);
  });

  it('rests, goes on and is cancelled after a question', async () => {
    let state = job({ done: 1, left: 1 });
    const to = (change: Partial<BulkJob>) => () => (state = job({ done: 1, left: 1, ...change }));
    const log = serve({
      ...base, 'GET /bulk-jobs/5': () => state, 'POST /bulk-jobs/5/pause': to({ state: 'paused', stoppedBy: '王' }), 'POST /bulk-jobs/5/resume': to({ code: 'store.down', message: '数据库没有响应' }),
      'POST /bulk-jobs/5/cancel': to({ state: 'cancelled', open: false }),
    });
    const { user } = open('/docs?job=5', ROUTES);
    const panel = within(await screen.findByRole('region', { name: '批量任务' }));
    await user.click(await panel.findByRole('button', { name: '暂停' }));
    expect(await panel.findByText('王 暂停')).toBeTruthy();
    await user.click(panel.getByRole('button', { name: '继续' }));
    expect(await panel.findByText('暂时没有进展：数据库没有响应')).toBeTruthy();
    await user.click(panel.getByRole('button', { name: '取消任务' }));
    expect(posted(log, '/bulk-jobs/5/cancel')).toEqual([]);
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '取消任务' }));
    expect(await panel.findByText('没有动 1')).toBeTruthy();
    await user.click(panel.getByRole('button', { name: '收起' }));
    expect(screen.queryByRole('region', { name: '批量任务' })).toBeNull();
  });

  it('lists the jobs so far, also to a viewer, who can only look', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } }, 'GET /bulk-jobs': { items: [job({ state: 'paused' }), job({ id: '4', kind: 'skip', state: 'done', open: false, note: '旧数据' })], next: '' }, 'GET /bulk-jobs/5': job({ state: 'paused' }) });
    const { user, address } = open('/docs?state=rejected', ROUTES);
    await user.click(await screen.findByRole('button', { name: '批量任务记录' }));
    expect(await screen.findByText('林若水 · 旧数据')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '重试 2 张' }));
    expect(address()).toBe('/docs?state=rejected&job=5');
    const panel = within(await screen.findByRole('region', { name: '批量任务' }));
    expect(await panel.findByText('已暂停')).toBeTruthy();
    expect(panel.queryByRole('button', { name: '继续' })).toBeNull();
    expect(screen.queryByRole('toolbar')).toBeNull();
  });
});
