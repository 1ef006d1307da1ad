import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Connection, Connector } from '../../shared/api/types';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import ConnectionsPage from './ConnectionsPage';
import { startValues, toDraft } from '../../shared/connections/draft';

const text = (zh: string) => ({ zh });
const connector: Connector = {
  id: 'acme', version: '1.0.0', title: text('示例系统'), operations: [],
  settings: [
    { key: 'address', kind: 'url', title: text('地址'), required: true, default: 'https://api.example.com' },
    { key: 'appKey', kind: 'text', title: text('应用键'), required: true },
    { key: 'appSecret', kind: 'text', title: text('密钥'), required: true, secret: true },
    { key: 'code', kind: 'text', title: text('授权码'), secret: true, when: { key: 'mode', in: ['isv'] } },
    { key: 'mode', kind: 'choice', title: text('方式'), default: 'self', options: [{ value: 'self', title: text('自研') }, { value: 'isv', title: text('服务商') }] },
  ],
};
const jst: Connection = {
  name: 'jst', connector: 'acme', version: '', revision: 4, settings: { address: 'https://api.example.com', appKey: 'k1' }, secrets: { appSecret: true }, usedBy: [{ id: '1', title: '退货' }], updatedAt: '2026-11-21T08:00:00Z',
};
const ROUTES = [{ path: '/connectors', element: <ConnectionsPage /> }];
const base = { 'GET /connections/jst/base-data': { items: [] }, 'GET /connections/jst/traffic': { level: 100, limits: [], atOnce: 8 }, 'GET /connections': { items: [jst] }, 'GET /catalog/connectors': { items: [connector, { ...connector, id: 'bad', title: text('坏的'), fault: { code: 'plugin.x', message: '没有启动' } }] } };

describe('draft', () => {
  it('starts with what is stored and the defaults, never with a secret', () => {
    expect(startValues(connector, jst)).toEqual({ address: 'https://api.example.com', appKey: 'k1', mode: 'self' });
  });
  it('parts secrets from settings and leaves out what is empty or hidden', () => {
    expect(toDraft('a', connector, { address: 'https://x.example', appKey: 'k', appSecret: 's', code: 'hidden', mode: 'self' })).toEqual({
      name: 'a', connector: 'acme', settings: { address: 'https://x.example', appKey: 'k', mode: 'self' }, secrets: { appSecret: 's' },
    });
    expect(toDraft('a', connector, { appKey: 'k', appSecret: '' }).secrets).toEqual({});
    expect(toDraft('a', connector, { mode: 'isv', code: 'c' }).secrets).toEqual({ code: 'c' });
  });
});

describe('connections', () => {
  it('tests a stored one and shows who answered', async () => {
    serve({ ...base, 'POST /connections/jst/check': { ok: true, tookMs: 184, account: '晨曦贸易' } });
    const { user } = open('/connectors', ROUTES);
    const card = within(await screen.findByRole('article', { name: 'jst' }));
    await user.click(card.getByRole('button', { name: '测试连接 jst' }));
    expect(await card.findByText('连接正常，用时 184 毫秒')).toBeTruthy();
    expect(card.getByText('晨曦贸易')).toBeTruthy();
  });

  it('makes and runs the flows of chosen base data', async () => {
    const set = { operation: 'query', form: 'BD_MATERIAL', object: 'BD_MATERIAL', title: text('物料'), schedule: '0 1 * * *', documents: 0 };
    const flow = { id: 'f1', title: '基础资料', published: true, enabled: true, lastRun: { id: '9', state: 'done' } };
    const lists = [[set], [{ ...set, documents: 12, flow }]];
    const log = serve({
      ...base, 'GET /connections/jst/base-data': () => ({ items: lists.length > 1 ? lists.shift() : lists[0] }),
      'POST /connections/jst/base-data': { items: [{ ...set, flow, created: true, run: '9' }] },
    });
    const { user } = open('/connectors?edit=jst', ROUTES);
    const section = within(await screen.findByRole('region', { name: '基础资料' }));
    expect(await section.findByText('还没有方案')).toBeTruthy();
    await user.click(section.getByRole('checkbox', { name: /物料/ }));
    await user.click(section.getByRole('button', { name: '生成并运行方案' }));
    expect((await section.findByRole('link', { name: '12 份资料' })).getAttribute('href')).toBe('/documents?flow=f1');
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ sets: [{ operation: 'query', form: 'BD_MATERIAL' }], run: true });
  });

  it('shows what keeps its writes waiting', async () => {
    const trouble = { code: 'vendor.x', message: '密钥不完整', hint: '补填密钥', since: '2026-11-21T08:00:00Z' };
    serve({ ...base, 'GET /connections': { items: [{ ...jst, trouble }] } });
    open('/connectors', ROUTES);
    const card = within(await screen.findByRole('article', { name: 'jst' }));
    expect(card.getByRole('alert').textContent).toContain('密钥不完整补填密钥');
    expect(card.getByText(/调用暂停/)).toBeTruthy();
  });

  it('shows how its calls stand, and lets an administrator change a limit and resume', async () => {
    const limit = { calls: 5, perMs: 1000, perOperation: true, allowed: 2, withinMs: 1000, used: 1 };
    const traffic = {
      level: 50, atOnce: 3, limits: [limit], refusedAt: '2026-11-21T08:00:00Z', refusedCode: 'vendor.199', pausedUntil: '2026-11-21T08:00:10Z',
      interrupted: { since: '2026-11-21T08:00:00Z', nextAt: '2026-11-21T08:01:00Z', failures: 7, code: 'connection.interrupted', message: '没有响应' },
    };
    const high = new Refusal(422, { code: 'connection.limit_high', message: '超过了规定', hint: '请确认' });
    const answers: unknown[] = [high, undefined];
    const log = serve({
      ...base, 'GET /connections/jst/traffic': traffic, 'POST /connections/jst/resume': undefined,
      'PUT /connections/jst/limit': () => answers.shift(),
    });
    const { user } = open('/connectors', ROUTES);
    const section = within(await screen.findByRole('region', { name: '调用限制' }));
    expect(section.getByText(/每个接口每 1 秒最多 5 次/)).toBeTruthy();
    expect(section.getByText(/当前每 1 秒 2 次/)).toBeTruthy();
    expect(section.getByText(/同时最多 3 个调用/)).toBeTruthy();
    expect(section.getByText(/vendor\.199/)).toBeTruthy();
    expect(section.getByText(/连续 7 次没有响应/)).toBeTruthy();
    await user.click(section.getByRole('button', { name: /调整 jst 的限制/ }));
    await user.type(await screen.findByLabelText('每 1 秒允许的次数'), '9');
    await user.click(screen.getByRole('button', { name: '保存' }));
    await user.click(await screen.findByRole('button', { name: '超过规定，仍然保存' }));
    await waitFor(() => expect(log.filter(({ method }) => method === 'PUT').map(({ body }) => body)).toEqual([
      { calls: 5, perMs: 1000, perOperation: true, own: 9, sure: false },
      { calls: 5, perMs: 1000, perOperation: true, own: 9, sure: true },
    ]));
    await user.click(section.getByRole('button', { name: '立即恢复调用' }));
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: '立即恢复调用' }));
    await waitFor(() => expect(log.some(({ method, path }) => method === 'POST' && path === '/connections/jst/resume')).toBe(true));
  });

  it('shows why a test failed and what to do', async () => {
    serve({ ...base, 'POST /connections/jst/check': { ok: false, code: 'vendor.auth', message: '签名错误', hint: '核对密钥', tookMs: 90 } });
    const { user } = open('/connectors', ROUTES);
    await user.click(await screen.findByRole('button', { name: '测试连接 jst' }));
    const words = await screen.findByText('签名错误');
    expect(words.closest('[role=alert]')?.textContent).toContain('核对密钥');
  });

  it('creates one: choose, fill in, test, save', async () => {
    const log = serve({ ...base, 'POST /connections/check': { ok: true, tookMs: 5 }, 'POST /connections': jst });
    const { user, address } = open('/connectors', ROUTES);
    await user.click(await screen.findByRole('button', { name: '新建连接器' }));
    expect(await screen.findByRole('button', { name: /坏的/ })).toHaveProperty('disabled', true);
    await user.click(screen.getByRole('button', { name: /示例系统/ }));
    await user.click(screen.getByRole('button', { name: '保存' }));
    expect(screen.getByText('请填写应用键')).toBeTruthy();
    expect(log.some(({ method }) => method === 'POST')).toBe(false);
    await user.type(screen.getByLabelText('名称'), 'jst-test');
    await user.type(screen.getByLabelText('应用键'), 'k2');
    await user.type(screen.getByLabelText('密钥'), 's3cret');
    await user.click(screen.getByRole('button', { name: '测试连接' }));
    await screen.findByText(/连接正常/);
    await user.click(screen.getByRole('button', { name: '保存' }));
    await waitFor(() => expect(address()).toBe('/connectors'));
    const expected = { name: 'jst-test', connector: 'acme', settings: { address: 'https://api.example.com', appKey: 'k2', mode: 'self' }, secrets: { appSecret: 's3cret' } };
    expect(log.filter(({ method }) => method === 'POST').map(({ path, body }) => [path, body])).toEqual([['/connections/check', expected], ['/connections', expected]]);
  });

  it('asks before what was filled in is given up', async () => {
    serve(base);
    const { user, address } = open('/connectors?edit=jst', ROUTES);
    const drawer = within(await screen.findByRole('dialog', { name: '编辑 jst' }));
    await user.type(await drawer.findByLabelText(/应用键/), '2');
    await user.keyboard('{Escape}');
    await user.click(within(await screen.findByRole('alertdialog', { name: '放弃填写的内容？' })).getByRole('button', { name: '留下' }));
    expect(drawer.getByLabelText(/应用键/)).toHaveProperty('value', 'k12');
    await user.click(document.querySelector('.ant-drawer-mask') as HTMLElement);
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: '离开' }));
    await waitFor(() => expect(address()).toBe('/connectors'));
  });

  it('changes one without touching the secret that is kept', async () => {
    const log = serve({ ...base, 'PUT /connections/jst': jst });
    const { user } = open('/connectors?edit=jst', ROUTES);
    const key = await screen.findByLabelText('应用键');
    expect(screen.getByLabelText('名称')).toHaveProperty('disabled', true);
    expect(screen.getByLabelText('密钥')).toHaveProperty('value', '');
    await user.clear(key);
    await user.type(key, 'k9');
    await user.click(screen.getByRole('button', { name: '保存' }));
    await waitFor(() => expect(log.find(({ method }) => method === 'PUT')?.body).toEqual({ settings: { address: 'https://api.example.com', appKey: 'k9', mode: 'self' }, secrets: {}, revision: 4 }));
  });

  it('puts the server\'s words at the field', async () => {
    serve({ ...base, 'PUT /connections/jst': new Refusal(422, { code: 'x', message: '有误', problems: [{ code: 'y', path: 'settings.appKey', message: '长度不对' }] }) });
    const { user } = open('/connectors?edit=jst', ROUTES);
    await user.click(await screen.findByRole('button', { name: '保存' }));
    await screen.findByText('长度不对');
    expect(screen.getByLabelText('应用键').getAttribute('aria-invalid')).toBe('true');
  });

  it('lets a person choose when somebody else was faster', async () => {
    const theirs = { ...jst, revision: 7, settings: { address: 'https://api.example.com', appKey: 'theirs' } };
    const conflict = new Refusal(409, { code: 'connection.conflict', message: '别人已修改', current: theirs });
    let answer: unknown = conflict;
    const log = serve({ ...base, 'PUT /connections/jst': () => answer });
    const { user } = open('/connectors?edit=jst', ROUTES);
    const type = async (text: string) => {
      const key = await screen.findByLabelText('应用键');
      await user.clear(key);
      await user.type(key, text);
      await user.click(screen.getByRole('button', { name: '保存' }));
    };
    await type('mine');
    const rows = within(await screen.findByRole('table')).getAllByRole('row');
    expect(rows.map((row) => [...row.children].map(({ textContent }) => textContent).join(' '))).toEqual(['设置 你的 已保存的', '应用键 mine theirs', '方式 self （空）']);
    await user.click(screen.getByRole('button', { name: '用对方的' }));
    expect(screen.getByLabelText('应用键')).toHaveProperty('value', 'theirs');
    expect(screen.queryByRole('table')).toBeNull();
    await type('again');
    await screen.findByRole('table');
    answer = jst;
    await user.click(screen.getByRole('button', { name: '用我的覆盖' }));
    await waitFor(() => expect(screen.queryByLabelText('应用键')).toBeNull());
    const sent = log.filter(({ method }) => method === 'PUT').map(({ body }) => body as { revision: number; settings: { appKey: string } });
    expect(sent.map(({ revision, settings }) => `${revision} ${settings.appKey}`)).toEqual(['4 mine', '7 again', '7 again']);
  });

  it('asks for every secret again when the address moved', async () => {
    const log = serve({ ...base, 'PUT /connections/jst': new Refusal(422, { code: 'connection.secrets_needed', message: '地址已改变，需要重新输入密钥', path: 'secrets.appSecret' }) });
    const { user } = open('/connectors?edit=jst', ROUTES);
    await user.click(await screen.findByRole('button', { name: '保存' }));
    const secret = screen.getByLabelText('密钥');
    await waitFor(() => expect(secret.getAttribute('aria-invalid')).toBe('true'));
    expect(screen.getByText('地址已改变，需要重新输入密钥')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '保存' }));
    expect(screen.getByText('请填写密钥')).toBeTruthy();
    expect(log.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  it('explains why one in use cannot be deleted', async () => {
    serve({ ...base, 'DELETE /connections/jst': new Refusal(409, { code: 'connection.in_use', message: '还有方案在用', hint: '退货' }) });
    const { user } = open('/connectors', ROUTES);
    await user.click(await screen.findByRole('button', { name: 'jst 的操作' }));
    await user.click(screen.getByRole('menuitem', { name: '删除' }));
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '删除' }));
    expect(within(await screen.findByRole('alertdialog', { name: '还有方案在用' })).getByText('退货')).toBeTruthy();
  });

  it('lets an operator test but not change', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'operator' } } });
    open('/connectors?edit=jst', ROUTES);
    expect(await screen.findByRole('button', { name: '测试连接 jst' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'jst 的操作' })).toBeNull();
    expect(screen.queryByLabelText('应用键')).toBeNull();
  });
});
