import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { PastReading, SourceReading } from '../../shared/api/types';
import { fromField, toField } from '../../shared/lib/times';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import { presets } from './model/times';
import ReadingPage from './ReadingPage';

const past = (change: Partial<PastReading> = {}): PastReading => ({
  run: '31', kind: 'sweep', state: 'done', reading: false, paused: false, from: '2026-11-18T08:00:00Z', to: '2026-11-21T08:00:00Z', windows: 3, percent: 100, found: 2, pulled: 240, unchanged: 238,
  perMinute: 60, startedAt: '2026-11-21T09:00:00Z', endedAt: '2026-11-21T09:04:00Z', ...change,
});
const source = (change: Partial<SourceReading> = {}): SourceReading => ({
  node: 'refunds', title: '退货查询', connection: 'jst', operation: 'refund.single.query', byTime: true, zone: 'Asia/Shanghai', startFrom: '2026-11-01T00:00:00Z', cursor: '2026-11-21T08:00:00Z',
  coveredFrom: '2026-11-01T00:00:00Z', last: { from: '2026-11-21T07:50:00Z', to: '2026-11-21T08:00:00Z', doneAt: '2026-11-21T08:00:05Z', run: '30' }, clock: 'right', aheadSeconds: 1, clockAt: '2026-11-21T08:00:00Z',
  sweep: { schedule: '', lookBackSeconds: 259_200 }, past: [], resets: [], ...change,
});
const estimate = { from: '2026-10-01T00:00:00Z', to: '2026-10-20T00:00:00Z', windows: 19, sampled: 5, calls: 42, atLeast: true, seconds: 90 };
const ROUTES = [{ path: '/flows/:flowId/reading', element: <ReadingPage /> }];
const AT = '/flows/f1/sources';
const draw = (sources: SourceReading[], more: Record<string, unknown> = {}) => {
  const log = serve({ 'GET /flows': { items: [{ id: 'f1', title: '退货', publishedVersion: 2 }] }, [`GET ${AT}`]: { items: sources }, ...more });
  return { log, ...open('/flows/f1/reading', ROUTES) };
};
const shown = (time: string) => toField(time).replaceAll('-', '/').replace('T', ' ');
const region = async () => within(await screen.findByRole('region', { name: /退货查询/ }));
const button = (name: string) => screen.findByRole('button', { name });

describe('times', () => {
  it('go through a field unchanged, in any zone', () => {
    for (const time of ['2026-11-21T08:00:05Z', '2026-01-01T00:00:00Z', '1999-12-31T23:59:59Z']) expect(fromField(toField(time))).toBe(time);
    expect(toField(undefined)).toBe('');
    expect(toField('x')).toBe('');
    expect(fromField('')).toBeUndefined();
    expect(fromField('x')).toBeUndefined();
  });
  it('of the common ranges go by the clock of the source', () => {
    const now = new Date(2026, 0, 15, 12).getTime();
    const all = Object.fromEntries(presets(now, '2025-12-01T00:00:00Z').map(({ key, from, to }) => [key, [toField(from), toField(to)]]));
    expect(all.thisMonth).toEqual(['2026-01-01T00:00:00', '2026-01-15T12:00:00']);
    expect(all.lastMonth).toEqual(['2025-12-01T00:00:00', '2026-01-01T00:00:00']);
    expect(all.week).toEqual(['2026-01-08T12:00:00', '2026-01-15T12:00:00']);
    expect(all.before).toEqual([toField('2025-11-01T00:00:00Z'), toField('2025-12-01T00:00:00Z')]);
    expect(presets(now, undefined).map(({ key }) => key)).not.toContain('before');
  });
});

describe('a source', () => {
  it('tells cursor, last window, clock, and what sweeps found', async () => {
    draw([source({ past: [past()], sweep: { schedule: '', lookBackSeconds: 259_200, widerSeconds: 518_400 }, resets: [{ from: '2026-11-20T00:00:00Z', to: '2026-11-10T00:00:00Z', actor: '阿美', note: '重读', at: '2026-11-20T01:00:00Z' }] })]);
    const panel = await region();
    expect(panel.getByText(shown('2026-11-21T08:00:00Z'))).toBeTruthy();
    expect(panel.getByText(`${shown('2026-11-21T07:50:00Z')} 至 ${shown('2026-11-21T08:00:00Z')}`)).toBeTruthy();
    expect(panel.getByText('与本机一致')).toBeTruthy();
    expect(panel.getAllByText(/找到 2 张/)).toBeTruthy();
    expect(panel.getByText(/建议把回看时长加到 6 天/)).toBeTruthy();
    expect(panel.getByText(/阿美/)).toBeTruthy();
    expect(panel.getByText('重读')).toBeTruthy();
    expect(panel.queryByText(/时钟快了|时钟慢了/)).toBeNull();
    expect(within(panel.getByRole('table')).getByRole('link', { name: '补漏' }).getAttribute('href')).toBe('/runs/31');
  });

  it.each([
    [{ clock: 'apart', aheadSeconds: 125 }, /快了 2 分钟 5 秒/, 'status'], [{ clock: 'wrong', aheadSeconds: -900 }, /慢了 15 分钟/, 'alert'],
  ] as const)('warns of a clock that is %j', async (change, words, role) => {
    draw([source(change)]);
    expect((await screen.findByText(words)).closest(`[role="${role}"]`)).toBeTruthy();
  });

  it.each([{ clock: 'apart', aheadSeconds: 60 }, { clock: 'own', aheadSeconds: 9_000_000 }] as const)('does not warn of a clock that is %j', async (change) => {
    draw([source(change)]);
    await region();
    expect(screen.queryByText(/时钟快了/)).toBeNull();
  });

  it('that was never read has nothing to sweep', async () => {
    const { cursor: _cursor, last: _last, ...fresh } = source();
    draw([fresh as SourceReading]);
    expect((await button('补漏') as HTMLButtonElement).disabled).toBe(true);
    expect(screen.getByText('还没有读取过')).toBeTruthy();
  });

  it('that does not select by time offers nothing', async () => {
    draw([source({ byTime: false })]);
    expect(await screen.findByText(/不能按时间查询/)).toBeTruthy();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('offers nothing to who may only look', async () => {
    draw([source()], { 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } } });
    await region();
    await waitFor(() => expect(screen.queryByRole('button', { name: '补漏' })).toBeNull());
  });

  it('whose flow has none, or cannot be told of, says so', async () => {
    const { unmount } = draw([]);
    expect(await screen.findByText('没有要读取的来源')).toBeTruthy();
    unmount();
    draw([], { [`GET ${AT}`]: { items: [], code: 'plan.connector_missing', message: '没有安装连接器' } });
    expect((await screen.findByRole('alert')).textContent).toContain('没有安装连接器');
  });
});

describe('a running backfill', () => {
  const running = past({ kind: 'backfill', state: 'running', reading: true, windows: 7, windowsAll: 20, percent: 35, found: 610, pulled: 1400, perMinute: 200, leftSeconds: 600 });

  it('shows its progress, rests and ends', async () => {
    let now = running;
    const { log, user } = draw([source()], {
      [`GET ${AT}`]: () => ({ items: [source({ past: [now] })] }), 'POST /runs/31/pause': () => { now = { ...running, paused: true }; }, 'POST /runs/31/cancel': () => { now = past({ kind: 'backfill', state: 'cancelled' }); },
    });
    const group = within(await screen.findByRole('group', { name: '历史补采' }));
    expect(group.getByText('时间窗口 7 / 20')).toBeTruthy();
    expect(group.getByText('每分钟 200 条')).toBeTruthy();
    expect(group.getByText('还需约 10 分钟')).toBeTruthy();
    expect(group.getByRole('progressbar').getAttribute('value')).toBe('35');
    await user.click(await group.findByRole('button', { name: '暂停' }));
    await group.findByRole('button', { name: '继续' });
    expect(group.getByText('已暂停')).toBeTruthy();
    await user.click(group.getByRole('button', { name: '停止' }));
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: '停止' }));
    await waitFor(() => expect(screen.queryByRole('progressbar')).toBeNull());
    expect(log.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['/runs/31/pause', '/runs/31/cancel']);
  });
});

describe('the dialogs', () => {
  it('start a sweep, and show why it is refused', async () => {
    let refuse = true;
    const { log, user } = draw([source()], { [`POST ${AT}/refunds/sweep`]: () => (refuse ? new Refusal(409, { code: 'flow.not_published', message: '方案没有发布' }) : { id: '32' }) });
    await user.click(await button('补漏'));
    const dialog = within(await screen.findByRole('alertdialog', { name: '补漏：退货查询' }));
    expect(dialog.getByText(/往回 3 天/)).toBeTruthy();
    await user.click(dialog.getByRole('button', { name: '开始补漏' }));
    expect(await screen.findByText('方案没有发布')).toBeTruthy();
    await user.click(await button('知道了'));
    refuse = false;
    await user.click(await button('补漏'));
    await user.click(await button('开始补漏'));
    expect(await screen.findByText('已开始补漏')).toBeTruthy();
    expect(log.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  it('estimate a backfill before it starts, and anew for another range', async () => {
    const { log, user } = draw([source()], {
      [`POST ${AT}/refunds/backfill/estimate`]: { ...estimate, holeFrom: '2026-10-20T00:00:00Z', holeTo: '2026-11-01T00:00:00Z' }, [`POST ${AT}/refunds/backfill`]: { id: '33' },
    });
    await user.click(await button('历史补采'));
    const dialog = within(await screen.findByRole('dialog', { name: '历史补采：退货查询' }));
    await user.click(dialog.getByRole('button', { name: '估算' }));
    expect(dialog.getByText('请填写开始时间')).toBeTruthy();
    expect(dialog.getByText('请填写结束时间')).toBeTruthy();
    await user.click(dialog.getByRole('button', { name: '已读取之前的 30 天' }));
    await user.click(dialog.getByRole('button', { name: '估算' }));
    expect(await dialog.findByText('至少 42')).toBeTruthy();
    expect(dialog.getByText('至少 1 分钟 30 秒')).toBeTruthy();
    expect(dialog.getByText('未知')).toBeTruthy();
    expect(dialog.getByText('这个范围和已读取的数据之间还有空缺')).toBeTruthy();
    await user.click(dialog.getByRole('button', { name: '最近 7 天' }));
    expect(dialog.queryByText('至少 42')).toBeNull();
    await user.click(dialog.getByRole('button', { name: '已读取之前的 30 天' }));
    await user.click(dialog.getByRole('button', { name: '估算' }));
    await user.click(await dialog.findByRole('button', { name: '开始补采' }));
    expect(await screen.findByText('已开始历史补采')).toBeTruthy();
    expect(log.filter(({ path }) => path === `${AT}/refunds/backfill`).map(({ body }) => body)).toEqual([{ from: '2026-10-02T00:00:00Z', to: '2026-11-01T00:00:00Z' }]);
  });

  it('show a refusal at its field with its hint', async () => {
    const { user } = draw([source()], { [`POST ${AT}/refunds/backfill/estimate`]: new Refusal(422, { code: 'backfill.range_empty', message: '结束时间早于开始时间', path: 'to', hint: '请改结束时间' }) });
    await user.click(await button('历史补采'));
    await user.click(await button('最近 7 天'));
    await user.click(await button('估算'));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toBe('结束时间早于开始时间 请改结束时间');
    expect(screen.getByLabelText('结束时间').getAttribute('aria-describedby')).toBe(alert.id);
  });

  it('preview a reset, look again where the cursor moved, and send the version of the preview', async () => {
    let version = 4;
    const { log, user } = draw([source()], {
      [`POST ${AT}/refunds/cursor/preview`]: () => ({ from: '2026-11-21T08:00:00Z', to: '2026-10-01T00:00:00Z', version, begins: '2026-09-30T23:50:00Z', again: estimate, stored: 1204, skipped: false }),
      [`POST ${AT}/refunds/cursor`]: () => {
        if (version === 5) return undefined;
        version = 5;
        return new Refusal(409, { code: 'cursor.moved', message: '增量起点在这期间已经变化', hint: '请重新查看预览' });
      },
    });
    await user.click(await button('重置增量起点'));
    const dialog = within(await screen.findByRole('dialog', { name: '重置增量起点：退货查询' }));
    await user.clear(dialog.getByLabelText('新的上次同步时间'));
    await user.click(dialog.getByRole('button', { name: '预览影响' }));
    expect(dialog.getByText('请填写新的上次同步时间')).toBeTruthy();
    await user.type(dialog.getByLabelText('新的上次同步时间'), toField('2026-10-01T00:00:00Z'));
    await user.click(dialog.getByRole('button', { name: '预览影响' }));
    expect(await dialog.findByText(/其中 1,204 张单据台账里已有/)).toBeTruthy();
    expect(dialog.queryByText('这段时间会被跳过')).toBeNull();
    await user.type(dialog.getByLabelText('备注'), '漏了一周');
    await user.click(dialog.getByRole('button', { name: '确认重置' }));
    expect(await dialog.findByText('增量起点在这期间已经变化')).toBeTruthy();
    await waitFor(() => expect(log.filter(({ path }) => path.endsWith('/preview'))).toHaveLength(2));
    await user.click(await dialog.findByRole('button', { name: '确认重置' }));
    expect(await screen.findByText('已重置增量起点')).toBeTruthy();
    expect(log.filter(({ path }) => path.endsWith('/cursor')).map(({ body }) => body)).toEqual([4, 5].map((no) => ({ to: '2026-10-01T00:00:00Z', version: no, note: '漏了一周' })));
  });

  it('warn of what a reset skips', async () => {
    const { user } = draw([source()], { [`POST ${AT}/refunds/cursor/preview`]: { from: '2026-11-21T08:00:00Z', to: '2026-11-22T08:00:00Z', version: 4, begins: '2026-11-22T07:50:00Z', skipped: true } });
    await user.click(await button('重置增量起点'));
    await user.click(await button('预览影响'));
    expect(await screen.findByText('这段时间会被跳过')).toBeTruthy();
  });
});
