import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../shared/api/types';
import { FakeEventSource, open, Refusal, serve } from '../../shared/testing/render';
import { mergeSnapshot } from './api';
import { nodeRows } from './model/nodeRows';
import RunPage from './RunPage';
import RunsPage from './RunsPage';

const run = (change: Partial<Run> = {}): Run => ({
  id: '9', flow: 'f1', flowTitle: '退货', version: 3, state: 'running', trigger: 'schedule', pulling: true, paused: false, startedAt: '2026-11-21T08:00:00.000Z',
  counts: { pulled: 1312, dropped: 12, unchanged: 40, ignored: 3, accepted: 1257, delivered: 931, filtered: 14, rejected: 312 }, balanced: true,
  nodes: { bill: { in: 1251, 'port:done': 1238, 'port:error': 13 }, k3: { in: 1238, 'port:done': 931 } },
  problems: [{ state: 'rejected', code: 'vendor.rejected', message: '物料不存在', documents: 298, examples: ['70001', '70002'] }], ...change,
});
const drawing = { no: 3, note: '', createdAt: '', document: { spec: { nodes: [{ id: 'k3', type: 'target', title: '销售退货单' }, { id: 'bill', type: 'map', title: '' }, { id: 'mark', type: 'writeback', title: '' }] } } };
const ROUTES = [{ path: '/runs', element: <RunsPage /> }, { path: '/runs/:runId', element: <RunPage /> }];
const read = { pulling: false, paused: false, windows: [{ id: 'w2', node: 'k3', kind: 'live', state: 'open', from: '2026-11-21T08:00:00Z', to: '2026-11-21T08:10:00Z', attempt: 2, pages: 1, rows: 50, updatedAt: '2026-11-21T08:11:00Z' }, { id: 'w1', node: 'k3', kind: 'live', state: 'done', attempt: 1, pages: 3, rows: 150, updatedAt: '2026-11-21T08:10:00Z' }], pages: [] };
const base = { 'GET /flows/f1/requests': read, 'GET /flows': { items: [{ id: 'f1', title: '退货' }] }, 'GET /flows/f1/versions/3': drawing };

describe('nodeRows', () => {
  it('follows the drawing and keeps what it does not know', () => {
    const rows = nodeRows(run({ nodes: { old: { in: 1 }, bill: { in: 5, 'port:true': 3, 'port:false': 1, 'port:error': 1 } } }), drawing.document);
    expect(rows.map(({ id, title, type }) => `${id} ${title} ${type}`)).toEqual(['k3 销售退货单 target', 'bill  map', 'mark  writeback', 'old  ']);
    expect(rows[1]).toMatchObject({ in: 5, out: [{ port: 'true', count: 3 }, { port: 'false', count: 1 }], errors: 1 });
  });
  it.each([undefined, null, 'x', {}, { spec: [] }, { spec: { nodes: 'x' } }, { spec: { nodes: [null, 3] } }])('survives a drawing that is %j', (document) => {
    expect(nodeRows(run(), document as never).map(({ id }) => id)).toEqual(['bill', 'k3']);
  });
});

describe('mergeSnapshot', () => {
  it('keeps what snapshots leave out', () => {
    const { problems: _problems, nodes: _nodes, ...snapshot } = run({ counts: { pulled: 9 } });
    expect(mergeSnapshot(run(), snapshot)).toMatchObject({ counts: { pulled: 9 }, problems: [{ documents: 298 }], nodes: { k3: { in: 1238 } } });
    expect(mergeSnapshot(run(), run({ problems: [] })).problems).toEqual([]);
  });
});

describe('a run', () => {
  it('tells what was read and when, and leads to the diagram', async () => {
    const sent = serve({ ...base, 'GET /runs/9': run({ state: 'done', pulling: false, endedAt: '2026-11-21T08:12:00.000Z' }) });
    open('/runs/9', ROUTES);
    const timeline = within(await screen.findByRole('region', { name: '时间线' }));
    await timeline.findByText(/读完：3 页 150 条/);
    const lines = timeline.getAllByRole('listitem').map((line) => line.textContent);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain('读完：3 页 150 条');
    expect(lines[2]).toContain('读取中：已有 1 页 50 条');
    expect(lines[2]).toContain('第 2 次读取');
    expect(sent.some(({ path }) => path === '/flows/f1/requests?run=9')).toBe(true);
    expect(screen.getByRole('link', { name: '在流程图上查看' }).getAttribute('href')).toBe('/flows/f1/design?run=9');
  });

  it('lists those of one flow under its tabs', async () => {
    const sent = serve({ ...base, 'GET /runs': { items: [], next: '' } });
    open('/flows/f1/runs', [...ROUTES, { path: '/flows/:flowId/runs', element: <RunsPage /> }]);
    expect(await screen.findByRole('navigation', { name: '方案的页面' })).toBeTruthy();
    expect(screen.queryByRole('combobox', { name: '按方案筛选' })).toBeNull();
    await waitFor(() => expect(sent.some(({ path }) => path.startsWith('/runs?flow=f1'))).toBe(true));
  });

  it('says that the sources wait for the target', async () => {
    serve({ ...base, 'GET /runs/9': run({ behind: true }) });
    open('/runs/9', ROUTES);
    expect(await screen.findByText(/等待目标系统/)).toBeTruthy();
  });

  it('shows numbers that add up, nodes with their titles, and problems with their documents', async () => {
    serve({ ...base, 'GET /runs/9': run() });
    open('/runs/9', ROUTES);
    const balance = within(await screen.findByRole('region', { name: '单据去向' }));
    expect(balance.getByText('账目平衡')).toBeTruthy();
    expect(balance.getByRole('link', { name: /已写入\s*931/ }).getAttribute('href')).toBe('/docs?run=9&state=delivered');
    const nodes = within(screen.getByRole('table', { name: '节点' }));
    await nodes.findByText('销售退货单');
    expect(nodes.getAllByRole('row')[1]?.textContent).toContain('931');
    const problems = within(screen.getByRole('region', { name: '问题' }));
    expect(problems.getByRole('link', { name: '查看 298 张单据' }).getAttribute('href')).toBe('/docs?run=9&state=rejected&code=vendor.rejected');
    expect(problems.getByRole('link', { name: '#70002' }).getAttribute('href')).toBe('/docs/70002');
  });

  it('lists the numbers that the source did not have', async () => {
    serve({ ...base, 'GET /runs/9': run({ state: 'done', pulling: false, trigger: 'numbers', numbers: ['A1', 'B2', 'C3'], missing: ['C3', 'A1'] }) });
    open('/runs/9', ROUTES);
    const list = await screen.findByRole('list', { name: '源系统没有返回 2 个单号' });
    expect(within(list).getAllByRole('listitem').map((one) => one.textContent)).toEqual(['C3', 'A1']);
    expect(screen.getByText('按单号拉取')).toBeTruthy();
    expect(screen.getByText('3 个单号').getAttribute('title')).toBe('A1, B2, C3');
  });

  it('says that all numbers were found, once it is over', async () => {
    serve({ ...base, 'GET /runs/9': run({ state: 'done', pulling: false, trigger: 'numbers', numbers: ['A1', 'B2'] }) });
    open('/runs/9', ROUTES);
    expect(await screen.findByText('2 个单号全部取到')).toBeTruthy();
    expect(screen.queryByText(/没有返回/)).toBeNull();
  });

  it('says how many are not booked when the numbers do not add up', async () => {
    serve({ ...base, 'GET /runs/9': run({ balanced: false, counts: { pulled: 10, accepted: 8, delivered: 5 } }) });
    open('/runs/9', ROUTES);
    expect(await screen.findByText('5 条正在入账')).toBeTruthy();
    expect(screen.queryByText('账目平衡')).toBeNull();
  });

  it('follows the stream, then stops listening', async () => {
    let state: Run = run();
    const log = serve({ ...base, 'GET /runs/9': () => state });
    open('/runs/9', ROUTES);
    await screen.findByText('正在连接实时更新');
    const source = FakeEventSource.all[0] as FakeEventSource;
    expect(source.url).toBe('/api/v1/runs/9/events');
    act(() => source.open());
    expect(screen.getByText('实时更新中')).toBeTruthy();
    act(() => source.send({ seq: 1, type: 'progress', at: '', data: run({ problems: undefined, counts: { pulled: 2000, accepted: 2000, delivered: 1999, rejected: 1 } }) }));
    expect(await screen.findByRole('link', { name: /已写入\s*1,999/ })).toBeTruthy();
    expect(screen.getByText('物料不存在')).toBeTruthy();
    act(() => source.fail(FakeEventSource.CONNECTING));
    expect(screen.getByText('实时更新已断开，正在重连')).toBeTruthy();
    state = run({ state: 'done', pulling: false, endedAt: '2026-11-21T08:01:59.000Z', problems: [] });
    act(() => source.send({ seq: 2, type: 'end', at: '', data: state }));
    expect(await screen.findByText('已完成')).toBeTruthy();
    await waitFor(() => expect(source.readyState).toBe(FakeEventSource.CLOSED));
    expect(screen.getByText('用时 1 分钟 59 秒')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '停止执行' })).toBeNull();
    expect(log.filter(({ path }) => path === '/runs/9').length).toBeGreaterThan(1);
  });

  it('is stopped only after a question', async () => {
    const log = serve({ ...base, 'GET /runs/9': run(), 'POST /runs/9/cancel': undefined });
    const { user } = open('/runs/9', ROUTES);
    await user.click(await screen.findByRole('button', { name: '停止执行' }));
    expect(log.some(({ method }) => method === 'POST')).toBe(false);
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '停止执行' }));
    await waitFor(() => expect(log.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['/runs/9/cancel']));
  });

  it('rests and goes on', async () => {
    let state = run();
    const log = serve({
      ...base, 'GET /runs/9': () => state,
      'POST /runs/9/pause': () => void (state = run({ paused: true, pausedBy: '林若水' })),
      'POST /runs/9/resume': () => void (state = run()),
    });
    const { user } = open('/runs/9', ROUTES);
    await user.click(await screen.findByRole('button', { name: '暂停' }));
    expect((await screen.findByText('已暂停')).closest('[data-state]')?.getAttribute('title')).toBe('林若水 暂停');
    expect(screen.getByText('运行中')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '继续' }));
    await waitFor(() => expect(screen.queryByText('已暂停')).toBeNull());
    expect(log.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['/runs/9/pause', '/runs/9/resume']);
  });

  it('says that its whole flow rests, and lets that go on', async () => {
    let state = run({ paused: true, flowPaused: true });
    serve({ ...base, 'GET /runs/9': () => state, 'POST /flows/f1/resume': () => void (state = run()) });
    const { user } = open('/runs/9', ROUTES);
    const banner = within((await screen.findByText('整个方案已暂停')).closest('[role=status]') as HTMLElement);
    expect(await screen.findByRole('button', { name: '暂停' })).toBeTruthy();
    await user.click(banner.getByRole('button', { name: '继续' }));
    await waitFor(() => expect(screen.queryByText('整个方案已暂停')).toBeNull());
  });

  it('shows why it failed; a drawing that is gone does not matter', async () => {
    serve({ ...base, 'GET /flows/f1/versions/3': new Refusal(404, { code: 'object.missing' }), 'GET /runs/9': run({ state: 'failed', code: 'connection.auth', message: '签名错误', problems: [] }) });
    open('/runs/9', ROUTES);
    expect((await screen.findByRole('alert')).textContent).toContain('签名错误');
    expect(screen.getByText('bill')).toBeTruthy();
    expect(FakeEventSource.all).toHaveLength(0);
  });

  it('that is not there says so', async () => {
    serve({ ...base, 'GET /runs/9': new Refusal(404, { code: 'object.missing', message: '没有' }) });
    open('/runs/9', ROUTES);
    expect(await screen.findByText('找不到')).toBeTruthy();
  });
});

describe('the list of runs', () => {
  it('filters in the address and asks the server', async () => {
    const log = serve({ ...base, 'GET /runs': ({ query }: { query: URLSearchParams }) => ({ items: query.get('state') === 'failed' ? [] : [run(), run({ id: '8', state: 'done', flowTitle: '出库', endedAt: '2026-11-21T08:00:02.000Z' })] }) });
    const { user, address } = open('/runs?flow=f1', ROUTES);
    await screen.findByRole('link', { name: '出库' });
    expect(log.find(({ path }) => path.startsWith('/runs'))?.query.get('flow')).toBe('f1');
    const row = within(screen.getByRole('link', { name: '出库' }).closest('tr') as HTMLElement);
    expect(row.getByText('2 秒')).toBeTruthy();
    expect(row.getByText('312')).toBeTruthy();
    await user.selectOptions(screen.getByLabelText('按状态筛选'), '失败');
    expect(await screen.findByText('没有符合条件的执行记录')).toBeTruthy();
    expect(address()).toBe('/runs?flow=f1&state=failed');
  });
  it('lets one rest that goes on, and says why it could not', async () => {
    serve({ ...base, 'GET /runs': { items: [run({ paused: true, pausedBy: '王' }), run({ id: '8', state: 'done', flowTitle: '出库' }), run({ id: '7', flowTitle: '入库' })] }, 'POST /runs/7/pause': new Refusal(409, { code: 'run.over', message: '这次执行已经结束' }) });
    const { user } = open('/runs', ROUTES);
    await screen.findByText('已暂停');
    expect(await screen.findByRole('button', { name: '继续 退货' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: /出库/ })).toBeNull();
    await user.click(screen.getByRole('button', { name: '暂停 入库' }));
    expect(await screen.findByRole('alertdialog', { name: '这次执行已经结束' })).toBeTruthy();
  });
  it('says what to do when nothing ran', async () => {
    serve({ ...base, 'GET /runs': { items: [] } });
    open('/runs', ROUTES);
    expect(await screen.findByText('还没有执行记录')).toBeTruthy();
  });
});

describe('a run that reads the past', () => {
  const past = (trigger: string) => run({ state: 'done', pulling: false, trigger, counts: { pulled: 240, accepted: 9, found: 2 } });

  it('says of which source, and what it found', async () => {
    const drawn = { ...drawing, document: { spec: { nodes: [{ id: 'refunds', type: 'source', title: '退货查询' }] } } };
    serve({ ...base, 'GET /runs/9': past('sweep:refunds'), 'GET /flows/f1/versions/3': drawn });
    open('/runs/9', ROUTES);
    expect(await screen.findByText('补漏 · 退货查询 · 找到 2 张')).toBeTruthy();
    expect(screen.getByRole('link', { name: '读取情况' }).getAttribute('href')).toBe('/flows/f1/reading');
  });

  it('is told apart in the list', async () => {
    serve({ ...base, 'GET /runs': { items: [past('sweep:refunds'), { ...past('backfill:refunds'), id: '10' }, { ...past('schedule'), id: '11' }] } });
    open('/runs', ROUTES);
    expect(await screen.findByText('补漏 · 找到 2 张')).toBeTruthy();
    expect(screen.getByText('历史补采 · 找到 9 张')).toBeTruthy();
    expect(screen.getByText('定时')).toBeTruthy();
  });
});
