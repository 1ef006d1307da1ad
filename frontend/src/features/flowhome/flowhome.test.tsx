import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { FlowOverview, FlowRequests, FlowWrites, QueueEntry } from '../../shared/api/types';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import { columnsOf, isFlat, totalsOf } from './model/figures';
import { readSpan } from './model/spans';
import { nextOf, toneOf } from './model/verdict';
import OverviewPage from './OverviewPage';
import QueuePage from './QueuePage';

// The drawing needs a canvas, which the test page does not have; its numbers are in the table.
vi.mock('./components/Chart', () => ({ default: ({ figure }: { figure: string }) => <p>{`chart of ${figure}`}</p> }));

const point = (at: string, change: Partial<FlowOverview['points'][number]> = {}): FlowOverview['points'][number] => ({
  at, pulled: 0, accepted: 0, delivered: 0, failed: 0, retrying: 0, open: 0, calls: 0, medianMs: 0, slowMs: 0, ...change,
});
const points = [point('2026-11-21T08:00:00Z', { accepted: 5, delivered: 3, failed: 2, calls: 3, medianMs: 200, slowMs: 1500 }), point('2026-11-21T08:30:00Z', { accepted: 7, delivered: 6, retrying: 1 })];
const overview = (change: Partial<FlowOverview> = {}): FlowOverview => ({
  span: '24h', from: '2026-11-21T08:00:00Z', to: '2026-11-21T09:00:00Z', stepSeconds: 1800,
  verdict: { code: 'attention', waiting: 2, again: 1, behindSeconds: 900, usualSeconds: 600 },
  lastRun: { id: '9', state: 'done', startedAt: '2026-11-21T08:30:00Z', endedAt: '2026-11-21T08:31:00Z' },
  lastDone: { id: '9', state: 'done', startedAt: '2026-11-21T08:30:00Z', endedAt: '2026-11-21T08:31:00Z' },
  sources: [{ node: 'refunds', cursor: '2026-11-21T08:20:00Z', behindSeconds: 900 }],
  clusters: [
    { state: 'rejected', code: 'vendor.rejected', message: '物料不存在', hint: '先建物料', node: 'k3', documents: 298, since: '2026-11-20T08:00:00Z' },
    { state: 'unmapped', code: 'lookup.code_missing', message: '缺编码', documents: 6 },
  ],
  nodes: [{ node: 'refunds', kind: 'page', meanMs: 2300, of: 40 }, { node: 'k3', kind: 'call', meanMs: 800, of: 200 }],
  points, connections: ['jst', 'k3'], ...change,
});
const allowed = { allowed: true };
const refused = (code: string, message: string, hint = '') => ({ allowed: false, code, message, hint });
const entry = (change: Partial<QueueEntry> = {}): QueueEntry => ({
  id: '31', state: 'retry_at', documents: 1, walks: 2, urgent: false, document: '7', key: 'k7', number: 'TH-7', dueAt: '2026-11-21T09:00:00Z',
  deliveries: [{ node: 'k3', part: 0, connection: 'erp', key: 'TH-7', state: 'retry_at', attempt: 2, code: 'rate', message: '太频繁' }],
  retry: allowed, skip: allowed, first: refused('queue.not_due', '还没有到处理时间', '可以立即执行'), ...change,
});
const page = entry({ id: '32', state: 'waiting', documents: 40, walks: 0, document: undefined, key: undefined, number: undefined, deliveries: [], retry: refused('queue.page', '整页还没有处理'), skip: refused('queue.page', '整页还没有处理'), first: allowed });
const writes = (change: Partial<FlowWrites> = {}): FlowWrites => ({
  items: [page, entry()], next: '', counts: { sending: { rows: 0, documents: 0 }, waiting: { rows: 0, documents: 0 }, retryAt: { rows: 1, documents: 1 }, held: { rows: 0, documents: 0 } },
  calls: [{ id: '88', node: 'k3', connection: 'erp', operation: 'batchSave', kind: 'send', startedAt: '2026-11-21T08:59:00Z', rows: 20 }, { id: '87', node: 'k3', connection: 'erp', operation: 'batchSave', kind: 'probe', startedAt: '2026-11-21T08:58:00Z', endedAt: '2026-11-21T08:58:01Z', rows: 20 }],
  ...change,
});
const requests = (change: Partial<FlowRequests> = {}): FlowRequests => ({
  run: { id: '9', state: 'running', startedAt: '2026-11-21T08:30:00Z' }, pulling: true, paused: false, orders: { cancel: allowed, pause: allowed, resume: allowed },
  windows: [{ id: 'w1', node: 'refunds', kind: 'live', state: 'open', from: '2026-11-21T08:00:00Z', to: '2026-11-21T08:30:00Z', attempt: 2, pages: 3, rows: 150, updatedAt: '2026-11-21T08:30:02Z' }],
  pages: [{ window: 'w1', node: 'refunds', attempt: 2, no: 3, rows: 50, accepted: 44, dropped: 1, unchanged: 4, ignored: 1, total: 150, at: '2026-11-21T08:30:02Z' }], ...change,
});
const limits = { limits: [{ calls: 50, perMs: 60_000, allowed: 50, withinMs: 60_000, used: 12 }], level: 100, atOnce: 4 };
const drawing = { no: 3, note: '', createdAt: '', document: { spec: { nodes: [{ id: 'refunds', type: 'source', title: '退货单' }, { id: 'k3', type: 'target', title: '写入金蝶' }] } } };
const base = {
  'GET /flows': { items: [{ id: 'f1', title: '退货', publishedVersion: 3, enabled: true }] }, 'GET /flows/f1/versions/3': drawing,
  'GET /connections/jst/traffic': limits, 'GET /connections/k3/traffic': { limits: [], level: 100, atOnce: 4 },
};
const ROUTES = [{ path: '/flows/:flowId/overview', element: <OverviewPage /> }, { path: '/flows/:flowId/queue', element: <QueuePage /> }];

describe('models', () => {
  it('draws no time where nothing was called', () => {
    expect(columnsOf(points, 'latency')).toEqual([[1_795_248_000, 1_795_249_800], [200, null], [1500, null]]);
    expect(columnsOf(points, 'failures').slice(1)).toEqual([[2, 0], [0, 1]]);
  });
  it('adds up what was counted and takes the worst of what was measured', () => {
    expect(totalsOf(points, 'throughput')).toEqual([12, 9]);
    expect(totalsOf([...points, point('', { calls: 1, medianMs: 900, slowMs: 900 })], 'latency')).toEqual([900, 1500]);
    expect(isFlat(points, 'failures')).toBe(false);
    expect(isFlat([point('')], 'failures')).toBe(true);
  });
  it('reads the span of an address', () => {
    expect([null, '7d', '1h', '30d'].map(readSpan)).toEqual(['24h', '7d', '24h', '30d']);
  });
  it('knows what to do about each verdict', () => {
    const next = (code: FlowOverview['verdict']['code'], lastRun?: FlowOverview['lastRun']) => nextOf({ verdict: { code, waiting: 0, again: 0, behindSeconds: 0 }, lastRun }, 'f1');
    expect(next('failing', { id: '9', state: 'failed' })).toBe('/runs/9');
    expect(next('failing')).toBeUndefined();
    expect(next('retrying')).toBe('/flows/f1/queue?tab=writes&state=retry_at');
    expect(next('healthy')).toBeUndefined();
    expect(toneOf('failing')).toBe('err');
    expect(toneOf('of-tomorrow' as never)).toBe('info');
  });
});

describe('the overview', () => {
  it('says how the flow is doing, why, and what to do next', async () => {
    serve({ ...base, 'GET /flows/f1/overview': overview() });
    open('/flows/f1/overview', ROUTES);
    const verdict = within(await screen.findByRole('region', { name: '结论' }));
    expect(verdict.getByText('2 张单据等你处理')).toBeTruthy();
    expect(verdict.getByRole('link', { name: '处理单据' }).getAttribute('href')).toBe('/flows/f1/docs?state=needs_decision,rejected,unmapped');
    await verdict.findByText(/退货单 落后 15 分/);
    expect(verdict.getByText('通常每 10 分钟一次')).toBeTruthy();
    const clusters = within(screen.getByRole('region', { name: '停下的原因' }));
    expect(clusters.getByText('物料不存在')).toBeTruthy();
    expect(clusters.getByText(/先建物料/)).toBeTruthy();
    expect(clusters.getByText(/在对照表里补上编码/)).toBeTruthy();
    expect(clusters.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/flows/f1/docs?state=rejected&code=vendor.rejected', '/codes?tab=missing']);
    const paces = within(screen.getByRole('region', { name: '耗时最长的节点' }));
    expect(paces.getAllByRole('row').slice(1).map((row) => row.textContent)).toEqual(['退货单 最慢 每页 2.3 秒40', '写入金蝶  每次调用 800 毫秒200']);
    const quota = within(screen.getByRole('region', { name: '连接器剩余额度' }));
    expect(await quota.findByText('剩余 38 / 50 次（每 1 分钟）')).toBeTruthy();
    expect(await quota.findByText('没有声明调用限制')).toBeTruthy();
    expect(await screen.findByText('chart of throughput')).toBeTruthy();
    const tabs = within(screen.getByRole('navigation', { name: '方案的页面' }));
    expect(tabs.getByRole('link', { current: 'page' }).textContent).toBe('运行概况');
  });

  it('gives the numbers of the drawings in a table', async () => {
    serve({ ...base, 'GET /flows/f1/overview': overview() });
    const { user } = open('/flows/f1/overview', ROUTES);
    await user.click(await screen.findByText('以表格查看'));
    const rows = within(screen.getByRole('table', { name: '各时段的数字' })).getAllByRole('row');
    expect(within(rows[0]!).getAllByRole('columnheader').map((cell) => cell.textContent)).toEqual(['时段开始', '接收', '到达', '待处理', '等待重试', '中位数', '95% 分位']);
    expect(within(rows[1]!).getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['5', '3', '2', '0', '200 毫秒', '1.5 秒']);
    expect(within(rows[2]!).getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['7', '6', '0', '1', '–', '–']);
  });

  it('looks at another time, which stands in the address', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/overview': overview() });
    const { user, address } = open('/flows/f1/overview', ROUTES);
    const spans = within(await screen.findByRole('group', { name: '时间范围' }));
    expect(spans.getByRole('button', { pressed: true }).textContent).toBe('近 24 小时');
    await user.click(spans.getByRole('button', { name: '近 30 天' }));
    expect(address()).toBe('/flows/f1/overview?span=30d');
    await waitFor(() => expect(sent.some(({ path }) => path.includes('/overview?span=30d'))).toBe(true));
  });

  it('is quiet about a flow that has nothing to tell', async () => {
    serve({ ...base, 'GET /flows/f1/overview': overview({ verdict: { code: 'never', waiting: 0, again: 0, behindSeconds: 0 }, lastRun: undefined, lastDone: undefined, sources: [], clusters: [], nodes: [], points: [point('2026-11-21T08:00:00Z')], connections: [] }) });
    open('/flows/f1/overview', ROUTES);
    expect(await screen.findByText('还没有执行过')).toBeTruthy();
    for (const text of ['没有停下的单据', '还没有调用或翻页的记录', '没有用到连接器', '这段时间没有单据', '没有按时间读取的来源']) expect(screen.getByText(text)).toBeTruthy();
    expect(screen.queryByText(/chart of/)).toBeNull();
  });

  it('tells the cause where the last run failed, and keeps the rest where a quota can not be had', async () => {
    serve({ ...base, 'GET /connections/k3/traffic': new Refusal(500, { code: 'x', message: '坏了' }), 'GET /flows/f1/overview': overview({ verdict: { code: 'failing', waiting: 0, again: 0, behindSeconds: 0 }, lastRun: { id: '9', state: 'failed', code: 'connection.refused', message: '聚水潭拒绝了登录' } }) });
    open('/flows/f1/overview', ROUTES);
    expect(await screen.findByText('聚水潭拒绝了登录')).toBeTruthy();
    expect(screen.getByRole('link', { name: '查看执行' }).getAttribute('href')).toBe('/runs/9');
    expect(await screen.findByText('暂时查不到额度')).toBeTruthy();
  });

  it('says what is wrong where it can not be had', async () => {
    serve({ ...base, 'GET /flows/f1/overview': new Refusal(403, { code: 'auth.forbidden', message: '没有权限' }) });
    open('/flows/f1/overview', ROUTES);
    expect((await screen.findAllByText('没有权限')).length).toBeGreaterThan(0);
  });
});

describe('the queues', () => {
  it('shows the windows and pages that are read, and cancels a reading', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/requests': requests(), 'POST /runs/9/cancel': undefined });
    const { user } = open('/flows/f1/queue', ROUTES);
    const windows = within(await screen.findByRole('table', { name: '时间窗口' }));
    expect(await windows.findByText('退货单')).toBeTruthy();
    expect(windows.getByText('读取中')).toBeTruthy();
    const pages = within(screen.getByRole('table', { name: '页' }));
    expect(within(pages.getAllByRole('row')[1]!).getAllByRole('cell').slice(3).map((cell) => cell.textContent)).toEqual(['50', '44', '4', '1', '1', '150']);
    expect(pages.getByText('第 3 页（第 2 次读取）')).toBeTruthy();
    // It is being read already: the button says so in place of starting it again.
    await user.click(await screen.findByRole('button', { name: /^立即执行：读取，现在不能/ }));
    expect(await screen.findByText('正在读取，不需要再次执行')).toBeTruthy();
    await user.keyboard('{Escape}');
    await user.click(screen.getByRole('button', { name: '取消：执行 9' }));
    await user.click(await screen.findByRole('button', { name: '停止读取' }));
    await waitFor(() => expect(sent.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['/runs/9/cancel']));
  });

  it('starts a flow that is not read', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/requests': { pulling: false, paused: false, windows: [], pages: [] }, 'POST /flows/f1/runs': { id: '10' } });
    const { user } = open('/flows/f1/queue', ROUTES);
    expect(await screen.findByText('没有读取记录')).toBeTruthy();
    await user.click(await screen.findByRole('button', { name: '立即执行：读取' }));
    await waitFor(() => expect(sent.some(({ method, path }) => method === 'POST' && path === '/flows/f1/runs')).toBe(true));
    expect(await screen.findByText('已开始执行')).toBeTruthy();
  });

  it('orders what the ledger allows and says why of the rest', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/requests': requests(), 'GET /flows/f1/writes': writes(), 'POST /documents/7/retry': {}, 'POST /documents/7/skip': {}, 'POST /flows/f1/writes/32/first': undefined });
    const { user } = open('/flows/f1/queue?tab=writes', ROUTES);
    const orders = () => sent.filter(({ method }) => method === 'POST').map(({ path, body }) => `${path} ${JSON.stringify(body) ?? ''}`.trim());
    await user.click(await screen.findByRole('button', { name: '立即执行：TH-7' }));
    await user.click(screen.getByRole('button', { name: '重新排队：TH-7' }));
    await waitFor(() => expect(orders()).toEqual(['/documents/7/retry {"version":"pinned"}', '/documents/7/retry {"version":"published"}']));
    await user.click(screen.getByRole('button', { name: '优先：一页 40 张单据' }));
    await waitFor(() => expect(orders()).toContain('/flows/f1/writes/32/first'));
    // Not allowed: it can still be reached, and says why.
    const first = screen.getByRole('button', { name: '优先：TH-7，现在不能：还没有到处理时间 可以立即执行' });
    expect(first.getAttribute('aria-disabled')).toBe('true');
    first.focus();
    await user.keyboard('{Enter}');
    expect(await screen.findByText('还没有到处理时间 可以立即执行')).toBeTruthy();
    await user.keyboard('{Escape}');
    await user.click(screen.getByRole('button', { name: '取消：TH-7' }));
    expect(await screen.findByText('取消写入 TH-7？')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '取消写入' }));
    await waitFor(() => expect(orders()).toContain('/documents/7/skip {"note":"在写入队列取消"}'));
    expect(orders()).toHaveLength(4);
  });

  it('shows what was sent and answered in each attempt', async () => {
    serve({
      ...base, 'GET /flows/f1/requests': requests(), 'GET /flows/f1/writes': writes(),
      'GET /documents/7/attempts': { items: [{ id: 'c1.3.0', node: 'k3', part: 0, no: 1, recorded: true, kind: 'send', connection: 'erp', outcome: 'retry_at', message: '太频繁了', request: 'kept', response: 'none', answer: 'kept' }] },
    });
    const { user } = open('/flows/f1/queue?tab=writes', ROUTES);
    const button = await screen.findByRole('button', { name: '请求与响应：TH-7' });
    expect(button.getAttribute('aria-expanded')).toBe('false');
    await user.click(button);
    expect(await screen.findByText('太频繁了')).toBeTruthy();
    expect(button.getAttribute('aria-expanded')).toBe('true');
    // A call that has had no answer for longer than any call may take got none.
    expect(screen.getByText('没有回答')).toBeTruthy();
    expect(screen.getByText('已回答')).toBeTruthy();
  });

  it('filters by state, which stands in the address, and counts', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/requests': requests(), 'GET /flows/f1/writes': ({ query }: { query: URLSearchParams }) => (query.get('state') === 'unknown' ? writes({ items: [] }) : writes()) });
    const { user, address } = open('/flows/f1/queue?tab=writes', ROUTES);
    const filter = within(await screen.findByRole('group', { name: '按状态筛选' }));
    expect((await filter.findByRole('button', { name: /^等待重试 1/ })).getAttribute('aria-pressed')).toBe('false');
    await user.click(filter.getByRole('button', { name: /^结果未知/ }));
    expect(address()).toBe('/flows/f1/queue?tab=writes&state=unknown');
    expect(await screen.findByText('没有这种状态的写入')).toBeTruthy();
    expect(sent.some(({ path }) => path.includes('state=unknown'))).toBe(true);
  });

  it('lets who may only look order nothing', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } }, 'GET /flows/f1/requests': requests(), 'GET /flows/f1/writes': writes({ items: [] }) });
    open('/flows/f1/queue?tab=writes', ROUTES);
    expect(await screen.findByText('没有排队的写入')).toBeTruthy();
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } }, 'GET /flows/f1/requests': requests(), 'GET /flows/f1/writes': writes() });
    open('/flows/f1/queue?tab=writes', ROUTES);
    expect((await screen.findAllByRole('button', { name: '请求与响应：TH-7' })).length).toBe(1);
    expect(screen.queryByRole('button', { name: /^立即执行/ })).toBeNull();
  });
});
