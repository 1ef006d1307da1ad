import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { RetentionView } from '../../shared/api/types';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import RetentionPage from './RetentionPage';

const view = (change: Partial<RetentionView> = {}): RetentionView => ({ payloads: 90, calls: 30, posts: 30, errands: 90, pages: 0, version: 2, running: false, asked: false, passes: [], ...change });
const pass = { startedAt: '2026-11-21T03:00:00Z', endedAt: '2026-11-21T03:01:00Z', packs: 1200, bytes: 5_242_880, needed: 7, calls: 31, posts: 0, errands: 4, pages: 12 };
const { endedAt: _endedAt, ...unended } = pass;
const ROUTES = [{ path: '/retention', element: <RetentionPage /> }];
const draw = (of: RetentionView, more: Record<string, unknown> = {}) => {
  const log = serve({ 'GET /retention': of, ...more });
  return { log, ...open('/retention', ROUTES) };
};
const field = (name: string) => screen.findByRole<HTMLInputElement>('textbox', { name });
const button = (name: string) => screen.findByRole<HTMLButtonElement>('button', { name });

describe('retention', () => {
  it('tells ages, what always stays, and what was removed', async () => {
    draw(view({ passes: [pass, { ...unended, startedAt: '2026-11-20T03:00:00Z' }], updatedBy: '阿美', updatedAt: '2026-11-20T00:00:00Z' }));
    expect((await field('单据正文')).value).toBe('90');
    expect(within((await field('分页记录')).closest('td') as HTMLElement).getByText('0 天：永久保留')).toBeTruthy();
    expect(screen.getByText(/主键没有保留期限/)).toBeTruthy();
    expect(screen.getByText(/阿美 修改于/)).toBeTruthy();
    const rows = within(screen.getByRole('table', { name: '最近的清理' })).getAllByRole('row').map((row) => row.textContent);
    expect(rows[1]).toContain('已完成');
    expect(rows[1]).toContain('1,200');
    expect(rows[2]).toContain('已中断，下次继续');
  });

  it('has had no pass at first', async () => {
    draw(view());
    expect(await screen.findByText('还没有清理过')).toBeTruthy();
  });

  it('says why it can not be shown', async () => {
    draw(view(), { 'GET /retention': new Refusal(500, { code: 'store.read_failed', message: '数据库读取失败' }) });
    expect(await screen.findByText('数据库读取失败')).toBeTruthy();
  });

  it('saves ages that changed, and only those that are numbers', async () => {
    const { log, user } = draw(view(), { 'PUT /retention': view({ calls: 7, version: 3 }) });
    const calls = await field('调用记录');
    expect((await button('保存')).disabled).toBe(true);
    for (const wrong of ['', '-1', '1.5', '40000', 'x']) {
      await user.clear(calls);
      if (wrong !== '') await user.type(calls, wrong);
      expect(screen.getByRole('alert').textContent).toContain('0 到 36500');
      expect((await button('保存')).disabled).toBe(true);
      expect((await button('估算')).disabled).toBe(true);
    }
    await user.clear(calls);
    await user.type(calls, '7');
    await user.click(await button('保存'));
    await waitFor(() => expect(log.find(({ method }) => method === 'PUT')?.body).toEqual({ payloads: 90, calls: 7, posts: 30, errands: 90, pages: 0, version: 2 }));
  });

  it('puts a refusal where it belongs', async () => {
    const { user } = draw(view(), { 'PUT /retention': new Refusal(422, { code: 'retention.changed', message: '别人刚刚改过' }) });
    const calls = await field('调用记录');
    await user.type(calls, '0');
    await user.click(await button('保存'));
    expect((await screen.findByText('别人刚刚改过')).closest('[role="alert"]')).toBeTruthy();
    await user.click(await button('放弃修改'));
    expect(calls.value).toBe('30');
    expect(screen.queryByText('别人刚刚改过')).toBeNull();
  });

  it('estimates by the ages as they are written', async () => {
    const { log, user } = draw(view(), { 'GET /retention/estimate': { payloads: 100_000, calls: 12, posts: 0, errands: 3, pages: 0, most: 100_000 } });
    await user.clear(await field('单据正文'));
    await user.type(await field('单据正文'), '30');
    await user.click(await button('估算'));
    expect(await screen.findByText('100,000 以上')).toBeTruthy();
    expect(log.find(({ path }) => path.startsWith('/retention/estimate'))?.query.get('payloads')).toBe('30');
    await user.type(await field('单据正文'), '0');
    expect(screen.queryByText('100,000 以上')).toBeNull(); // it was an estimate by other ages
  });

  it('removes at once after a question, and shows how far it is', async () => {
    let now = view();
    const { log, user } = draw(now, { 'GET /retention': () => now, 'POST /retention/purge': () => { now = view({ asked: true }); } });
    await user.click(await button('立即清理'));
    expect(log.some(({ method }) => method === 'POST')).toBe(false);
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '立即清理' }));
    expect(await screen.findByText('清理即将开始')).toBeTruthy();
    expect((await button('立即清理')).disabled).toBe(true);
    now = view({ running: true, passes: [unended] });
    expect(await screen.findByText('已清理 1247 项', undefined, { timeout: 4000 })).toBeTruthy();
    expect(within(screen.getByRole('table', { name: '最近的清理' })).getByText('进行中')).toBeTruthy();
  });

  it('can only be looked at by whoever is no administrator', async () => {
    draw(view(), { 'GET /session': { ...session, user: { ...session.user, role: 'editor' } } });
    expect((await field('单据正文')).disabled).toBe(true);
    expect(screen.getByText('只有管理员可以修改。')).toBeTruthy();
    for (const name of ['保存', '估算', '立即清理']) expect(screen.queryByRole('button', { name })).toBeNull();
  });
});
