import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { keys } from '../../shared/api/keys';
import type { DocumentSummary } from '../../shared/api/types';
import { open, Refusal, serve, session, type Sent } from '../../shared/testing/render';
import DocumentsPage from './DocumentsPage';
import { readFilter, toggleState } from './model/filter';

const one = (no: number, change: Partial<DocumentSummary> = {}): DocumentSummary => ({
  id: String(no), flow: 'f1', flowTitle: '退货', node: 'refunds', key: `k${no}`, number: `TH-${no}`, state: 'rejected', code: 'vendor.rejected', message: '物料不存在', rev: 1, newer: 0, run: '9', attention: [], updatedAt: '2026-11-21T08:00:00Z', ...change,
});
const facets = {
  states: { rejected: 312, delivered: 9000, unmapped: 6 },
  codes: [{ state: 'unmapped', code: 'table.missing', message: '缺编码', documents: 6 }, { state: 'rejected', code: 'vendor.rejected', message: '物料不存在', documents: 298 }],
};
const base = { 'GET /views': { shipped: [], items: [], choice: '' }, 'GET /flows': { items: [{ id: 'f1', title: '退货' }] }, 'GET /documents/facets': facets, 'GET /documents': { items: [one(1), one(2), one(3, { state: 'delivered', attention: ['warned'], message: '' })] } };
const ROUTES = [{ path: '/docs', element: <DocumentsPage /> }, { path: '/flows/:flowId/docs', element: <DocumentsPage /> }];
const asked = (log: Sent[]) => log.filter(({ path }) => path.startsWith('/documents?')).map(({ query }) => Object.fromEntries([...query].filter(([key]) => key !== 'limit')));

describe('filters', () => {
  it('come from the address; a flow\'s own page fixes the flow', () => {
    const params = new URLSearchParams('flow=x&state=a,b&number= 7 &attention=true&code=&other=1');
    expect(readFilter(params, undefined)).toEqual({ flow: 'x', state: 'a,b', number: '7', attention: true });
    expect(readFilter(params, 'f1').flow).toBe('f1');
  });
  it('put a state in and take it out', () => {
    expect(toggleState(undefined, 'a')).toBe('a');
    expect(toggleState('a,b', 'a')).toBe('b');
    expect(toggleState('a', 'b')).toBe('a,b');
  });
});

describe('the ledger', () => {
  it('shows documents as a grid with what waits grouped by reason', async () => {
    serve(base);
    open('/docs', ROUTES);
    const grid = within(await screen.findByRole('grid', { name: '单据台账' }));
    const rows = grid.getAllByRole('row');
    expect(rows).toHaveLength(4);
    expect(rows[3]?.textContent).toContain('已写入');
    expect(rows[3]?.textContent).toContain('有警告');
    expect(grid.getByRole('link', { name: 'TH-1' }).getAttribute('href')).toBe('/docs/1');
    const groups = within(screen.getByRole('group', { name: '按错误分组' }));
    expect(groups.getAllByRole('button').map((button) => button.textContent)).toEqual(['298物料不存在失败', '6缺编码待映射']);
  });

  it('tells of a chosen reason what to do next, and tries all its documents again', async () => {
    const codes = [{ ...facets.codes[1], hint: '先同步物料' }];
    const log = serve({ ...base, 'GET /documents/facets': { ...facets, codes }, 'POST /bulk-jobs/preview': { total: 298, tooMany: false, groups: [], examined: 298, refused: 0, reasons: [], undecided: [] } });
    const { user } = open('/docs?state=rejected&code=vendor.rejected', ROUTES);
    const card = within(await screen.findByRole('region', { name: '错误分组' }));
    expect(card.getByText(/先同步物料/)).toBeTruthy();
    await user.click(card.getByRole('button', { name: '全部重试（298）' }));
    await screen.findByRole('dialog', { name: '批量重试' });
    await waitFor(() => expect(log.find(({ path }) => path.startsWith('/bulk-jobs/preview'))?.body).toMatchObject({ kind: 'retry', filter: { state: 'rejected', code: 'vendor.rejected' } }));
  });

  it('offers a viewer no retry, and has no card for a reason that is gone', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } } });
    const { unmount } = open('/docs?state=rejected&code=vendor.rejected', ROUTES);
    expect(within(await screen.findByRole('region', { name: '错误分组' })).queryByRole('button')).toBeNull();
    unmount();
    open('/docs?state=rejected&code=gone', ROUTES);
    await screen.findByRole('link', { name: 'TH-1' });
    expect(screen.queryByRole('region', { name: '错误分组' })).toBeNull();
  });

  it('offers to fetch by number where it belongs to a flow that can run, to those who may', async () => {
    serve({ ...base, 'GET /flows': { items: [{ id: 'f1', title: '退货', publishedVersion: 2 }, { id: 'f2', title: '草稿', publishedVersion: 0 }] }, 'POST /flows/f1/pull': { id: '92' } });
    const { user, address } = open('/flows/f1/docs', [...ROUTES, { path: '/runs/:id', element: <p /> }]);
    await user.click(await screen.findByRole('button', { name: '按单号拉取' }));
    await user.type(await screen.findByLabelText('单号'), 'TH-1');
    await user.click(screen.getByRole('button', { name: '开始拉取' }));
    await waitFor(() => expect(address()).toBe('/runs/92'));
  });

  it.each([['/docs', session.user.role], ['/flows/f2/docs', session.user.role], ['/flows/f1/docs', 'viewer']])('does not at %s to a %s', async (at, role) => {
    serve({
      ...base, 'GET /session': { ...session, user: { ...session.user, role } },
      'GET /flows': { items: [{ id: 'f1', title: '退货', publishedVersion: 2 }, { id: 'f2', title: '草稿', publishedVersion: 0 }] },
    });
    open(at, ROUTES);
    await screen.findByRole('link', { name: 'TH-1' });
    if (at !== '/docs') await screen.findByRole('link', { name: /退货|草稿/ });
    expect(screen.queryByRole('button', { name: '按单号拉取' })).toBeNull();
  });

  it('is exported as it is filtered, and an export can be cancelled', async () => {
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(this.download);
    });
    let answer: () => void = () => undefined;
    const log = serve({ ...base, 'GET /documents/export': () => new Promise((done) => (answer = () => done({}))) });
    const { user } = open('/flows/f1/docs?state=rejected', ROUTES);
    await screen.findByRole('link', { name: /退货/ });
    const begin = async (format: string) => {
      await user.click(screen.getByRole('button', { name: '导出' }));
      await user.click(await screen.findByRole('menuitem', { name: format }));
      return screen.findByRole('button', { name: '正在导出 · 取消' });
    };
    await begin('CSV（UTF-8）');
    answer();
    await screen.findByRole('button', { name: '导出' });
    expect(saved).toEqual([expect.stringMatching(/^退货 \d{4}-\d\d-\d\d\.csv$/)]);
    const query = log.find(({ path }) => path.startsWith('/documents/export'))?.query;
    expect(Object.fromEntries(query ?? [])).toEqual({ flow: 'f1', state: 'rejected', format: 'csv', timeZone: expect.any(String) });
    await user.click(await begin('Excel（.xlsx）'));
    await screen.findByRole('button', { name: '导出' });
    answer();
    expect(saved).toHaveLength(1);
    expect(screen.queryByRole('alertdialog')).toBeNull();
  });

  it('says why there is no file', async () => {
    serve({ ...base, 'GET /documents/export': new Refusal(422, { code: 'export.too_long', message: '一个文件放不下', hint: '请按方案分别导出' }) });
    const { user } = open('/docs', ROUTES);
    await user.click(await screen.findByRole('button', { name: '导出' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Excel（.xlsx）' }));
    expect(await screen.findByText('请按方案分别导出')).toBeTruthy();
  });

  it('narrows by state and number, in the address', async () => {
    const log = serve(base);
    const { user, address } = open('/docs', ROUTES);
    await user.click(within(await screen.findByRole('group', { name: '按状态筛选' })).getByRole('button', { name: /失败/ }));
    await user.type(screen.getByRole('searchbox'), 'TH-2{Enter}');
    await waitFor(() => expect(asked(log).at(-1)).toEqual({ state: 'rejected', number: 'TH-2' }));
    expect(address()).toBe('/docs?state=rejected&number=TH-2');
  });

  it('shows the flow\'s own documents', async () => {
    const log = serve(base);
    open('/flows/f1/docs', ROUTES);
    expect(await screen.findByRole('heading', { level: 1, name: '数据管理' })).toBeTruthy();
    await screen.findByRole('grid');
    expect(asked(log)).toEqual([{ flow: 'f1' }]);
    expect(screen.queryByLabelText('方案')).toBeNull();
    expect(screen.queryByRole('columnheader', { name: '方案' })).toBeNull();
  });

  it('fetches the next page before the end is reached, and draws only what is in sight', async () => {
    const many = (from: number) => Array.from({ length: 200 }, (_, i) => one(from + i));
    const log = serve({ ...base, 'GET /documents': ({ query }: Sent) => (query.get('after') === 'c1' ? { items: many(200), next: '' } : { items: many(0), next: 'c1' }) });
    const { container } = open('/docs', ROUTES);
    const grid = await screen.findByRole('grid');
    expect(within(grid).getAllByRole('row').length).toBeLessThan(60);
    expect(asked(log)).toEqual([{}]);
    expect(grid.getAttribute('aria-rowcount')).toBe('-1');
    const box = grid.parentElement as HTMLElement;
    box.scrollTop = 200 * 52;
    box.dispatchEvent(new Event('scroll'));
    await waitFor(() => expect(asked(log)).toEqual([{}, { after: 'c1' }]));
    await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('401'));
    expect(container.querySelectorAll('*').length).toBeLessThan(1500);
  });

  it('forgets the selection when the filter changes: it was made on other rows', async () => {
    serve(base);
    const { user } = open('/docs', ROUTES);
    await user.click(await screen.findByRole('checkbox', { name: '选择已加载的全部单据' }));
    expect(screen.getByText('已选择 3 张')).toBeTruthy();
    await user.click(screen.getByLabelText('只看需要关注的'));
    await waitFor(() => expect(screen.queryByText('已选择 3 张')).toBeNull());
    expect(screen.getByText('符合筛选条件的全部单据')).toBeTruthy();
  });

  it('selects from the row that was clicked, wherever newer ones moved it', async () => {
    let items = [one(1), one(2), one(3), one(4)];
    serve({ ...base, 'GET /documents': () => ({ items }) });
    const { user, client } = open('/docs', ROUTES);
    await user.click(await screen.findByLabelText('选择 TH-2'));
    items = [one(8), one(9), ...items];
    await client.invalidateQueries({ queryKey: keys.documents });
    await screen.findByLabelText('选择 TH-9');
    await user.keyboard('{Shift>}');
    await user.click(screen.getByLabelText('选择 TH-4'));
    await user.keyboard('{/Shift}');
    expect(screen.getAllByRole('row').filter((row) => row.getAttribute('aria-selected') === 'true').map((row) => within(row).getByRole('link').textContent)).toEqual(['TH-2', 'TH-3', 'TH-4']);
  });

  it('works by keys: arrows move, space selects, enter opens', async () => {
    serve(base);
    const { user, address } = open('/docs', ROUTES);
    const rows = within(await screen.findByRole('grid')).getAllByRole('row');
    (rows[1] as HTMLElement).focus();
    await user.keyboard('{ArrowDown}');
    await waitFor(() => expect(document.activeElement).toBe(rows[2]));
    await user.keyboard(' ');
    expect(rows[2]?.getAttribute('aria-selected')).toBe('true');
    await user.keyboard('{Enter}');
    expect(address()).toBe('/docs/2');
  });

  it('gives a viewer nothing to select', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } } });
    open('/docs?state=rejected&code=vendor.rejected', ROUTES);
    await screen.findByRole('grid');
    expect(screen.queryByRole('checkbox', { name: /选择/ })).toBeNull();
    expect(screen.queryByRole('toolbar')).toBeNull();
  });

  it('tells an empty ledger from an empty answer, and a refusal from both', async () => {
    serve({ ...base, 'GET /documents': { items: [] } });
    open('/docs', ROUTES);
    expect(await screen.findByText('台账里还没有单据')).toBeTruthy();
    open('/docs?number=7', ROUTES);
    expect(await screen.findByText('没有符合条件的单据')).toBeTruthy();
    serve({ ...base, 'GET /documents': new Refusal(403, { code: 'auth.forbidden', message: '不可以' }) });
    open('/docs', ROUTES);
    expect(await screen.findByText('没有权限')).toBeTruthy();
  });
});
