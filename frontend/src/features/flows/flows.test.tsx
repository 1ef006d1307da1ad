import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { FlowSummary } from '../../shared/api/types';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import FlowsPage from './FlowsPage';

const flow = (id: string, change: Partial<FlowSummary> = {}): FlowSummary => ({
  id, name: `flow-${id}`, title: `方案${id}`, enabled: true, draftVersion: 2, publishedVersion: 2, dirty: false, blocking: 0, updatedAt: '2026-11-21T08:00:00.000Z', ...change,
});
const refund = flow('1', {
  lastRun: { id: '90', state: 'done', startedAt: '2026-11-21T08:00:00.000Z', counts: { delivered: 1200, collected: 34 } }, attention: { rejected: 312, needs_decision: 2, retry_at: 5 }, dirty: true,
});
const looking = flow('3', { preparing: 40 });
const draft = flow('2', { enabled: false, publishedVersion: 0, blocking: 3 });
const ROUTES = [{ path: '/flows', element: <FlowsPage /> }];
const row = async (title: string) => (await screen.findByRole('link', { name: title })).closest('tr') as HTMLElement;
const menu = async (user: ReturnType<typeof open>['user'], title: string) => user.click(await screen.findByRole('button', { name: `${title} 的操作` }));

describe('the list of flows', () => {
  it('tells state, last result and what waits', async () => {
    serve({ 'GET /flows': { items: [refund, draft, looking] } });
    open('/flows', ROUTES);
    const first = within(await row('方案1'));
    expect(first.getByText('运行中')).toBeTruthy();
    expect(first.getByText('已完成')).toBeTruthy();
    expect(first.queryByText(/准备中/)).toBeNull();
    expect(within(await row('方案3')).getByText('准备中 40%')).toBeTruthy();
    expect(first.getByText(/到达 1,234/)).toBeTruthy();
    expect(first.getByText('草稿有改动')).toBeTruthy();
    expect(first.getByRole('link', { name: '314 张' }).getAttribute('href')).toBe('/flows/1/docs?state=needs_decision,rejected,unmapped');
    const second = within(await row('方案2'));
    expect(second.getByText('未发布')).toBeTruthy();
    expect(second.getByText('3 个问题')).toBeTruthy();
    expect(second.getByText('还没有执行过')).toBeTruthy();
  });

  it('asks the server for what is typed, once typing stopped, and keeps it in the address', async () => {
    const log = serve({ 'GET /flows': ({ query }: { query: URLSearchParams }) => ({ items: query.get('q') === '退货' ? [refund] : [refund, draft] }) });
    const { user, address } = open('/flows', ROUTES);
    await row('方案2');
    await user.type(screen.getByRole('searchbox'), '退货');
    await waitFor(() => expect(screen.queryByText('方案2')).toBeNull());
    expect(log.filter(({ path }) => path.startsWith('/flows')).map(({ query }) => query.get('q'))).toEqual([null, '退货']);
    expect(new URLSearchParams(address().split('?')[1]).get('q')).toBe('退货');
  });

  it('filters by health and offers a way out when nothing fits', async () => {
    serve({ 'GET /flows': { items: [refund] } });
    const { user, address } = open('/flows?health=failing', ROUTES);
    await screen.findByText('没有符合条件的方案');
    await user.click(screen.getByRole('button', { name: '清除' }));
    expect(address()).toBe('/flows');
    await row('方案1');
  });

  it('fetches page after page', async () => {
    const log = serve({ 'GET /flows': ({ query }: { query: URLSearchParams }) => (query.get('after') === 'c1' ? { items: [draft] } : { items: [refund], next: 'c1' }) });
    const { user } = open('/flows', ROUTES);
    await user.click(await screen.findByRole('button', { name: '加载更多' }));
    await row('方案2');
    expect(screen.queryByRole('button', { name: '加载更多' })).toBeNull();
    expect(log.map(({ query }) => query.get('after'))).toContain('c1');
  });

  it('makes a first one when there is none', async () => {
    const log = serve({ 'GET /flows': { items: [] }, 'POST /flows': { ...draft, id: '9' } });
    const { user, address } = open('/flows', ROUTES);
    await screen.findByText('还没有集成方案');
    await user.click(screen.getAllByRole('button', { name: '新建方案' })[0] as HTMLElement);
    await user.click(screen.getByRole('button', { name: '创建并打开设计器' }));
    expect(screen.getByRole('alert').textContent).toBe('请填写方案名称');
    await user.type(screen.getByLabelText('方案名称'), '退货 → 金蝶{Enter}');
    await waitFor(() => expect(address()).toBe('/flows/9/design'));
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ title: '退货 → 金蝶' });
  });
});

describe('the menu of a flow', () => {
  it('runs it and leads to the run', async () => {
    serve({ 'GET /flows': { items: [refund] }, 'POST /flows/1/runs': { id: '91' } });
    const { user, address } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '立即执行' }));
    await waitFor(() => expect(address()).toBe('/runs/91'));
  });

  it('fetches documents by their numbers and leads to the run', async () => {
    const log = serve({ 'GET /flows': { items: [refund] }, 'POST /flows/1/pull': { id: '92' } });
    const { user, address } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '按单号拉取' }));
    await user.type(screen.getByLabelText('单号'), 'TH-1');
    await user.click(screen.getByRole('button', { name: '开始拉取' }));
    await waitFor(() => expect(address()).toBe('/runs/92'));
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ numbers: ['TH-1'] });
  });

  it('does not offer to run or enable what was never published', async () => {
    serve({ 'GET /flows': { items: [draft] } });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案2');
    for (const name of ['立即执行', '按单号拉取', '启用']) expect(screen.getByRole('menuitem', { name }).getAttribute('aria-disabled')).toBe('true');
  });

  it('stops it and tells so', async () => {
    let enabled = true;
    const log = serve({
      'GET /flows': () => ({ items: [{ ...refund, enabled }] }),
      'POST /flows/1/disable': () => {
        enabled = false;
        return refund;
      },
      'GET /runs': { items: [] },
    });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '停用' }));
    await screen.findByText('已停用「方案1」');
    await waitFor(async () => expect(within(await row('方案1')).getByText('已停止')).toBeTruthy());
    expect(log.some(({ path }) => path === '/flows/1/disable')).toBe(true);
    expect(screen.queryByText('还有一次执行没有结束')).toBeNull();
  });

  it('rests and goes on', async () => {
    let items: object[] = [];
    const log = serve({
      'GET /flows': { items: [refund] }, 'GET /paused-flows': () => ({ items }),
      'POST /flows/1/pause': () => void (items = [{ flow: '1', actor: '王', note: '盘点', since: '2026-11-21T08:00:00Z' }]),
      'POST /flows/1/resume': () => void (items = []),
    });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '暂停' }));
    expect((await within(await row('方案1')).findByText('已暂停')).closest('[title]')?.getAttribute('title')).toBe('王 暂停 · 盘点');
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '继续' }));
    await waitFor(async () => expect(within(await row('方案1')).queryByText('已暂停')).toBeNull());
    expect(log.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['/flows/1/pause', '/flows/1/resume']);
  });

  it('offers to end a run that goes on', async () => {
    const log = serve({
      'GET /flows': { items: [refund] },
      'POST /flows/1/disable': refund,
      'GET /runs': { items: [{ id: '7', flow: '1', state: 'running' }] },
    });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '停用' }));
    await screen.findByText('还有一次执行没有结束');
    const runs = log.find(({ path }) => path.startsWith('/runs'));
    expect(runs?.query.get('flow')).toBe('1');
    expect(runs?.query.get('state')).toBe('queued,running');
    await user.click(screen.getByRole('button', { name: '现在停止' }));
    await screen.findByText('正在进行的执行已停止取数');
    expect(log.filter(({ path }) => path === '/flows/1/disable').map(({ body }) => body)).toEqual([{}, { now: true }]);
  });

  it('shows every problem when enabling is refused', async () => {
    serve({
      'GET /flows': { items: [{ ...refund, enabled: false }] },
      'POST /flows/1/enable': new Refusal(422, { code: 'flow.problems', message: '有问题，不能启用', problems: [{ code: 'a', message: '连接器 k3 不存在' }] }),
    });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '启用' }));
    expect(within(await screen.findByRole('alertdialog', { name: '有问题，不能启用' })).getByText('连接器 k3 不存在')).toBeTruthy();
  });

  it('copies it under a new title', async () => {
    const log = serve({ 'GET /flows': { items: [refund] }, 'POST /flows/1/copy': { ...draft, id: '12' } });
    const { user, address } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '复制方案' }));
    expect(screen.getByLabelText('方案名称')).toHaveProperty('value', '方案1 副本');
    await user.click(screen.getByRole('button', { name: '复制并打开' }));
    await waitFor(() => expect(address()).toBe('/flows/12/design'));
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ title: '方案1 副本' });
  });

  it('deletes only after a question, and shows why it could not', async () => {
    const log = serve({ 'GET /flows': { items: [refund] }, 'DELETE /flows/1': new Refusal(409, { code: 'flow.enabled', message: '先停用方案' }) });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案1');
    await user.click(screen.getByRole('menuitem', { name: '删除' }));
    const question = within(screen.getByRole('alertdialog', { name: '删除「方案1」？' }));
    expect(log.some(({ method }) => method === 'DELETE')).toBe(false);
    await user.click(question.getByRole('button', { name: '删除' }));
    expect(await screen.findByRole('alertdialog', { name: '先停用方案' })).toBeTruthy();
  });

  it('gives a viewer nothing to change', async () => {
    serve({ 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } }, 'GET /flows': { items: [refund] } });
    const { user } = open('/flows', ROUTES);
    await menu(user, '方案1');
    expect(screen.getAllByRole('menuitem').map((one) => one.textContent)).toEqual(['查看流程图', '运行概况', '数据管理', '读取', '版本', '映射文档（Excel）', '映射文档（Markdown）']);
    expect(screen.queryByRole('button', { name: '新建方案' })).toBeNull();
  });
});
