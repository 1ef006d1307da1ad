import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Attempt, HistoryEvent, LineageNode } from '../../shared/api/types';
import { Literal, open, Refusal, serve, session } from '../../shared/testing/render';
import { byDelivery } from '../../shared/attempts/api';
import DocumentPage from './DocumentPage';
import { chronicle } from './history/chronicle';
import { placed, wire } from './lineage/places';
import { readDocument } from './model/detail';

vi.mock('../../shared/ui/JsonDiff', () => ({ JsonDiff: ({ before, after }: { before: string; after: string }) => <pre>{`${before} | ${after}`}</pre> }));

const attempt = (change: object = {}) => ({
  id: '5.3.0', node: 'k3', part: 0, no: 1, rev: 1, recorded: true, kind: 'send', connection: 'kd', operation: 'batchSave', startedAt: '2026-11-21T08:01:00Z', endedAt: '2026-11-21T08:01:01.5Z',
  outcome: 'rejected', code: 'vendor.rejected', message: '物料不存在', line: 2, rows: 50, request: 'kept', response: 'kept', answer: 'kept', ...change,
});
const event = (change: object = {}): HistoryEvent => ({ id: '3', action: 'retry', actor: '林', rev: 1, part: 0, edited: false, at: '2026-11-21T08:03:00Z', ...change }) as HistoryEvent;
const node = (id: string, change: object = {}): LineageNode =>
  ({ id, kind: 'document', document: id.slice(1), hop: 0, flow: 'f1', flowTitle: '退货', version: 3, node: 'refunds', label: `No ${id}`, state: 'delivered', ...change }) as LineageNode;

const detail = (change: object = {}) => ({
  id: '7', flow: 'f1', flowTitle: '退货', node: 'refunds', key: 'k7', number: 'TH-7', state: 'delivered', attention: [], rev: 2, newer: 0, run: '9', version: 3, updatedAt: '2026-11-21T08:06:00Z',
  source: { a: 1 }, revisions: [{ rev: 1, origin: 'pull', state: 'superseded', at: '2026-11-21T08:02:00Z' }, { rev: 2, origin: 'edit', state: 'delivered', at: '2026-11-21T08:05:00Z', actor: '林' }],
  deliveries: [], handedFrom: [], handedTo: [], bills: [], actions: [], ...change,
});
const ROUTES = [{ path: '/docs/:documentId', element: <DocumentPage /> }];
const page = (change: object = {}, more: object = {}) => {
  const log = serve({
    'GET /documents/7': detail(change), 'GET /flows/f1/versions/3': { no: 3, note: '', createdAt: null, document: { spec: { nodes: [{ id: 'k3', type: 'target', title: '写入金蝶' }] } } },
    'GET /documents/7/errands': { items: [] }, 'GET /documents/7/attempts': { items: [] }, 'GET /documents/7/history': { items: [] },
    'GET /documents/7/lineage': { root: 'd7', nodes: [], edges: [], cut: [] }, 'GET /documents/7/decisions': { newer: 0, questions: [] }, ...more,
  });
  return { log, ...open('/docs/7', ROUTES) };
};

describe('attempts', () => {
  it('stand by delivery, the newest first', () => {
    const list = byDelivery([attempt(), attempt({ id: '6.3.0', no: 2 }), attempt({ id: '6.3.1', part: 1, connection: undefined })] as never);
    expect(list.map(({ key, connection, attempts }) => [key, connection, attempts.map(({ no }) => no)])).toEqual([['k3/0', 'kd', [2, 1]], ['k3/1', '', [1]]]);
  });

  it('tell what became of each, its line in the call, and what is gone', async () => {
    page({}, {
      'GET /documents/7/attempts': { items: [
        attempt({ id: undefined, recorded: false, outcome: undefined, code: undefined, message: undefined, startedAt: undefined, endedAt: undefined, request: 'none', response: 'none', answer: 'none', operation: undefined, rows: undefined }),
        attempt({ no: 2 }), attempt({ id: '6.3.0', no: 2, kind: 'probe', rows: 1, line: 1, request: 'none', outcome: 'unknown' }),
        attempt({ id: '8.3.0', no: 3, outcome: 'done', code: undefined, message: undefined, rows: 1, line: 1, request: 'purged', response: 'none', answer: 'purged' }),
      ] },
    });
    const list = within(await screen.findByRole('list', { name: '写入金蝶 第 1 份的尝试' })).getAllByRole('listitem').map((item) => item.textContent);
    expect(list).toHaveLength(4);
    expect(list[0]).toMatch(/^第 3 次.*成功|已写入.*请求、整个回答已按保留策略清除$/);
    expect(list[0]).toContain('请求、整个回答已按保留策略清除');
    expect(list[1]).toContain('查询第 2 次');
    expect(list[2]).toMatch(/batchSave · 用时 1.5 ?秒 · 本次调用共 50 行，这张单据是第 2 行 · 第 1 版/);
    expect(list[2]).toContain('物料不存在');
    expect(list[2]).toContain('vendor.rejected');
    expect(list[3]).toContain('没有留下记录');
    expect(screen.queryByRole('button', { name: '查看第 3 次的请求' })).toBeNull();
  });

  it('show what was sent laid out and byte by byte, and say what is cut or covered', async () => {
    const bytes = '{"FQty" : 1.50,"id":11111111111111111111,"x":"<img src=x onerror=alert(1)>"}';
    const copied: string[] = [];
    const { user } = page({}, {
      'GET /documents/7/attempts': { items: [attempt()] },
      'GET /documents/7/attempts/5.3.0': ({ query }: { query: URLSearchParams }) => {
        if (query.get('content') === 'request') return { text: bytes, bytes: bytes.length, cut: false, json: true, covered: false, binary: false };
        if (query.get('content') === 'response') return { text: '{"a":', bytes: 5_000_000, cut: true, json: true, covered: true, binary: false };
        return new Refusal(404, { code: 'attempt.content_purged', message: '这份内容不在' });
      },
    });
    await user.click(await screen.findByRole('button', { name: '查看第 1 次的请求' }));
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation((text) => Promise.resolve(void copied.push(text)));
    const dialog = within(screen.getByRole('dialog', { name: '第 1 次的请求与响应' }));
    expect(await dialog.findByText('1.50')).toBeTruthy();
    expect(dialog.getByText('11111111111111111111')).toBeTruthy();
    await user.click(dialog.getByRole('button', { name: '原文' }));
    expect(dialog.getByText(bytes)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    await user.click(dialog.getByRole('button', { name: /复制/ }));
    expect(copied).toEqual([bytes]);
    expect(dialog.getByRole('link', { name: /下载/ }).getAttribute('href')).toBe('/api/v1/documents/7/attempts/5.3.0/raw?content=request');
    await user.click(dialog.getByRole('tab', { name: '响应' }));
    expect(await dialog.findByText(/只显示开头的/)).toBeTruthy();
    expect(dialog.getByText(/已用 \*\*\* 遮盖/)).toBeTruthy();
    expect(dialog.queryByRole('button', { name: '原文' })).toBeNull();
    await user.click(dialog.getByRole('tab', { name: '整个回答' }));
    expect(await dialog.findByText('这份内容不在')).toBeTruthy();
  });

  it('that can not be read say so', async () => {
    page({}, { 'GET /documents/7/attempts': new Refusal(503, { code: 'store.down', message: '台账暂时读不到' }) });
    expect(await screen.findByText('台账暂时读不到')).toBeTruthy();
  });
});

describe('the history', () => {
  const document = readDocument(JSON.stringify(detail({
    deliveries: [{ node: 'k3', part: 0, connection: 'kd', key: 'k', state: 'done', attempt: 1 }],
  })));
  const attempts = [attempt()] as Attempt[];

  it('tells an edit once and puts what people did where it happened', () => {
    const told = chronicle(document, attempts, [event(), event({ id: '4', action: 'edit', edited: true, at: '2026-11-21T08:04:00Z' }), event({ id: '5', action: 'resend', at: '2026-11-21T08:10:00Z' })]);
    expect(told.map(({ kind, event: of, state }) => [kind, of?.action, state])).toEqual([
      ['pull', undefined, 'superseded'], ['send', undefined, undefined], ['event', 'retry', undefined], ['edit', 'edit', undefined], ['event', 'resend', undefined], ['now', undefined, 'delivered'],
    ]);
    expect(told[3]?.at).toBe('2026-11-21T08:04:00Z');
    expect(chronicle(readDocument('{"id":"7","state":"waiting"}'), [], [])).toEqual([]);
  });

  it('keeps what has no time of its own with what follows it', () => {
    const told = chronicle(document, attempts, [event({ at: '2026-11-21T08:00:00Z', action: 'retry' })]);
    expect(told.map(({ kind }) => kind)).toEqual(['event', 'pull', 'send', 'edit', 'now']);
  });

  it('says who, why, in which job, and shows both texts of an edit', async () => {
    const { user } = page({}, {
      'GET /documents/7/history': { items: [event({ note: '物料已建', job: '44', version: 4, code: 'vendor.rejected' }), event({ id: '4', action: 'edit', edited: true, at: '2026-11-21T08:04:00Z' }), event({ id: '6', action: 'eject', note: '下月再入', at: '2026-11-21T08:05:30Z' })] },
      'GET /documents/7/history/4': new Literal('{"before":{"n":11111111111111111111},"after":{"n":1.50}}'),
    });
    const items = within(await screen.findByRole('region', { name: '经过' }));
    expect(await items.findByText('原因：物料已建')).toBeTruthy();
    expect(items.getByText('方案 v4 · 当时的错误 vendor.rejected')).toBeTruthy();
    expect(items.getByRole('link', { name: '批量任务' }).getAttribute('href')).toBe('/docs?job=44');
    expect(items.getByText('移出合并单')).toBeTruthy();
    expect(items.getAllByText('人工修改为第 2 版')).toHaveLength(1);
    await user.click(items.getByRole('button', { name: '查看改动' }));
    expect((await screen.findByText(/11111111111111111111/)).textContent).toContain('1.50');
  });
});

describe('the lineage', () => {
  const nodes = [node('d1', { flowTitle: '订单' }), node('w1.3.0', { kind: 'delivery', document: '1', node: 'k3', connection: 'kd', state: 'done', label: 'XS-1' }), node('d7', { bill: true, label: 'TH-7' }), node('e9', { kind: 'errand', document: '1', state: 'told', label: 'mark' })];
  const edges = [{ from: 'd1', to: 'w1.3.0', kind: 'written' }, { from: 'w1.3.0', to: 'd7', kind: 'handed' }, { from: 'w1.3.0', to: 'e9', kind: 'told' }, { from: 'd7', to: 'd7', kind: 'handed' }];

  it('stands from left to right, also in a circle', () => {
    const { places, order } = placed({ nodes, edges } as never);
    const x = (id: string) => places.get(id)?.x ?? -1;
    expect([x('d1') < x('w1.3.0'), x('w1.3.0') < x('d7'), order[0]]).toEqual([true, true, 'd1']);
    const circle = placed({ nodes: nodes.slice(0, 2), edges: [{ from: 'd1', to: 'w1.3.0', kind: 'handed' }, { from: 'w1.3.0', to: 'd1', kind: 'handed' }] } as never);
    expect(new Set([...circle.places.values()].map((place) => `${place.x} ${place.y}`)).size).toBe(2);
    expect(wire({ x: 0, y: 0 }, { x: 400, y: 80 })).toMatch(/^M216 43 C/);
    expect(placed({ nodes: [], edges: [] }).order).toEqual([]);
  });

  it('links every node to its document with its state, and says what is cut', async () => {
    page({}, { 'GET /documents/7/lineage': { root: 'd7', nodes, edges, cut: ['nodes', 'hops'] } });
    const graph = within(await screen.findByRole('list', { name: '来龙去脉' }));
    const links = graph.getAllByRole('link');
    expect(links.map((link) => link.getAttribute('href'))).toEqual(expect.arrayContaining(['/docs/1', '/docs/1#document-attempts', '/docs/7', '/docs/1#document-errands']));
    expect(links.find((link) => link.getAttribute('aria-current') === 'page')?.textContent).toMatch(/合并单.*TH-7.*来自 XS-1/);
    expect(links[1]?.textContent).toMatch(/写入.*XS-1.*写入金蝶 → kd/);
    expect(screen.getByText(/只显示最近的 200 个/)).toBeTruthy();
    expect(screen.getByText(/最多显示前后各 8 层/)).toBeTruthy();
  });

  it('of a document alone says so', async () => {
    page();
    expect(await screen.findByText(/没有来自其他方案/)).toBeTruthy();
  });
});

describe('removed contents', () => {
  it('are told with when and by which rule, and what needs them can not be done', async () => {
    page({ source: undefined, purged: { rule: 'payloads', days: 90, at: '2026-11-22T01:00:00Z' } });
    const notice = within((await screen.findByText('内容已按保留策略清除')).closest('[role=status]') as HTMLElement);
    expect(notice.getByText(/按“单据内容”规则（保留 90 天）清除/)).toBeTruthy();
    expect(notice.getByRole('link').getAttribute('href')).toBe('/flows/f1/docs');
    for (const name of ['重试', '修改来源', '重发']) {
      const button = await screen.findByRole('button', { name: `${name}：内容已按保留策略清除，不能再处理` });
      expect((button as HTMLButtonElement).disabled).toBe(true);
    }
    expect(screen.getByText('来源数据已按保留期清除')).toBeTruthy();
  });

  it('of which nobody noted when are told without', async () => {
    page({ source: undefined, purged: {} }, { 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } } });
    expect(await screen.findByText('内容已按保留策略清除')).toBeTruthy();
    expect(screen.queryByText(/规则/)).toBeNull();
    await waitFor(() => expect(screen.queryByRole('button', { name: /重试/ })).toBeNull());
  });
});
