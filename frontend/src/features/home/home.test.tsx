import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Home } from '../../shared/api/types';
import { setPreferences } from '../../shared/lib/preferences.store';
import { open, Refusal, serve } from '../../shared/testing/render';
import HomePage from './HomePage';
import { connectionPlace, flowPlace, healthsOf, needsOf, nothingNeeded, stepsOf } from './model/needs';

const run = { id: '9', flow: '1', flowTitle: '退货', version: 1, state: 'done', trigger: 'manual', pulling: false, startedAt: '2026-11-21T08:00:00Z', counts: { delivered: 83, rejected: 2 }, balanced: true };
const empty: Home = { steps: { connected: false, drawn: false, dryRun: false, enabled: false, delivered: false }, states: {}, groups: [], verdicts: {}, flows: [], connections: [], tokens: [] };
const busy: Home = {
  steps: { connected: true, drawn: true, dryRun: true, enabled: true, delivered: true }, latest: '1',
  states: { rejected: 298, unmapped: 6, needs_decision: 1, delivered: 88_213, retry_at: 5, waiting: 40 },
  verdicts: { failing: 1, late: 1, healthy: 2, reading: 1, paused: 1 },
  groups: [
    { state: 'unmapped', code: 'lookup.code_missing', message: '缺编码', documents: 6 }, { state: 'rejected', code: 'vendor.rejected', message: '物料不存在', documents: 298 },
    { state: 'retry_at', code: 'rate', message: '频繁', documents: 5 }, { state: 'needs_decision', code: 'delivery.key_taken', message: '单号被占用', documents: 1 },
  ],
  flows: [{ id: '3', title: '银行', why: 'failing', run: '8', message: '登录失败', lastDoneAt: '2026-11-21T08:00:00Z' }, { id: '4', title: '库存', why: 'late', behindSeconds: 9000 }, { id: '2', title: '报销', why: 'blocked', blocking: 3 }],
  connections: [
    { name: 'k3', why: 'interrupted', code: 'connection.interrupted', message: '系统没有响应', since: '2026-11-21T08:00:00Z' }, { name: '每 刻', why: 'broken', code: 'auth.refused', message: '密钥被拒绝', since: '2026-11-21T08:00:00Z' },
    { name: 'kd', why: 'quota', used: 900, allowed: 1000, perMs: 86_400_000 },
  ],
  tokens: [{ id: '7', name: '看板', expiresAt: '2020-01-01T00:00:00Z' }],
};
const ROUTES = [{ path: '/', element: <HomePage /> }];
const answer = (home: Home) => ({ 'GET /home': home, 'GET /runs': { items: [run] } });

beforeEach(() => setPreferences({ stepsHidden: false }));

describe('the overview', () => {
  it('puts what waits for a person first, each with a way there', async () => {
    serve(answer(busy));
    open('/', ROUTES);
    const needs = within(await screen.findByRole('region', { name: '需要你处理' }));
    await needs.findByText('物料不存在');
    const links = needs.getAllByRole('link').slice(1);
    expect(links.map((link) => link.getAttribute('href'))).toEqual([
      '/docs?state=needs_decision&code=delivery.key_taken', '/connectors#k3', '/connectors?edit=%E6%AF%8F%20%E5%88%BB', '/connectors#kd', '/runs/8', '/flows/4/reading',
      '/docs?state=rejected&code=vendor.rejected', '/codes?tab=missing', '/flows/2/design', '/tokens', '/docs?state=retry_at&code=rate',
    ]);
    // What is tried again by itself comes last and quieter.
    expect(needs.getByText('系统会自己再试，也可以现在改好')).toBeTruthy();
    expect(links.map((link) => link.dataset.quiet).lastIndexOf('false')).toBe(links.length - 2);
    expect(needs.getByText('900 / 1,000')).toBeTruthy();
    expect(needs.getByText('访问令牌 看板 已经到期')).toBeTruthy();
    const health = within(await screen.findByRole('region', { name: '工作空间概况' }));
    expect(health.getByRole('link', { name: /等你处理\s*305/ })).toBeTruthy();
    expect(health.getByRole('link', { name: /已到达\s*88,213/ })).toBeTruthy();
    expect(screen.queryByText('五步送达第一张单据')).toBeNull();
  });

  it('leads a new workspace through the steps, marks the next, and can be put away', async () => {
    serve(answer({ ...empty, steps: { ...empty.steps, connected: true } }));
    open('/', ROUTES);
    const start = within(await screen.findByRole('region', { name: '五步送达第一张单据' }));
    expect(start.getAllByRole('listitem').map(({ dataset }) => `${dataset.step} ${dataset.done} ${dataset.next}`)).toEqual([
      'connected true false', 'drawn false true', 'dryRun false false', 'enabled false false', 'delivered false false',
    ]);
    expect(start.getByRole('status').textContent).toBe('已完成 1 / 5');
    expect(await screen.findByText('没有需要你处理的事')).toBeTruthy();
    await userEvent.click(start.getByRole('button', { name: '收起清单' }));
    expect(screen.queryByText('五步送达第一张单据')).toBeNull();
  });

  it('shows the steps again when asked from the help, also once they were put away', async () => {
    setPreferences({ stepsHidden: true });
    serve(answer(busy));
    open('/?start=1', ROUTES);
    expect(await screen.findByText('全部完成，可以收起了。')).toBeTruthy();
  });

  it('keeps the parts that could be had when one could not', async () => {
    serve({ ...answer(busy), 'GET /home': new Refusal(500, { code: 'store.down', message: '数据库没有响应' }) });
    open('/', ROUTES);
    expect(await screen.findByText('数据库没有响应')).toBeTruthy();
    const runs = within(screen.getByRole('region', { name: '最近执行' }));
    expect((await runs.findByText('退货')).closest('a')?.getAttribute('href')).toBe('/runs/9');
    expect(runs.getByText('待处理 2')).toBeTruthy();
  });
});

describe('what is needed', () => {
  it('is nothing only when every list is empty', () => {
    expect(nothingNeeded(needsOf(empty))).toBe(true);
    for (const part of ['groups', 'flows', 'connections', 'tokens'] as const) expect(nothingNeeded(needsOf({ ...empty, [part]: busy[part] }))).toBe(false);
    expect(nothingNeeded(needsOf({ ...empty, groups: [{ state: 'retry_at', code: 'rate', message: '', documents: 1 }] }))).toBe(false);
  });

  it('leads to the place where it is mended', () => {
    expect(flowPlace({ id: 'f', title: '', why: 'never' })).toBe('/flows/f/overview');
    expect(flowPlace({ id: 'f', title: '', why: 'failing' })).toBe('/flows/f/overview');
    expect(connectionPlace({ name: 'a/b', why: 'throttled' })).toBe('/connectors#a%2Fb');
    expect(stepsOf(empty).map(({ to }) => to)).toEqual(['/connectors?new=1', '/market', '/flows?new=1', '/flows?new=1', '/flows?new=1']);
    expect(stepsOf(busy).map(({ to }) => to)).toEqual(['/connectors?new=1', '/market', '/flows/1/dry-run', '/flows/1/design', '/flows/1/overview']);
  });

  it('counts flows by how they fare, the worst first, also by words it does not know', () => {
    expect(healthsOf({ ...busy.verdicts, dreaming: 1 })).toEqual([{ health: 'failing', size: 1 }, { health: 'late', size: 1 }, { health: 'healthy', size: 4 }, { health: 'stopped', size: 1 }]);
  });
});
