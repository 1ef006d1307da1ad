import { act, screen, waitFor } from '@testing-library/react';
import i18next from 'i18next';
import { Outlet } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api, take } from '../shared/api/client';
import { useFlows } from '../shared/api/flowNames';
import { keys } from '../shared/api/keys';
import { setPreferences } from '../shared/lib/preferences.store';
import { FakeEventSource, makeClient, open, Refusal, type Sent, serve, session } from '../shared/testing/render';
import { ErrorBoundary } from './ErrorBoundary';
import { RequireSession } from './RequireSession';
import { Shell } from './Shell';
import { installStyleNonce } from './styleNonce';
import { refresh, touched } from './useWorkspaceEvents';

const ROUTES = [
  { path: '/login', element: <p>login</p> },
  { path: '/setup', element: <p>setup</p> },
  {
    element: <RequireSession><Shell /></RequireSession>,
    children: [{ path: '/', element: <p>home</p> }, { path: '/docs', element: <p>ledger</p> }, { path: '/flows/:id/design', element: <p>canvas</p>, handle: { bleed: true } }],
  },
];

beforeEach(() => setPreferences({ language: '', theme: 'system', railOpen: true }));

describe('the way in', () => {
  it.each([
    ['auth.login_required', '/docs?state=rejected', '/login?next=%2Fdocs%3Fstate%3Drejected'],
    ['auth.login_required', '/', '/login'],
    ['auth.setup_required', '/docs', '/setup'],
  ])('%s at %s leads to %s', async (code, from, to) => {
    serve({ 'GET /session': new Refusal(401, { code }) });
    const { address } = open(from, ROUTES);
    await waitFor(() => expect(address()).toBe(to));
  });

  it('stays when the server is in trouble', async () => {
    serve({ 'GET /session': new Refusal(500, { code: 'store.down', message: '数据库没有响应' }) });
    const { address } = open('/docs', ROUTES);
    await screen.findByText('数据库没有响应');
    expect(address()).toBe('/docs');
  });

  describe('a session that ends under an open page', () => {
    const refused = new Refusal(401, { code: 'auth.login_required', message: '请先登录' });
    const Page = () => {
      const flows = useFlows();
      return (
        <>
          <textarea aria-label="备注" />
          <button type="button" onClick={() => void take(api.POST('/logout', { body: {} })).catch(() => undefined)}>save</button>
          <p>{flows.isSuccess ? 'flows' : 'none'}</p>
        </>
      );
    };
    const routes = [{ path: '/login', element: <p>login</p> }, { element: <RequireSession><Outlet /></RequireSession>, children: [{ path: '/docs', element: <Page /> }] }];
    const flowsAsked = (log: Sent[]) => log.filter(({ path }) => path.startsWith('/flows')).length;
    const arrive = async () => {
      let ended = false;
      const guarded = (answer: unknown) => () => (ended ? refused : answer);
      const log = serve({
        'GET /session': guarded(session), 'GET /flows': guarded({ items: [] }), 'POST /logout': guarded(undefined),
        'POST /login': () => {
          ended = false;
          return session;
        },
      });
      const page = open('/docs?state=rejected', routes);
      await page.user.type(await screen.findByLabelText('备注'), '半句话');
      await screen.findByText('flows');
      ended = true;
      await page.user.click(screen.getByRole('button', { name: 'save' }));
      await screen.findByRole('heading', { name: '登录已过期' });
      return { ...page, log };
    };

    it('is asked for over the page, which stays as it is', async () => {
      const { user, address, log } = await arrive();
      const asked = flowsAsked(log);
      expect(screen.getByLabelText('用户名')).toHaveProperty('value', session.user.name);
      await user.keyboard('{Escape}');
      await user.type(screen.getByLabelText('密码'), 'water-under-sand{Enter}');
      await waitFor(() => expect(screen.queryByRole('heading', { name: '登录已过期' })).toBeNull());
      expect(log.find(({ path }) => path === '/login')?.body).toEqual({ name: session.user.name, password: 'water-under-sand' });
      expect(screen.getByLabelText('备注')).toHaveProperty('value', '半句话');
      expect(address()).toBe('/docs?state=rejected');
      await waitFor(() => expect(flowsAsked(log)).toBe(asked + 1));
    });

    it('is left for another account on the login page', async () => {
      const { user, address } = await arrive();
      await user.click(screen.getByRole('button', { name: /换一个账号/ }));
      await waitFor(() => expect(address()).toBe('/login?next=%2Fdocs%3Fstate%3Drejected'));
    });
  });
});

describe('the shell', () => {
  it('leads to every place and marks where one is', async () => {
    serve({});
    const { user } = open('/', ROUTES);
    for (const name of ['总览', '集成方案', '运行监控', '单据台账', '对照表', '连接器']) expect(await screen.findByRole('link', { name })).toBeTruthy();
    await user.click(screen.getByRole('link', { name: '单据台账' }));
    await screen.findByText('ledger');
    expect(screen.getByRole('link', { name: '单据台账' }).getAttribute('aria-current')).toBe('page');
  });

  it('finds a document by number from anywhere', async () => {
    serve({});
    const { user, address } = open('/', ROUTES);
    await screen.findByText('home');
    await user.keyboard('{Control>}k{/Control}');
    expect(document.activeElement).toBe(screen.getByRole('searchbox', { name: '按单号找单据' }));
    await user.keyboard(' TH-7 {Enter}');
    expect(address()).toBe('/docs?number=TH-7');
  });

  it('changes language and theme and keeps them', async () => {
    serve({});
    const { user } = open('/', ROUTES);
    await user.click(await screen.findByRole('button', { name: '语言' }));
    await user.click(screen.getByRole('menuitemradio', { name: 'English' }));
    await waitFor(() => expect(i18next.language).toBe('en'));
    await user.click(await screen.findByRole('button', { name: 'Appearance' }));
    await user.click(screen.getByRole('menuitemradio', { name: 'Dark' }));
    expect(JSON.parse(localStorage.getItem('karez.preferences') ?? '')).toMatchObject({ language: 'en', theme: 'dark' });
  });

  it('folds the rail, and does so by itself for a canvas', async () => {
    serve({});
    const { user } = open('/', ROUTES);
    await user.click(await screen.findByRole('button', { name: '收起导航' }));
    expect(screen.getByRole('button', { name: '展开导航' })).toBeTruthy();
    expect(screen.getByRole('link', { name: '集成方案' })).toBeTruthy();
    setPreferences({ railOpen: true });
    open('/flows/7/design', ROUTES);
    await screen.findByText('canvas');
    expect(screen.getByText('canvas').closest('[data-rail]')?.getAttribute('data-rail')).toBe('folded');
  });

  it('says that live updates are interrupted, not at once', async () => {
    serve({});
    open('/', ROUTES);
    await screen.findByText('home');
    const source = FakeEventSource.all[0] as FakeEventSource;
    expect(source.url).toBe('/api/v1/events');
    vi.useFakeTimers();
    act(() => source.fail(FakeEventSource.CONNECTING));
    act(() => vi.advanceTimersByTime(2000));
    expect(screen.queryByText(/实时更新已断开/)).toBeNull();
    act(() => vi.advanceTimersByTime(2000));
    expect(screen.getByText(/实时更新已断开/)).toBeTruthy();
    act(() => source.open());
    act(() => vi.advanceTimersByTime(10));
    expect(screen.queryByText(/实时更新已断开/)).toBeNull();
    vi.useRealTimers();
  });

  it('logs out even when the server cannot be told', async () => {
    let out = false;
    serve({
      'GET /session': () => (out ? new Refusal(401, { code: 'auth.login_required' }) : { user: { id: '1', name: 'lin', role: 'viewer', language: 'en' }, workspace: { id: '1', name: 'w' }, version: '' }),
      'POST /logout': () => {
        out = true;
        return undefined;
      },
    });
    const { user, address } = open('/docs', ROUTES);
    await user.click(await screen.findByRole('button', { name: '账号 lin' }));
    expect(screen.queryByRole('menuitem', { name: 'API 令牌' })).toBeNull();
    await user.click(screen.getByRole('menuitem', { name: '退出登录' }));
    // Who left by will starts anew: nothing leads back to where they were.
    await waitFor(() => expect(address()).toBe('/login'));
  });
});

describe('workspace events', () => {
  it('bring a page back that failed while the line was lost', async () => {
    let down = true;
    const log = serve({ 'GET /flows': () => (down ? new Refusal(503, { code: 'down', message: '没有响应' }) : { items: [], next: '' }) });
    function Page() {
      const flows = useFlows();
      return <p>{flows.data === undefined ? (flows.error === null ? 'asking' : 'failed') : 'there'}</p>;
    }
    open('/', [{ element: <RequireSession><Shell /></RequireSession>, children: [{ path: '/', element: <Page /> }] }]);
    await screen.findByText('failed');
    const source = FakeEventSource.all[0] as FakeEventSource;
    act(() => source.open());
    expect(log.filter(({ path }) => path.startsWith('/flows'))).toHaveLength(1);
    act(() => source.fail(FakeEventSource.CONNECTING));
    down = false;
    act(() => source.open());
    expect(await screen.findByText('there')).toBeTruthy();
  });

  it('make stale what they touch', () => {
    expect(touched({ seq: 1, type: 'run', at: '', data: {} })).toEqual([keys.home, keys.flows, keys.runs, keys.documents, keys.facets, keys.allReadings, keys.allFlowStates]);
    expect(touched({ seq: 1, type: 'flow', at: '', data: {} })).toEqual([keys.home, keys.flows, keys.allReadings, keys.allFlowStates]);
  });
  it('do not fetch anew what somebody scrolled far into', async () => {
    const client = makeClient();
    const refetch = vi.spyOn(client, 'refetchQueries');
    client.setQueryData([...keys.documents, {}], { pages: Array.from({ length: 9 }, () => ({})), pageParams: [] });
    client.setQueryData([...keys.documents, { flow: '1' }], { pages: [{}], pageParams: [] });
    refresh(client, [keys.documents]);
    const { predicate } = refetch.mock.calls[0]?.[0] ?? {};
    const wanted = client.getQueryCache().findAll({ queryKey: keys.documents }).map((query) => predicate?.(query as never));
    expect(wanted).toEqual([false, true]);
    expect(client.getQueryCache().findAll({ queryKey: keys.documents }).every((query) => query.state.isInvalidated)).toBe(true);
  });
});

describe('what holds the page together', () => {
  it('shows what broke a page, and the rest stays', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const Broken = () => {
      throw new Error('it broke');
    };
    open('/', [{ path: '/', element: <><p>rest</p><ErrorBoundary><Broken /></ErrorBoundary><Outlet /></> }]);
    expect(await screen.findByText('这个页面出了故障')).toBeTruthy();
    expect(screen.getByText('rest')).toBeTruthy();
  });

  it('gives every style element the nonce of the page', () => {
    const page = document.implementation.createHTMLDocument();
    expect(installStyleNonce(page)).toBe('');
    const meta = page.createElement('meta');
    meta.setAttribute('property', 'csp-nonce');
    meta.nonce = 'n1';
    page.head.append(meta);
    expect(installStyleNonce(page)).toBe('n1');
    expect(page.createElement('style').nonce).toBe('n1');
    expect(page.createElement('STYLE').nonce).toBe('n1');
    expect(page.createElement('div').nonce || '').toBe('');
  });
});
