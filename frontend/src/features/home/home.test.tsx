import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open, Refusal, serve } from '../../shared/testing/render';
import HomePage from './HomePage';

const flow = { id: '1', name: 'a', title: '退货', enabled: true, draftVersion: 1, publishedVersion: 1, dirty: false, blocking: 0, updatedAt: '' };
const run = { id: '9', flow: '1', flowTitle: '退货', version: 1, state: 'done', trigger: 'manual', pulling: false, startedAt: '2026-11-21T08:00:00Z', counts: { delivered: 83, rejected: 2 }, balanced: true };
const facets = {
  states: { rejected: 298, unmapped: 6, delivered: 88_213, retry_at: 5, waiting: 40 },
  codes: [{ state: 'unmapped', code: 'lookup.code_missing', message: '缺编码', documents: 6 }, { state: 'rejected', code: 'vendor.rejected', message: '物料不存在', documents: 298 }, { state: 'retry_at', code: 'rate', message: '频繁', documents: 5 }],
};
const full = { 'GET /flows': { items: [flow, { ...flow, id: '2', title: '报销', enabled: false, publishedVersion: 0, blocking: 3 }] }, 'GET /documents/facets': facets, 'GET /runs': { items: [run] }, 'GET /connections': { items: [{ name: 'jst' }] } };
const ROUTES = [{ path: '/', element: <HomePage /> }];

describe('the overview', () => {
  it('puts what waits for a person first, biggest first, with a way there', async () => {
    serve(full);
    open('/', ROUTES);
    const needs = within(await screen.findByRole('region', { name: '需要你处理' }));
    await needs.findByText('物料不存在');
    const links = needs.getAllByRole('link').slice(1);
    expect(links.map((link) => link.getAttribute('href'))).toEqual(['/docs?state=rejected&code=vendor.rejected', '/codes?tab=missing', '/flows/2/design', '/docs?state=retry_at&code=rate']);
    // What is tried again by itself comes last and quieter.
    expect(needs.getByText('系统会自己再试，也可以现在改好')).toBeTruthy();
    expect(links.map((link) => link.dataset.quiet)).toEqual(['false', 'false', undefined, 'true']);
    const health = within(await screen.findByRole('region', { name: '工作空间概况' }));
    expect(health.getByRole('link', { name: /等你处理\s*304/ })).toBeTruthy();
    expect(health.getByRole('link', { name: /已到达\s*88,213/ })).toBeTruthy();
    expect(screen.queryByText('四步跑通第一个方案')).toBeNull();
  });

  it('tells first which systems do not answer', async () => {
    const trouble = { code: 'connection.interrupted', message: '系统没有响应', since: '2026-11-21T08:00:00Z' };
    serve({ ...full, 'GET /connections': { items: [{ name: 'jst' }, { name: 'k3', trouble }] } });
    open('/', ROUTES);
    const needs = within(await screen.findByRole('region', { name: '需要你处理' }));
    const row = await needs.findByRole('link', { name: /连接器 k3 暂时不能用/ });
    expect(row.getAttribute('href')).toBe('/connections');
    expect(row.textContent).toContain('系统没有响应');
    expect(needs.getAllByRole('link').indexOf(row)).toBe(1);
    expect(needs.queryByText(/jst/)).toBeNull();
  });

  it('leads to how a flow is doing that failed or has documents that wait', async () => {
    serve({ ...full, 'GET /flows': { items: [{ ...flow, lastRun: { ...run, state: 'failed' } }, { ...flow, id: '3', title: '入库', attention: { rejected: 4 } }] } });
    open('/', ROUTES);
    const needs = within(await screen.findByRole('region', { name: '需要你处理' }));
    expect((await needs.findByRole('link', { name: /^退货\s*最近一次执行没有读完来源/ })).getAttribute('href')).toBe('/flows/1/overview');
    expect(needs.getByRole('link', { name: '入库' }).getAttribute('href')).toBe('/flows/3/overview');
  });

  it('leads a new workspace through four steps and marks the next', async () => {
    serve({ 'GET /flows': { items: [] }, 'GET /documents/facets': { states: {}, codes: [] }, 'GET /runs': { items: [] }, 'GET /connections': { items: [{ name: 'jst' }] } });
    open('/', ROUTES);
    const steps = within(await screen.findByRole('region', { name: '四步跑通第一个方案' })).getAllByRole('listitem');
    expect(steps.map(({ dataset }) => `${dataset.done} ${dataset.next}`)).toEqual(['true false', 'false true', 'false false', 'false false']);
    expect(await screen.findByText('没有等你处理的单据')).toBeTruthy();
  });

  it('shows the steps again when asked from the help', async () => {
    serve(full);
    open('/?start=1', ROUTES);
    expect(await screen.findByText('四步跑通第一个方案')).toBeTruthy();
  });

  it('keeps the parts that could be had when one could not', async () => {
    serve({ ...full, 'GET /documents/facets': new Refusal(500, { code: 'store.down', message: '数据库没有响应' }) });
    open('/', ROUTES);
    expect(await screen.findByText('数据库没有响应')).toBeTruthy();
    const runs = within(screen.getByRole('region', { name: '最近执行' }));
    expect((await runs.findByText('退货')).closest('a')?.getAttribute('href')).toBe('/runs/9');
    expect(runs.getByText('待处理 2')).toBeTruthy();
  });
});
