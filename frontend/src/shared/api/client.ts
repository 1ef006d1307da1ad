import createClient, { type Middleware } from 'openapi-fetch';
import { ApiError, CODE_NETWORK, readError } from './errors';
import type { paths } from './schema.gen';

export const API_BASE = '/api/v1';

/** Told by app once, so that this module knows no i18n library. */
let language = () => 'zh-CN';
export function setRequestLanguage(current: () => string) {
  language = current;
}

const watchers = new Set<(refusal: ApiError) => void>();

/** Tells of every refused request, whoever sent it. Returns what ends it. */
export function watchRefusals(watcher: (refusal: ApiError) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Orders that are carried out once where their key is the same. */
const ORDERS = /\/(documents\/[^/]+\/(retry|resend|skip|accept|eject)|errands\/[^/]+\/(retry|skip)|bulk-jobs)$/;
const ORDER_KEY = 'Idempotency-Key';

/** A random key; `crypto.randomUUID` is there on secure pages only. */
const orderKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Sends an order with a key once more where no answer came, or the server failed on the way: it may be carried out already. */
async function send(request: Request): Promise<Response> {
  if (!request.headers.has(ORDER_KEY)) return globalThis.fetch(request);
  const again = request.clone();
  try {
    const response = await globalThis.fetch(request);
    if (response.status < 500 || response.status === 503) return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
  }
  return globalThis.fetch(again);
}

const outcome: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', language());
    // The server takes state-changing requests only as JSON, bodies or none.
    if (request.method !== 'GET' && !request.headers.has('Content-Type')) request.headers.set('Content-Type', 'application/json');
    if (request.method === 'POST' && ORDERS.test(new URL(request.url).pathname)) request.headers.set(ORDER_KEY, orderKey());
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return;
    const refusal = await readError(response);
    for (const watcher of watchers) watcher(refusal);
    throw refusal;
  },
  onError({ error }) {
    if (error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError')) return;
    return new ApiError({ status: 0, code: CODE_NETWORK, message: error instanceof Error ? error.message : String(error) });
  },
};

/**
 * The typed client: `take(api.GET('/flows', { params: { query: { q } } }))`.
 * A refusal is thrown as an ApiError, never returned.
 */
export const api = createClient<paths>({
  baseUrl: globalThis.location.origin + API_BASE,
  credentials: 'same-origin',
  // Looked up at each call, so that a test can stand in for the network.
  fetch: send,
});
api.use(outcome);

/** Unwraps the client's answer. */
export async function take<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
