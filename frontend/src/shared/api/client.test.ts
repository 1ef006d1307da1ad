import i18next from 'i18next';
import { describe, expect, it, vi } from 'vitest';
import { Refusal, serve } from '../testing/render';
import { api, take } from './client';
import { ApiError, CODE_NETWORK, CODE_UNREADABLE, fieldErrors, isOffline } from './errors';

const refusalOf = (promise: Promise<unknown>) => promise.then(() => expect.unreachable('it was not refused'), (error: unknown) => error as ApiError);

describe('the client', () => {
  it('gives the answer and says which language it wants', async () => {
    await i18next.changeLanguage('en');
    const log = serve({ 'GET /flows': { items: [], next: '' } });
    expect(await take(api.GET('/flows', { params: { query: { q: '退货', limit: 5 } } }))).toEqual({ items: [], next: '' });
    expect(log[0]?.query.get('q')).toBe('退货');
    expect(log[0]?.headers.get('Accept-Language')).toBe('en');
  });

  it('sends every change as JSON, with or without a body', async () => {
    const log = serve({ 'POST /runs/7/cancel': undefined, 'DELETE /flows/7': undefined });
    await api.POST('/runs/{id}/cancel', { params: { path: { id: '7' } }, body: {} });
    await api.DELETE('/flows/{id}', { params: { path: { id: '7' } } });
    expect(log.map((sent) => sent.headers.get('Content-Type'))).toEqual(['application/json', 'application/json']);
  });

  it('calls an order by a key and sends it once more under the same when no answer came', async () => {
    const keys: (string | null)[] = [];
    const answers: (() => Response)[] = [];
    vi.stubGlobal('fetch', async (request: Request) => {
      keys.push(request.headers.get('Idempotency-Key'));
      expect(await request.text()).toBe('{"note":"重复"}');
      const answer = answers.shift();
      if (answer === undefined) throw new TypeError('Failed to fetch');
      return answer();
    });
    const skip = () => take(api.POST('/documents/{id}/skip', { params: { path: { id: '7' } }, body: { note: '重复' } }));
    const fine = () => new Response('{}', { status: 200, headers: { 'Content-Type': 'application/json' } });
    answers.push(() => new Response('', { status: 502 }), fine, fine);
    await skip();
    await skip();
    expect(await refusalOf(skip())).toMatchObject({ code: CODE_NETWORK });
    expect(keys).toHaveLength(5);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[3]).toBe(keys[4]);
    expect(new Set(keys).size).toBe(3);
  });

  it.each(['/documents/7/retry', '/documents/7/resend', '/documents/7/skip', '/documents/7/accept', '/documents/7/eject', '/errands/7/retry', '/errands/7/skip', '/bulk-jobs'])('calls %s by a key', async (path) => {
    const log = serve({ [`POST ${path}`]: {} });
    await take(api.POST(path as '/bulk-jobs', { body: { kind: 'retry' } }));
    expect(log[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(['/bulk-jobs/preview', '/bulk-jobs/7/pause', '/flows/7/runs'])('calls %s by none', async (path) => {
    const log = serve({ [`POST ${path}`]: {} });
    await take(api.POST(path as '/bulk-jobs', { body: { kind: 'retry' } }));
    expect(log[0]?.headers.has('Idempotency-Key')).toBe(false);
  });

  it('throws a refusal in the words of the server', async () => {
    const problems = [{ code: 'edge.dangling', path: 'spec.edges[0]', message: '连线没有终点', blocking: true }];
    serve({ 'POST /flows/7/publish': new Refusal(422, { code: 'flow.problems', message: '草稿有问题', hint: '先修好', problems, requestId: 'r1' }) });
    const error = await refusalOf(api.POST('/flows/{id}/publish', { params: { path: { id: '7' } }, body: { note: '' } }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'flow.problems', status: 422, message: '草稿有问题', hint: '先修好', problems, requestId: 'r1' });
  });

  it('survives an answer that is no problem document', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>Bad gateway</html>', { status: 502 }));
    expect(await refusalOf(api.GET('/flows'))).toMatchObject({ code: CODE_UNREADABLE, status: 502 });
  });

  it('tells that nothing answered', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    const error = await refusalOf(api.GET('/flows'));
    expect(error).toMatchObject({ code: CODE_NETWORK, status: 0 });
    expect(isOffline(error)).toBe(true);
  });
});

describe('fieldErrors', () => {
  const error = new ApiError({
    status: 422, code: 'setting.required', message: '缺少设置', path: 'name', hint: '换一个',
    problems: [{ code: 'a', path: 'settings.appKey', message: '请填写' }, { code: 'b', path: 'settings.appKey', message: '第二句' }, { code: 'c', message: '没有位置' }],
  });
  it('puts words at their field, the first one wins', () => {
    expect(fieldErrors(error)).toEqual({ 'settings.appKey': '请填写', name: '缺少设置 换一个' });
  });
  it('can look below a path', () => {
    expect(fieldErrors(error, 'settings.')).toEqual({ appKey: '请填写' });
  });
  it('finds nothing where there is nothing', () => {
    expect(fieldErrors(null)).toEqual({});
  });
});
