import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../shared/api/keys';
import type { DocumentSummary } from '../../../shared/api/types';
import { open, Refusal, serve, session, type Sent } from '../../../shared/testing/render';
import { WINDOW } from '../api';
import DocumentsPage from '../DocumentsPage';
import { readFilter, spanOf } from '../model/filter';
import { moved } from './ColumnsDialog';

const one = (no: number): DocumentSummary => ({
  id: String(no), flow: 'f1', flowTitle: '退货', node: 'refunds', key: `k${no}`, number: `TH-${no}`, state: 'rejected', code: 'x', message: '物料不存在', rev: 1, newer: 0, run: '9', attention: [], updatedAt: '2026-11-21T08:00:00Z', values: ['S9', '7'],
});
const shipped = [
  { id: 'needs_me', filter: { state: 'rejected,unmapped,needs_decision' }, columns: [] },
  { id: 'failed_today', filter: { state: 'rejected' }, period: 'today', columns: [] },
];
const kept = (id: string, name: string, change: object = {}) => ({ id, name, shared: false, maker: '林若水', mine: true, changeable: true, version: 3, updatedAt: '2026-11-21T08:00:00Z', filter: { flow: 'f1', state: 'delivered' }, columns: ['so_id', 'items.sku_id'], ...change });
const views = { shipped, items: [kept('7', '我的'), kept('8', '大家的', { shared: true, mine: false, changeable: false, filter: { state: 'held' }, columns: [] })], choice: '' };
const columns = { items: [{ path: 'so_id', title: { zh: '内部单号', en: 'Order' }, type: 'string', node: 'orders' }, { path: 'items.sku_id', title: { zh: '商品编码' }, type: 'string', node: 'orders' }, { path: 'shop', title: { zh: '' }, type: 'string', node: 'orders' }] };
const base = {
  'GET /flows': { items: [{ id: 'f1', title: '退货' }] }, 'GET /documents/facets': { states: { rejected: 3 }, codes: [] }, 'GET /documents': { items: [one(1), one(2)], next: '', previous: '' },
  'GET /views': views, 'GET /flows/f1/columns': columns,
};
const ROUTES = [{ path: '/docs', element: <DocumentsPage /> }, { path: '/flows/:flowId/docs', element: <DocumentsPage /> }];
const asked = (log: Sent[]) => log.filter(({ path }) => path.startsWith('/documents?')).map(({ query }) => Object.fromEntries([...query].filter(([key]) => key !== 'limit')));
const sent = (log: Sent[], method: string) => log.filter((one) => one.method === method && one.path.startsWith('/views')).map(({ path, body }) => [path, body]);
const choose = async () => {
  await screen.findByRole('option', { name: '需要我处理' });
  return screen.getByRole('combobox', { name: '视图' });
};

describe('periods', () => {
  it('are days of the reader', () => {
    const now = new Date(2026, 10, 21, 13, 30);
    const at = (text: string | undefined) => new Date(text ?? '');
    expect(at(spanOf('today', now).updatedFrom)).toEqual(new Date(2026, 10, 21));
    expect(at(spanOf('yesterday', now).updatedFrom)).toEqual(new Date(2026, 10, 20));
    expect(at(spanOf('yesterday', now).updatedTo)).toEqual(new Date(2026, 10, 21));
    expect(at(spanOf('week', now).updatedFrom)).toEqual(new Date(2026, 10, 15));
    expect(at(spanOf('month', now).updatedFrom)).toEqual(new Date(2026, 9, 23));
    expect(spanOf('year', now)).toEqual({});
  });
  it('stand for the filter\'s times, which a person may fix', async () => {
    const today = new Date();
    expect(readFilter(new URLSearchParams('period=today'), undefined)).toEqual(spanOf('today', today));
    serve(base);
    const { user, address } = open('/docs?period=week', ROUTES);
    const to = await screen.findByLabelText('更新时间到（不含）');
    await user.type(to, '2026-11-21T10:00:00{Enter}');
    await waitFor(() => expect(address()).not.toContain('period'));
    expect(address()).toContain('updatedFrom=');
    expect(address()).toContain('updatedTo=');
  });
});

describe('views', () => {
  it('put all that they show into the address, and tell when it was changed', async () => {
    const log = serve({ ...base, 'PUT /views/7': ({ body }: Sent) => ({ ...kept('7', '我的'), ...(body as object), version: 4 }) });
    const { user, address } = open('/docs?number=9&at=2026-01-01T00:00:00Z', ROUTES);
    await user.selectOptions(await choose(), '我的');
    await waitFor(() => expect(asked(log).at(-1)).toEqual({ flow: 'f1', state: 'delivered', fields: 'so_id,items.sku_id' }));
    expect(new URLSearchParams(address().split('?')[1]).get('columns')).toBe('so_id,items.sku_id');
    expect(await screen.findByRole('columnheader', { name: '内部单号' })).toBeTruthy();
    expect(screen.getAllByRole('gridcell', { name: 'S9' })).toHaveLength(2);
    expect(screen.queryByText('已修改')).toBeNull();
    await user.click(screen.getByLabelText('只看需要关注的'));
    await screen.findByText('已修改');
    await user.click(screen.getByRole('button', { name: '还原' }));
    await waitFor(() => expect(screen.queryByText('已修改')).toBeNull());
    expect(address()).not.toContain('attention');
    await user.click(screen.getByLabelText('只看需要关注的'));
    await user.click(await screen.findByRole('button', { name: '保存' }));
    await waitFor(() => expect(sent(log, 'PUT')).toEqual([['/views/7', { name: '我的', shared: false, filter: { flow: 'f1', state: 'delivered', attention: true }, columns: ['so_id', 'items.sku_id'], version: 3 }]]));
  });

  it('without columns show none, whatever was chosen last; all documents are no view', async () => {
    localStorage.setItem('karez.columns.1.f1', '["so_id"]');
    const log = serve(base);
    const { user, address } = open('/flows/f1/docs', ROUTES);
    await waitFor(() => expect(asked(log).at(-1)?.fields).toBe('so_id'));
    await user.selectOptions(await choose(), '大家的');
    await waitFor(() => expect(asked(log).at(-1)).toEqual({ flow: 'f1', state: 'held' }));
    expect(screen.queryByText('已修改')).toBeNull();
    await user.click(screen.getByLabelText('只看需要关注的'));
    await user.selectOptions(await choose(), '全部单据');
    await waitFor(() => expect(address()).not.toContain('saved'));
    localStorage.clear();
  });

  it('that are shipped or another\'s are not overwritten', async () => {
    serve(base);
    const { user } = open('/docs?saved=8&state=held&attention=true', ROUTES);
    await screen.findByText('已修改');
    expect(screen.queryByRole('button', { name: '保存' })).toBeNull();
    await user.selectOptions(await choose(), '今天失败');
    await waitFor(() => expect(screen.queryByText('已修改')).toBeNull());
    expect((await choose() as HTMLSelectElement).value).toBe('failed_today');
  });

  it('are kept under a name; one that is taken is said at the name', async () => {
    let taken = true;
    const log = serve({
      ...base, 'POST /views': ({ body }: Sent) => (taken ? new Refusal(422, { code: 'view.name_taken', path: 'name', message: '已经有叫“新的”的视图' }) : { ...kept('9', '新的'), ...(body as object) }), 'PUT /views/choice': undefined,
    });
    const { user, address } = open('/docs?state=rejected&period=today', ROUTES);
    await user.click(await screen.findByRole('button', { name: '存为视图' }));
    const dialog = within(await screen.findByRole('dialog', { name: '存为视图' }));
    await user.click(dialog.getByRole('button', { name: '保存' }));
    expect(dialog.getByText('请给视图起一个名称')).toBeTruthy();
    await user.type(dialog.getByLabelText('名称'), '新的');
    await user.click(dialog.getByLabelText(/共享给工作区/));
    await user.click(dialog.getByLabelText('打开台账时用它'));
    await user.click(dialog.getByRole('button', { name: '保存' }));
    await dialog.findByText('已经有叫“新的”的视图');
    taken = false;
    await user.click(dialog.getByRole('button', { name: '保存' }));
    await waitFor(() => expect(address()).toContain('saved=9'));
    expect(sent(log, 'POST').at(-1)).toEqual(['/views', { name: '新的', shared: true, filter: { state: 'rejected' }, period: 'today', columns: [] }]);
    expect(sent(log, 'PUT')).toEqual([['/views/choice', { choice: '9' }]]);
  });

  it('of the same name are overwritten where that is said', async () => {
    const log = serve({ ...base, 'PUT /views/7': kept('7', '我的') });
    const { user } = open('/docs?state=rejected', ROUTES);
    await user.click(await screen.findByRole('button', { name: '存为视图' }));
    await user.type(await screen.findByLabelText('名称'), '我的');
    await screen.findByText('已有同名的视图，保存会覆盖它');
    await user.click(screen.getByRole('button', { name: '覆盖' }));
    await waitFor(() => expect(sent(log, 'PUT')).toEqual([['/views/7', { name: '我的', shared: false, filter: { state: 'rejected' }, columns: [], version: 3 }]]));
  });

  it('are renamed, chosen for the start and deleted', async () => {
    const log = serve({ ...base, 'PUT /views/7': kept('7', '改名'), 'DELETE /views/7': undefined, 'PUT /views/choice': undefined });
    const { user } = open('/docs', ROUTES);
    await user.click(await screen.findByRole('button', { name: '管理视图' }));
    const dialog = within(await screen.findByRole('dialog', { name: '管理视图' }));
    await user.click(await dialog.findByRole('radio', { name: '打开台账时用“需要我处理”' }));
    expect(dialog.queryByRole('button', { name: '修改“大家的”' })).toBeNull();
    await user.click(dialog.getByRole('button', { name: '修改“我的”' }));
    const edit = within(await screen.findByRole('dialog', { name: '修改视图' }));
    await user.clear(edit.getByLabelText('名称'));
    await user.type(edit.getByLabelText('名称'), '改名');
    await user.click(edit.getByRole('button', { name: '保存' }));
    await user.click(await dialog.findByRole('button', { name: '删除“我的”' }));
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: '删除' }));
    await waitFor(() => expect(sent(log, 'DELETE')).toEqual([['/views/7', undefined]]));
    expect(sent(log, 'PUT')).toEqual([['/views/choice', { choice: 'needs_me' }], ['/views/7', { name: '改名', shared: false, filter: { flow: 'f1', state: 'delivered' }, columns: ['so_id', 'items.sku_id'], version: 3 }]]);
  });

  it('open the ledger where nothing else is asked for, and a viewer shares none', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'viewer' } }, 'GET /views': { ...views, choice: 'needs_me' } });
    const first = open('/docs', ROUTES);
    await waitFor(() => expect(first.address()).toContain('saved=needs_me'));
    first.unmount();
    const second = open('/docs?number=7', ROUTES);
    await second.user.click(await screen.findByRole('button', { name: '存为视图' }));
    await screen.findByLabelText('名称');
    expect(screen.queryByLabelText(/共享给工作区/)).toBeNull();
    expect(second.address()).toBe('/docs?number=7');
  });
});

describe('business columns', () => {
  it('are ticked, ordered by keys, kept in the address, the browser and the file', async () => {
    localStorage.clear();
    const log = serve(base);
    const { user, address, unmount } = open('/flows/f1/docs', ROUTES);
    await user.click(await screen.findByRole('button', { name: '业务列' }));
    const dialog = within(await screen.findByRole('dialog', { name: '选择业务列' }));
    await user.click(await dialog.findByRole('checkbox', { name: /内部单号/ }));
    await user.type(dialog.getByRole('searchbox'), '商品');
    expect(dialog.getAllByRole('checkbox')).toHaveLength(1);
    await user.click(dialog.getByRole('checkbox', { name: /商品编码/ }));
    await user.clear(dialog.getByRole('searchbox'));
    await user.type(dialog.getByRole('searchbox'), 'extra.mine');
    await user.click(dialog.getByRole('button', { name: '添加 extra.mine' }));
    dialog.getByRole('button', { name: /移动 extra.mine/ }).focus();
    await user.keyboard('{Alt>}{ArrowUp}{ArrowUp}{/Alt}');
    await user.click(dialog.getByRole('button', { name: '上移 商品编码' }));
    await user.click(dialog.getByRole('button', { name: '应用' }));
    await waitFor(() => expect(new URLSearchParams(address().split('?')[1]).get('columns')?.split(',')).toHaveLength(3));
    expect(asked(log).at(-1)?.fields?.split(',')[2]).toBe('so_id');
    unmount();
    // Next time in this browser, and nothing where another flow is.
    const again = open('/flows/f1/docs', ROUTES);
    await waitFor(() => expect(again.address()).toContain('columns='));
    await again.user.click(await screen.findByRole('button', { name: '业务列（3）' }));
    await again.user.click(await screen.findByRole('button', { name: '恢复默认' }));
    await again.user.click(screen.getByRole('button', { name: '应用' }));
    await waitFor(() => expect(again.address()).toBe('/flows/f1/docs'));
    expect(localStorage.length).toBe(0);
  });
  it('need a flow', async () => {
    serve(base);
    open('/docs', ROUTES);
    expect((await screen.findByRole('button', { name: '业务列' }) as HTMLButtonElement).disabled).toBe(true);
  });
  it('move within their bounds', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, -4)).toEqual(['c', 'a', 'b']);
  });
});

describe('a list that is long', () => {
  /** A server of so many documents; cursors are the number of a document. */
  const pages = (all: number) => ({ query }: Sent) => {
    const after = query.get('after');
    const before = query.get('before');
    const from = before !== null ? Math.max(0, Number(before) - 200) : after !== null ? Number(after) : query.has('at') ? 600 : 0;
    const to = before !== null ? Number(before) : Math.min(all, from + 200);
    const plain = after === null && before === null && !query.has('at');
    return { items: Array.from({ length: to - from }, (_, i) => one(from + i)), next: to < all ? String(to) : '', previous: plain || from === 0 ? '' : String(from) };
  };
  const scrollTo = (row: number) => {
    const box = screen.getByRole('grid').parentElement as HTMLElement;
    act(() => void box.dispatchEvent(new Event('scroll'))); // as a browser does after rows were moved
    box.scrollTop = row * 52;
    box.dispatchEvent(new Event('scroll'));
  };
  const rows = () => screen.getByRole('grid').querySelectorAll('[data-row]').length;

  it('keeps a window of pages: what is fetched anew is bounded, and the way back is fetched again', async () => {
    const log = serve({ ...base, 'GET /documents': pages(4000) });
    const { client } = open('/docs', ROUTES);
    await screen.findByRole('grid');
    const size = () => client.getQueryData<{ pages: { above: number; items: unknown[] }[] }>(client.getQueryCache().findAll({ queryKey: keys.documents })[0]?.queryKey ?? [])?.pages ?? [];
    const LAST = WINDOW + 2; // the page that is scrolled to, from 0
    for (let page = 1; page <= LAST; page++) {
      scrollTo(size().length * 200 - 20);
      await waitFor(() => expect(asked(log).filter(({ after }) => after === String(page * 200))).toHaveLength(1));
      await waitFor(() => expect((size().at(-1)?.above ?? 0) / 200).toBe(page));
    }
    expect(size()).toHaveLength(WINDOW);
    expect(size()[0]?.above).toBe((LAST + 1 - WINDOW) * 200);
    expect(asked(log)).toHaveLength(LAST + 1);
    await screen.findByRole('button', { name: '回到最新' });
    // Something on the server changes everything: as many pages are asked for as are kept.
    await client.invalidateQueries({ queryKey: keys.documents });
    await waitFor(() => expect(client.isFetching()).toBe(0));
    expect(asked(log)).toHaveLength(LAST + 1 + WINDOW);
    expect(rows()).toBeLessThan(60);
    scrollTo(10);
    await waitFor(() => expect(size()[0]?.above).toBe((LAST - WINDOW) * 200));
    expect(asked(log).some(({ before }) => before === String((LAST + 1 - WINDOW) * 200))).toBe(true);
    expect(size()).toHaveLength(WINDOW);
  }, 60_000);

  it('begins at a time and goes both ways from there', async () => {
    const log = serve({ ...base, 'GET /documents': pages(1000) });
    const { user, address } = open('/docs?at=2026-11-20T02:00:00Z', ROUTES);
    await screen.findByRole('grid');
    await waitFor(() => expect(asked(log)).toEqual([{ at: '2026-11-20T02:00:00Z' }, { before: '600' }]));
    // What it began with is still in sight.
    await waitFor(() => expect((screen.getByRole('grid').parentElement as HTMLElement).scrollTop).toBe(200 * 52));
    await user.click(screen.getByRole('button', { name: '回到最新' }));
    await waitFor(() => expect(address()).toBe('/docs'));
    expect(asked(log).at(-1)).toEqual({});
    const field = screen.getByLabelText('从这个时间或更早的执行读到的单据开始');
    await user.type(field, '2026-11-21T10:00:00{Enter}');
    await waitFor(() => expect(address()).toContain('at='));
  });
});
