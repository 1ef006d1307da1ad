import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ConfigProvider } from 'antd';
import { type ReactNode, Suspense } from 'react';
import { createMemoryRouter, type RouteObject, RouterProvider } from 'react-router';
import { vi } from 'vitest';
import type { Session } from '../api/types';
import { DialogsProvider } from '../ui/DialogsProvider';

export const session: Session = { user: { id: '1', name: '林若水', role: 'admin', language: 'zh-CN' }, workspace: { id: '1', name: '测试空间' }, version: '0.0.0' };

export interface Sent {
  method: string;
  /** Path below /api/v1 with its query. */
  path: string;
  query: URLSearchParams;
  headers: Headers;
  text: string;
  body: unknown;
}

type Answer = unknown | ((sent: Sent) => unknown);

/** A refusal of the stubbed server. */
export class Refusal {
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: { code: string; message?: string; [more: string]: unknown }) {
    this.status = status;
    this.body = body;
  }
}

/** JSON that is sent as it is written here. */
export class Literal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Stands in for the network: answers by "METHOD /path" (below /api/v1, without
 * query), longest match first; what it does not know is a failed test. Gives the
 * list of what was sent.
 */
export function serve(answers: Record<string, Answer>): Sent[] {
  const log: Sent[] = [];
  const all: Record<string, Answer> = { 'GET /session': session, 'GET /paused-flows': { items: [] }, ...answers };
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    const text = await request.clone().text();
    const path = url.pathname.replace('/api/v1', '');
    const sent: Sent = { method: request.method, path: path + url.search, query: url.searchParams, headers: request.headers, text, body: text === '' || request.headers.get('Content-Type') !== 'application/json' ? undefined : JSON.parse(text) };
    log.push(sent);
    const key = `${request.method} ${path}`;
    if (!(key in all)) throw new Error(`the test's server knows no ${key}`);
    const known = all[key];
    const aborted = new Promise((_, fail) => request.signal.addEventListener('abort', () => fail(request.signal.reason as Error)));
    aborted.catch(() => undefined);
    const answer: unknown = typeof known === 'function' ? await Promise.race([(known as (sent: Sent) => unknown)(sent), aborted]) : known;
    if (answer instanceof Refusal) return new Response(JSON.stringify(answer.body), { status: answer.status, headers: { 'Content-Type': 'application/problem+json' } });
    if (answer instanceof Literal) return new Response(answer.text, { status: 200, headers: { 'Content-Type': 'application/json' } });
    if (answer === undefined) return new Response(null, { status: 204 });
    return new Response(JSON.stringify(answer), { status: 200, headers: { 'Content-Type': 'application/json' } });
  });
  return log;
}

/** An event stream that does nothing by itself. */
export class FakeEventSource {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static all: FakeEventSource[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  readonly listeners = new Map<string, (message: { data: string }) => void>();
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeEventSource.all.push(this);
  }
  addEventListener(type: string, listener: (message: { data: string }) => void) {
    this.listeners.set(type, listener);
  }
  close() {
    this.readyState = FakeEventSource.CLOSED;
  }
  open() {
    this.readyState = FakeEventSource.OPEN;
    this.onopen?.();
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.onerror?.();
  }
  send(event: object) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
}

export function makeClient() {
  return new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' }, mutations: { networkMode: 'always' } } });
}

/** Draws pages at an address, with everything a page finds around it. */
export function open(address: string, routes: RouteObject[], client = makeClient()) {
  FakeEventSource.all = [];
  vi.stubGlobal('EventSource', FakeEventSource);
  const router = createMemoryRouter([...routes, { path: '*', element: <p>elsewhere</p> }], { initialEntries: [address] });
  const user = userEvent.setup();
  const view = render(
    <QueryClientProvider client={client}>
      <ConfigProvider button={{ autoInsertSpace: false }} theme={{ token: { motion: false } }}>
        <DialogsProvider>
          <Suspense fallback={<p>…</p>}>
            <RouterProvider router={router} />
          </Suspense>
        </DialogsProvider>
      </ConfigProvider>
    </QueryClientProvider>,
  );
  return { ...view, router, user, client, address: () => router.state.location.pathname + router.state.location.search };
}

/** Draws a part that needs no address. */
export function show(node: ReactNode) {
  return open('/', [{ path: '/', element: node }]);
}
