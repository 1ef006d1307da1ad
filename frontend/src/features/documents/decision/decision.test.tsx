import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { RawJson } from '../../../shared/lib/json';
import { Literal, open, Refusal, type Sent, serve, session } from '../../../shared/testing/render';
import DocumentsPage from '../DocumentsPage';
import { DecisionPanel } from './DecisionPanel';
import { fieldRows } from './fieldDiff';

const question = (change: object = {}) => ({
  node: 'k3', part: 0, attempt: 2, connection: 'kd', resource: 'bill', key: 'TH-7', state: 'needs_decision', code: 'delivery.differs', message: '对方已有，但内容不同',
  sentAt: '2026-11-21T08:00:00Z', asked: true, askedAt: '2026-11-21T08:01:00Z', targetId: '100', targetNumber: 'XSTH0007', sendable: true, acceptable: true, sent: 'SENT', found: 'FOUND', ...change,
});
const sheet = (change: object = {}) =>
  new Literal(JSON.stringify({ newer: 0, updatedAt: '2026-11-21T08:02:00Z', questions: [question(change)] }).replace('"SENT"', '{"id":11111111111111111111,"price":320.50,"lines":[{"qty":1}],"memo":"急"}').replace('"FOUND"', '{"id":11111111111111111112,"price":320.5,"lines":[{"qty":1}],"own":1}'));
const ROUTES = [{ path: '/docs/:id', element: <DecisionPanel id="7" nodeName={(id) => `节点${id}`} /> }];

describe('fields', () => {
  it('are compared to the last digit; amounts are equal whatever their zeros', () => {
    const rows = fieldRows(new RawJson('{"a":11111111111111111111,"b":1.50,"c":[{"d":"x"}],"e":{},"f":"10"}'), new RawJson('{"a":11111111111111111112,"b":1.5,"c":[{"d":"x"}],"e":{},"own":1,"f":"1"}'));
    expect(rows.map(({ path, found, same }) => `${path} ${found} ${same}`)).toEqual(['a 11111111111111111112 false', 'b 1.5 true', 'c.0.d x true', 'e {} true', 'f 1 false']);
    expect(fieldRows(new RawJson('{"a":1}'), new RawJson('"text"'))).toEqual([{ path: 'a', sent: '1', found: undefined, same: false }]);
  });
});

describe('what is to be decided', () => {
  it('shows what was sent beside what the target holds', async () => {
    serve({ 'GET /documents/7/decisions': sheet({ owner: { id: '3', key: 'k3', number: 'TH-3', flowTitle: '退货' } }) });
    const { user } = open('/docs/7', ROUTES);
    const panel = within(await screen.findByRole('region', { name: '需要你确认' }));
    expect(await panel.findByText('节点k3 → kd')).toBeTruthy();
    expect(panel.getByText('2 次尝试')).toBeTruthy();
    expect(panel.getByRole('link', { name: 'TH-3' }).getAttribute('href')).toBe('/docs/3');
    const rows = () => within(panel.getByRole('table')).getAllByRole('row').slice(1).map((row) => row.textContent);
    expect(rows()).toEqual(['id1111111111111111111111111111111111111112']);
    expect(panel.getByText(/返回的 3 个字段中有 1 个与发送的不同。 另有 1 个字段对方没有返回。/)).toBeTruthy();
    await user.click(panel.getByRole('button', { name: '显示全部字段' }));
    expect(rows()).toHaveLength(4);
    expect(rows()).toContain('memo急没有返回');
  });

  it('is taken for written under the id and number that a person found', async () => {
    const log = serve({ 'GET /documents/7/decisions': sheet(), 'POST /documents/7/accept': new Literal('{"id":"7","state":"waiting"}') });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '对方已有，标记为已写入' }));
    const number = screen.getByLabelText('目标单号');
    expect(number).toHaveProperty('value', 'XSTH0007');
    await user.clear(number);
    await user.type(number, 'XSTH0008');
    await user.clear(screen.getByLabelText('目标内码'));
    await user.click(screen.getByRole('button', { name: '标记为已写入' }));
    await screen.findByText('已标记为已写入');
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ node: 'k3', part: 0, seen: '2026-11-21T08:02:00Z', targetNumber: 'XSTH0008' });
  });

  it('stays open with the reason where that is refused', async () => {
    serve({ 'GET /documents/7/decisions': sheet(), 'POST /documents/7/accept': new Refusal(409, { code: 'document.changed', message: '单据刚刚变了', hint: '再看一次' }) });
    const { user } = open('/docs/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '对方已有，标记为已写入' }));
    await user.click(screen.getByRole('button', { name: '标记为已写入' }));
    expect(await screen.findByText('单据刚刚变了')).toBeTruthy();
  });

  it('is sent again on a person\'s word', async () => {
    const log = serve({ 'GET /documents/7/decisions': sheet({ found: undefined, acceptable: false }), 'POST /documents/7/resend': new Literal('{"id":"7","state":"waiting"}') });
    const { user } = open('/docs/7', ROUTES);
    expect(await screen.findByText('查过，对方没有返回这张单据。')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /标记为已写入/ })).toBeNull();
    await user.click(await screen.findByRole('button', { name: '对方没有，重发' }));
    expect(log.some(({ method }) => method === 'POST')).toBe(false);
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '对方没有，重发' }));
    await waitFor(() => expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ node: 'k3', part: 0, seen: '2026-11-21T08:02:00Z', decided: true }));
  });

  it('leaves the decision to those who may', async () => {
    serve({ 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } }, 'GET /documents/7/decisions': sheet({ sent: undefined }) });
    open('/docs/7', ROUTES);
    expect(await screen.findByText('发送的内容已按保留期清除。')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /写入|重发/ })).toBeNull();
  });
});

describe('the queue', () => {
  const one = (no: number) => ({ id: String(no), flow: 'f1', flowTitle: '退货', node: 'refunds', key: `k${no}`, number: `TH-${no}`, state: 'needs_decision', code: 'x', message: '结果不明', rev: 1, newer: no - 7, run: '9', attention: [], updatedAt: null });
  it('shows the evidence of one document after the other, and what waits behind it', async () => {
    serve({
      'GET /flows': { items: [] }, 'GET /documents/facets': { states: { needs_decision: 2 }, codes: [] },
      'GET /documents': ({ query }: Sent) => (query.get('after') === 'c1' ? { items: [one(8)], next: '' } : { items: [one(7)], next: 'c1' }),
      'GET /documents/7/decisions': sheet(), 'GET /documents/8/decisions': sheet({ key: 'T-8' }),
    });
    const { user, address } = open('/docs?state=needs_decision&view=queue', [{ path: '/docs', element: <DocumentsPage /> }]);
    const queue = within(await screen.findByRole('list', { name: '待确认的单据' }));
    expect(await queue.findByText('TH-7', { selector: 'code' })).toBeTruthy();
    await user.click(queue.getByRole('button', { name: '加载更多' }));
    expect(await queue.findByText('1 个新版等待')).toBeTruthy();
    await user.click(queue.getByRole('button', { name: '查看 TH-8 的依据' }));
    expect(await queue.findByText('T-8')).toBeTruthy();
    expect(queue.queryByText('TH-7', { selector: 'code' })).toBeNull();
    await user.click(screen.getByRole('button', { name: '返回列表' }));
    expect(await screen.findByRole('grid')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '逐张确认' }));
    expect(address()).toBe('/docs?state=needs_decision&view=queue');
  });
});
