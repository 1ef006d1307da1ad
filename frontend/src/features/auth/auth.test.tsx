import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import LoginPage from './LoginPage';
import { nextPlace } from './next';
import SetupPage from './SetupPage';

const ROUTES = [{ path: '/login', element: <LoginPage /> }, { path: '/setup', element: <SetupPage /> }, { path: '/docs', element: <p>the ledger</p> }, { path: '/', element: <p>home</p> }];
const anonymous = new Refusal(401, { code: 'auth.login_required', message: '请先登录' });
const fresh = new Refusal(401, { code: 'auth.setup_required', message: '还没有用户' });

describe('login', () => {
  it('goes back to the page one came from', async () => {
    const log = serve({ 'GET /session': anonymous, 'POST /login': session });
    const { user, address } = open('/login?next=%2Fdocs%3Fstate%3Drejected', ROUTES);
    await user.type(await screen.findByLabelText('用户名'), 'lin');
    await user.type(screen.getByLabelText('密码'), 'water-under-sand{Enter}');
    await screen.findByText('the ledger');
    expect(address()).toBe('/docs?state=rejected');
    expect(log.find(({ path }) => path === '/login')?.body).toEqual({ name: 'lin', password: 'water-under-sand' });
  });

  it('says what is missing at its field and asks nobody', async () => {
    const log = serve({ 'GET /session': anonymous });
    const { user } = open('/login', ROUTES);
    await user.click(await screen.findByRole('button', { name: '登录' }));
    const field = screen.getByLabelText('用户名');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent).toBe('请填写用户名');
    expect(log.filter(({ path }) => path === '/login')).toEqual([]);
  });

  it('shows a refusal with its hint, empties the password, keeps the name', async () => {
    serve({ 'GET /session': anonymous, 'POST /login': new Refusal(401, { code: 'auth.wrong', message: '用户名或密码不正确', hint: '还可以试 4 次' }) });
    const { user } = open('/login', ROUTES);
    await user.type(await screen.findByLabelText('用户名'), 'lin');
    await user.type(screen.getByLabelText('密码'), 'wrong{Enter}');
    expect((await screen.findByRole('alert')).textContent).toBe('用户名或密码不正确还可以试 4 次');
    expect(screen.getByLabelText('密码')).toHaveProperty('value', '');
    expect(screen.getByLabelText('用户名')).toHaveProperty('value', 'lin');
  });

  it('lets the password be looked at', async () => {
    serve({ 'GET /session': anonymous });
    const { user } = open('/login', ROUTES);
    await user.click(await screen.findByRole('button', { name: '显示密码' }));
    expect(screen.getByLabelText('密码')).toHaveProperty('type', 'text');
  });

  it('leads to the setup while there is no user', async () => {
    serve({ 'GET /session': fresh });
    const { address } = open('/login', ROUTES);
    await waitFor(() => expect(address()).toBe('/setup'));
  });

  it('does not ask who is already in', async () => {
    serve({});
    const { address } = open('/login', ROUTES);
    await waitFor(() => expect(address()).toBe('/'));
  });

  it.each([
    ['?next=/docs%3Fa%3D1%23x', '/docs?a=1#x'],
    ['', '/'],
    ['?next=https://evil.example', '/'],
    ['?next=//evil.example/x', '/'],
    ['?next=/%5Cevil.example', '/'],
    ['?next=javascript:alert(1)', '/'],
    ['?next=docs', '/'],
  ])('follows %s to a place of this page only', (search, place) => expect(nextPlace(search)).toBe(place));
});

describe('setup', () => {
  const fill = async (user: ReturnType<typeof open>['user'], password: string) => {
    await user.type(await screen.findByLabelText('设置令牌'), ' kz-1 ');
    await user.type(screen.getByLabelText('管理员用户名'), 'lin');
    await user.type(screen.getByLabelText('密码'), password);
    await user.click(screen.getByRole('button', { name: '完成设置并进入' }));
  };

  it('makes the first administrator in the language of the page', async () => {
    const log = serve({ 'GET /session': fresh, 'POST /setup': session });
    const { user } = open('/setup', ROUTES);
    await fill(user, 'water-under-sand');
    await screen.findByText('home');
    expect(log.find(({ path }) => path === '/setup')?.body).toEqual({ token: 'kz-1', name: 'lin', password: 'water-under-sand', language: 'zh-CN' });
  });

  it('refuses a short password before it is sent', async () => {
    const log = serve({ 'GET /session': fresh });
    const { user } = open('/setup', ROUTES);
    await fill(user, 'short');
    expect(screen.getByRole('alert').textContent).toBe('至少 8 个字符');
    expect(log.some(({ path }) => path === '/setup')).toBe(false);
  });

  it('puts a wrong token at the token', async () => {
    serve({ 'GET /session': fresh, 'POST /setup': new Refusal(422, { code: 'auth.setup_token_invalid', message: '令牌不正确', path: 'token' }) });
    const { user } = open('/setup', ROUTES);
    await fill(user, 'water-under-sand');
    expect((await screen.findByRole('alert')).textContent).toBe('令牌不正确');
    expect(screen.getByLabelText('设置令牌').getAttribute('aria-invalid')).toBe('true');
  });

  it('leads to the login once somebody else has done it', async () => {
    serve({ 'GET /session': anonymous });
    const { address } = open('/setup', ROUTES);
    await waitFor(() => expect(address()).toBe('/login'));
  });
});
