import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { Literal, open, Refusal, serve, session } from '../../shared/testing/render';
import { Errands } from './components/Errands';

const ROUTES = [{ path: '/', element: <Errands id="7" nodeName={(id) => ({ submit: '提交', tell: '通知' })[id] ?? id} /> }];

const one = (change: object = {}) => ({
  id: '11', node: 'submit', purpose: 'writeback', connection: 'k3', operation: 'submit', state: 'done', attempt: 1, rev: 1, params: {}, updatedAt: '2026-11-21T08:05:00Z', seen: '1795248300000', actions: [], ...change,
});
const failed = one({ id: '12', node: 'tell', purpose: 'notify', connection: 'ding', operation: 'send', state: 'rejected', attempt: 3, code: 'vendor.rejected', message: '机器人已停用', seen: '1795248300001', actions: ['retry', 'skip'] });

/** The server's list, in which bodies stand as they are written here. */
const listed = (...items: object[]) =>
  new Literal(JSON.stringify({ items }).replaceAll('"BODY"', '{"Id":11111111111111111111,"Paid":1280.10}').replaceAll('"ANSWER"', '{"Number":9007199254740993}'));
const LIST = 'GET /documents/7/errands';

const section = () => screen.findByRole('region', { name: '后续调用' });
const posts = (log: { method: string; path: string; text: string }[]) => log.filter(({ method }) => method === 'POST').map(({ path, text }) => `${path} ${text}`);

describe('calls after walks', () => {
  it('are listed with what is sent and answered, digit by digit', async () => {
    serve({ [LIST]: listed(one({ params: { FormId: 'SAL' }, body: 'BODY', answer: 'ANSWER' }), one({ id: '13', node: 'tell', operation: 'send', state: 'told', attempt: 0 })) });
    open('/', ROUTES);
    const [first, second] = within(await section()).getAllByRole('listitem').map((item) => within(item));
    for (const words of ['提交', '已完成', /k3 · submit · 1 次尝试/]) expect(first?.getByText(words)).toBeTruthy();
    expect(first?.getByText(/"Id": 11111111111111111111,\s+"Paid": 1280.10/)).toBeTruthy();
    expect(first?.getByText(/"Number": 9007199254740993/)).toBeTruthy();
    expect(first?.getByText(/"FormId": "SAL"/)).toBeTruthy();
    for (const words of ['通知', '已合并到另一条消息', '内容已按保留期清除']) expect(second?.getByText(words)).toBeTruthy();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('do not show where there are none', async () => {
    serve({ [LIST]: listed() });
    const { client } = open('/', ROUTES);
    await waitFor(() => expect(client.getQueriesData({ queryKey: ['document', '7'] }).map(([, data]) => data)).toEqual([[]]));
    expect(screen.queryByRole('region', { name: '后续调用' })).toBeNull();
  });

  it('say why they are not known', async () => {
    serve({ [LIST]: new Refusal(503, { code: 'store.down', message: '台账暂时读不到' }) });
    open('/', ROUTES);
    expect(within(await section()).getByText('台账暂时读不到')).toBeTruthy();
  });

  it('are made again as they were seen', async () => {
    let state = 'rejected';
    const log = serve({
      [LIST]: () => JSON.parse(listed({ ...failed, state, actions: state === 'rejected' ? ['retry', 'skip'] : [] }).text) as object,
      'POST /errands/12/retry': () => {
        state = 'pending';
        return failed;
      },
    });
    const { user } = open('/', ROUTES);
    const calls = within(await section());
    expect(calls.getByText('失败')).toBeTruthy();
    expect(calls.getByText('机器人已停用')).toBeTruthy();
    await user.click(calls.getByRole('button', { name: '重试' }));
    expect(await calls.findByText('待发出')).toBeTruthy();
    expect(screen.getByText('已重新排队')).toBeTruthy();
    expect(calls.queryByRole('button')).toBeNull();
    expect(posts(log)).toEqual(['/errands/12/retry {"seen":"1795248300001"}']);
  });

  it('say why they are not made again', async () => {
    const log = serve({ [LIST]: listed(failed), 'POST /errands/12/retry': new Refusal(409, { code: 'errand.changed', message: '调用已变化', hint: '刷新后再看' }) });
    const { user } = open('/', ROUTES);
    await user.click(within(await section()).getByRole('button', { name: '重试' }));
    expect(within(await screen.findByRole('alertdialog', { name: '调用已变化' })).getByText('刷新后再看')).toBeTruthy();
    await waitFor(() => expect(log.filter(({ method, path }) => method === 'GET' && path === '/documents/7/errands')).toHaveLength(2));
  });

  it('are skipped only with a reason, which is shown', async () => {
    let done = {};
    const log = serve({
      [LIST]: () => JSON.parse(listed({ ...failed, ...done }).text) as object,
      'POST /errands/12/skip': () => {
        done = { state: 'skipped', actions: [], actor: '林', note: '已电话告知' };
        return failed;
      },
    });
    const { user } = open('/', ROUTES);
    const calls = within(await section());
    await user.click(calls.getByRole('button', { name: '跳过' }));
    const dialog = within(await screen.findByRole('dialog', { name: '跳过 通知' }));
    await user.click(dialog.getByRole('button', { name: '跳过这次调用' }));
    expect(dialog.getByText('请写明原因')).toBeTruthy();
    expect(posts(log)).toEqual([]);
    await user.type(dialog.getByLabelText('原因'), ' 已电话告知 {Enter}');
    expect(await calls.findByText('已跳过')).toBeTruthy();
    expect(calls.getByText('林：已电话告知')).toBeTruthy();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(posts(log)).toEqual(['/errands/12/skip {"seen":"1795248300001","note":"已电话告知"}']);
  });

  it('offer nothing to who may only look', async () => {
    serve({ [LIST]: listed(failed), 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } } });
    open('/', ROUTES);
    expect(within(await section()).getByText('机器人已停用')).toBeTruthy();
    expect(screen.queryByRole('button')).toBeNull();
  });
});
