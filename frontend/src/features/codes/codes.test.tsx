import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { CodeFile, CodeRow, CodeTable, MissingCode } from '../../shared/api/types';
import { open, Refusal, type Sent, serve, session } from '../../shared/testing/render';
import CodeTablePage from './CodeTablePage';
import CodeTablesPage from './CodeTablesPage';
import { isTable, nameOf, readPasted } from './model/paste';

const at = '2026-11-21T08:00:00Z';
const shops: CodeTable = { id: '7', name: 'shops', title: '店铺', version: 3, rows: 2, missing: 2, waiting: 25, ambiguous: 0, usedBy: [{ id: 'f1', title: '退货' }], updatedAt: at };
const row = (source: string, target: string, more: Partial<CodeRow> = {}): CodeRow => ({ source, target, note: '', shared: 0, updatedAt: at, ...more });
const miss = (code: string, documents: number, more: Partial<MissingCode> = {}): MissingCode => ({
  table: '7', name: 'shops', tableTitle: '店铺', code, reverse: false, documents, document: '90', number: 'TH-1', flow: 'f1', flowTitle: '退货', ...more,
});
const done = { version: 4, added: 0, changed: 1, removed: 0, unchanged: 0 };
const base = {
  'GET /code-tables': { items: [shops], next: '' },
  'GET /code-tables/7': shops,
  'GET /code-tables/7/rows': { items: [row('S1', 'K1'), row('S2', 'K2', { note: '二店' })], next: '' },
  'GET /code-tables/missing': { items: [miss('S8', 20)], total: 1 },
  'GET /code-tables/7/missing': { items: [miss('S8', 20), miss('K9', 5, { reverse: true })], total: 2 },
};
const ROUTES = [{ path: '/codes', element: <CodeTablesPage /> }, { path: '/codes/:tableId', element: <CodeTablePage /> }];
const puts = (log: Sent[]) => log.filter(({ method }) => method === 'PUT').map(({ body }) => body);
const as = (role: string) => ({ 'GET /session': { ...session, user: { ...session.user, role } } });

describe('pasted rows', () => {
  it('are source, target and note; headings are none', () => {
    expect(readPasted('源编码\t目标编码\t备注\r\n S1 \tK1\t一店\r\nS2\tK2\r\n', '源编码')).toEqual({ rows: [{ source: 'S1', target: 'K1', note: '一店' }, { source: 'S2', target: 'K2' }], incomplete: [], twice: [] });
    expect(readPasted('Source\tTarget\nS1\tK1', '源编码').rows).toHaveLength(1);
    expect(readPasted('S1\tK1\nsource\tK2', '源编码').rows).toHaveLength(2);
  });
  it('name what is incomplete and what stands there twice', () => {
    expect(readPasted('S1\tK1\nS2\n\tK3\nS1\tK4\n', '源编码')).toEqual({ rows: [{ source: 'S1', target: 'K1' }], incomplete: [2, 3], twice: ['S1'] });
  });
  it('are told from a word that is pasted into a cell', () => {
    expect([isTable('S1\tK1'), isTable('S1\nS2'), isTable('S1\n'), isTable('a b')]).toEqual([true, true, false, false]);
  });
  it('a name is a title without what a name may not have', () => {
    expect(nameOf(' 店铺 / 客户 ')).toBe('店铺-客户');
  });
});

describe('the list of tables', () => {
  it('shows what waits, and who uses a table', async () => {
    serve(base);
    open('/codes', ROUTES);
    const table = within(await screen.findByRole('table', { name: '对照表' }));
    expect(table.getByRole('link', { name: '店铺' }).getAttribute('href')).toBe('/codes/7');
    expect(table.getByRole('link', { name: '退货' })).toBeTruthy();
    expect(table.getByRole('link', { name: /2 个编码.*25 张单据在等/ }).getAttribute('href')).toBe('/codes/7?tab=missing');
    expect(screen.getByRole('tab', { name: /^待映射\s*2$/ })).toBeTruthy();
  });

  it('makes a table whose name follows its title until it is written', async () => {
    const log = serve({ ...base, 'GET /code-tables': { items: [], next: '' }, 'POST /code-tables': (sent: Sent) => ((sent.body as { name: string }).name === 'shops' ? new Refusal(409, { code: 'codetable.exists', message: '已经有了', path: 'name' }) : shops) });
    const { user, address } = open('/codes', ROUTES);
    await user.click((await screen.findAllByRole('button', { name: '新建对照表' }))[0] as HTMLElement);
    const dialog = within(await screen.findByRole('dialog', { name: '新建对照表' }));
    await user.click(dialog.getByRole('button', { name: '新建' }));
    expect(dialog.getByText('请填写名称')).toBeTruthy();
    await user.type(dialog.getByLabelText('名称'), '店铺 客户');
    const name = dialog.getByLabelText<HTMLInputElement>('标识');
    expect(name.value).toBe('店铺-客户');
    await user.clear(name);
    await user.type(name, 'shops');
    await user.click(dialog.getByRole('button', { name: '新建' }));
    expect(await dialog.findByText('已经有了')).toBeTruthy();
    await user.type(name, '2');
    await user.click(dialog.getByRole('button', { name: '新建' }));
    await waitFor(() => expect(address()).toBe('/codes/7'));
    expect(log.filter(({ method }) => method === 'POST').at(-1)?.body).toEqual({ name: 'shops2', title: '店铺 客户' });
  });

  it('deletes after a question, and says why it may not', async () => {
    serve({ ...base, 'DELETE /code-tables/7': new Refusal(409, { code: 'codetable.in_use', message: '有 1 个方案正在使用', hint: '先去掉：退货' }) });
    const { user } = open('/codes', ROUTES);
    await user.click(await screen.findByRole('button', { name: '店铺 的更多操作' }));
    await user.click(screen.getByRole('menuitem', { name: '删除' }));
    const question = within(screen.getByRole('alertdialog'));
    expect(question.getByText(/其中的 2 行会一并删除/)).toBeTruthy();
    await user.click(question.getByRole('button', { name: '删除' }));
    const notice = within(await screen.findByRole('alertdialog', { name: '有 1 个方案正在使用' }));
    expect(notice.getByText('先去掉：退货')).toBeTruthy();
  });
});

describe('rows', () => {
  it('are written in place: Enter saves and goes down, Escape takes back', async () => {
    const log = serve({ ...base, 'PUT /code-tables/7/rows': done });
    const { user } = open('/codes/7', ROUTES);
    const first = await screen.findByLabelText<HTMLInputElement>('S1 的目标编码');
    await user.clear(first);
    await user.type(first, 'K9{Enter}');
    expect(document.activeElement).toBe(screen.getByLabelText('S2 的目标编码'));
    await waitFor(() => expect(puts(log)).toEqual([{ rows: [{ source: 'S1', target: 'K9', note: '' }] }]));
    const note = screen.getByLabelText<HTMLInputElement>('S2 的备注');
    await user.type(note, '改{Escape}');
    expect(note.value).toBe('二店');
    await user.tab();
    expect(puts(log)).toHaveLength(1);
    await user.click(screen.getByLabelText('S2 的目标编码'));
    await user.keyboard('{ArrowUp}');
    expect(document.activeElement).toBe(first);
  });

  it('that are only looked at stay as they are, with the blanks around a code', async () => {
    const log = serve({ ...base, 'GET /code-tables/7/rows': { items: [row('S1', ' K1 ', { note: '一\n二' })], next: '' }, 'PUT /code-tables/7/rows': done });
    const { user } = open('/codes/7', ROUTES);
    await user.click(await screen.findByLabelText('S1 的目标编码'));
    await user.tab();
    expect(document.activeElement).toBe(screen.getByLabelText('S1 的备注'));
    await user.tab();
    expect(puts(log)).toEqual([]);
    await user.type(screen.getByLabelText('S1 的备注'), '三');
    await user.tab();
    await waitFor(() => expect(puts(log)).toHaveLength(1));
    expect(puts(log)).toMatchObject([{ rows: [{ source: 'S1', target: ' K1 ' }] }]);
  });

  it('keep what is written while another cell is being saved', async () => {
    let answer = (_: unknown) => {};
    const log = serve({ ...base, 'PUT /code-tables/7/rows': () => new Promise((give) => { answer = give; }) });
    const { user } = open('/codes/7', ROUTES);
    await user.type(await screen.findByLabelText('S1 的目标编码'), '9');
    await user.tab();
    await waitFor(() => expect(puts(log)).toHaveLength(1));
    const note = screen.getByLabelText<HTMLInputElement>('S1 的备注');
    await user.type(note, '新');
    answer(done);
    await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('S1 的目标编码').closest('tr')?.dataset.saving).toBe('false'));
    expect(note.value).toBe('新');
    await user.tab();
    await waitFor(() => expect(puts(log)[1]).toEqual({ rows: [{ source: 'S1', target: 'K1', note: '新' }] }));
  });

  it('that are refused keep what was written, with the reason', async () => {
    const log = serve({ ...base, 'PUT /code-tables/7/rows': new Refusal(422, { code: 'codetable.code_missing', message: '编码为空', path: 'rows[0].target' }) });
    const { user } = open('/codes/7', ROUTES);
    const cell = await screen.findByLabelText<HTMLInputElement>('S2 的目标编码');
    await user.clear(cell);
    await user.keyboard('{Enter}');
    expect((await screen.findByRole('alert')).textContent).toContain('编码为空');
    expect(cell.getAttribute('aria-invalid')).toBe('true');
    expect(cell.value).toBe('');
    expect(puts(log)).toHaveLength(1);
  });

  it('are added in the first row, one after the other', async () => {
    const log = serve({ ...base, 'PUT /code-tables/7/rows': { ...done, added: 1, changed: 0 } });
    const { user } = open('/codes/7', ROUTES);
    const source = await screen.findByLabelText<HTMLInputElement>('新的一行：源编码');
    await user.type(source, 'S3{Enter}');
    expect(document.activeElement).toBe(screen.getByLabelText('新的一行：目标编码'));
    await user.keyboard(' K3 {Enter}');
    await waitFor(() => expect(source.value).toBe(''));
    expect(document.activeElement).toBe(source);
    expect(puts(log)).toEqual([{ rows: [{ source: 'S3', target: 'K3', note: '' }] }]);
    expect(screen.getByText('已添加 S3')).toBeTruthy();
  });

  it('are deleted after a question', async () => {
    const log = serve({ ...base, 'POST /code-tables/7/rows/delete': { ...done, changed: 0, removed: 2 } });
    const { user } = open('/codes/7', ROUTES);
    await user.click(await screen.findByRole('checkbox', { name: '选择 S1' }));
    await user.click(screen.getByRole('checkbox', { name: '选择已加载的全部行' }));
    await user.click(screen.getByRole('button', { name: '删除 2 行' }));
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '删除' }));
    await waitFor(() => expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ sources: ['S1', 'S2'] }));
    expect(await screen.findByText('已删除 2 行')).toBeTruthy();
  });

  it('of a spreadsheet are seen before they are saved', async () => {
    const log = serve({ ...base, 'PUT /code-tables/7/rows': done });
    const { user } = open('/codes/7', ROUTES);
    fireEvent.paste(await screen.findByLabelText('新的一行：源编码'), { clipboardData: { getData: () => 'S4\tK4\nS5\t\nS6\tK6\t六店' } });
    const dialog = within(await screen.findByRole('dialog', { name: '粘贴表格' }));
    expect(dialog.getByText(/有 1 行缺少.*第 2 行/)).toBeTruthy();
    expect(within(dialog.getByRole('table', { name: '粘贴的内容' })).getAllByRole('row')).toHaveLength(3);
    await user.click(dialog.getByRole('button', { name: '保存 2 行' }));
    await waitFor(() => expect(puts(log)).toEqual([{ rows: [{ source: 'S4', target: 'K4' }, { source: 'S6', target: 'K6', note: '六店' }] }]));
  });

  it('are found, and those that share a target are shown', async () => {
    const ambiguous = { ...shops, ambiguous: 1 };
    const log = serve({ ...base, 'GET /code-tables/7': ambiguous, 'GET /code-tables/7/rows': { items: [row('S1', 'K1', { shared: 2 })], next: '' } });
    const { user, address } = open('/codes/7', ROUTES);
    expect(await screen.findByText('3 个源编码')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '只看这些' }));
    expect(address()).toBe('/codes/7?shared=1');
    await user.type(screen.getByRole('searchbox', { name: '查找编码或备注' }), 'k1');
    await waitFor(() => expect(log.some(({ query }) => query.get('search') === 'k1' && query.get('shared') === 'true')).toBe(true));
  });

  it('are only looked at by who may not write', async () => {
    serve({ ...base, ...as('viewer') });
    open('/codes/7', ROUTES);
    await screen.findByText('S1');
    expect(screen.queryByRole('textbox')).toBeNull();
    for (const name of ['导入', '粘贴表格', '店铺 的更多操作']) expect(screen.queryByRole('button', { name })).toBeNull();
    expect(screen.getByRole('button', { name: '导出' })).toBeTruthy();
  });
});

describe('missing codes', () => {
  it('are filled in where they are listed; the documents go on', async () => {
    const log = serve({ ...base, 'PUT /code-tables/7/rows': { ...done, added: 2, changed: 0 } });
    const { user } = open('/codes/7?tab=missing', ROUTES);
    const table = within(await screen.findByRole('table', { name: '待映射' }));
    expect(table.getAllByRole('link', { name: 'TH-1' })[0]?.getAttribute('href')).toBe('/docs/90');
    await user.type(table.getByLabelText('S8 的目标编码'), 'K8');
    await user.type(table.getByLabelText('K9 的源编码'), ' S9 ');
    await user.click(screen.getByRole('button', { name: '保存 2 个编码' }));
    await waitFor(() => expect(puts(log)).toEqual([{ rows: [{ source: 'S8', target: 'K8' }, { source: 'S9', target: 'K9' }] }]));
    expect(await screen.findByText('已补齐 2 个编码，等待它们的 25 张单据继续处理')).toBeTruthy();
  });

  it('one by one with Enter, and a refusal stands at its own', async () => {
    const log = serve({ ...base, 'PUT /code-tables/7/rows': new Refusal(422, { code: 'codetable.code_too_long', message: '编码太长', path: 'rows[0].target' }) });
    const { user } = open('/codes/7?tab=missing', ROUTES);
    await user.type(await screen.findByLabelText('S8 的目标编码'), 'X{Enter}');
    expect(puts(log)).toEqual([{ rows: [{ source: 'S8', target: 'X' }] }]);
    expect((await screen.findByRole('alert')).textContent).toBe('编码太长');
    expect(screen.getByLabelText<HTMLInputElement>('S8 的目标编码').value).toBe('X');
    expect(document.activeElement).toBe(screen.getByLabelText('K9 的源编码'));
  });

  it('of all tables are listed together', async () => {
    serve(base);
    open('/codes?tab=missing', ROUTES);
    expect((await screen.findByRole('link', { name: '店铺' })).getAttribute('href')).toBe('/codes/7?tab=missing');
  });

  it('are none', async () => {
    serve({ ...base, 'GET /code-tables/missing': { items: [], total: 0 } });
    open('/codes?tab=missing', ROUTES);
    expect(await screen.findByText('没有待映射的编码')).toBeTruthy();
  });
});

describe('import', () => {
  const seen: CodeFile = { version: 3, added: 1, changed: 1, removed: 0, unchanged: 4, blank: 0, found: 0, blocking: 0, sheets: [], problems: [], differences: [
    { kind: 'added', source: 'S3', after: { source: 'S3', target: 'K3' } }, { kind: 'changed', source: 'S1', before: { source: 'S1', target: 'K1' }, after: { source: 'S1', target: 'K9' } },
  ] };
  const file = new File(['源编码,目标编码\n'], '店铺.csv', { type: 'text/csv' });
  const choose = async (answers: Record<string, unknown>) => {
    const log = serve({ ...base, ...answers });
    const { user } = open('/codes/7', ROUTES);
    await user.click(await screen.findByRole('button', { name: '导入' }));
    const dialog = within(await screen.findByRole('dialog', { name: '导入到「店铺」' }));
    await user.upload(dialog.getByLabelText(/选择文件/), file);
    return { log, user, dialog };
  };

  it('shows what changes and writes that version of it', async () => {
    const { log, user, dialog } = await choose({ 'POST /code-tables/7/import/preview': seen, 'POST /code-tables/7/import': { ...seen, version: 4 } });
    const changes = within(await dialog.findByRole('table', { name: '将要写入的变化' }));
    expect(changes.getByText('K1').tagName).toBe('DEL');
    await user.click(dialog.getByRole('button', { name: '写入 2 处变化' }));
    expect(await screen.findByText('导入完成：新增 1 行，修改 1 行，删除 0 行')).toBeTruthy();
    const sent = log.filter(({ method }) => method === 'POST');
    expect(sent.map(({ path }) => path)).toEqual(['/code-tables/7/import/preview', '/code-tables/7/import?version=3']);
    expect(sent[1]?.headers.get('Content-Type')).toBe('application/octet-stream');
    expect(sent[1]?.text).toBe('源编码,目标编码\n');
  });

  it('writes nothing while the file has problems', async () => {
    const { dialog } = await choose({ 'POST /code-tables/7/import/preview': { ...seen, found: 2, blocking: 1, problems: [{ row: 5, path: 'target', code: 'codetable.target_blank', message: '没有目标编码', blocking: false }, { row: 9, path: 'source', code: 'codetable.twice', message: '与第 2 行重复', hint: '保留一行', blocking: true }] } });
    const problems = within(await dialog.findByRole('table', { name: '文件中的问题' })).getAllByRole('row');
    expect(problems[1]?.textContent).toContain('9源编码与第 2 行重复保留一行');
    expect(dialog.getByRole('button', { name: '写入 2 处变化' })).toHaveProperty('disabled', true);
  });

  it('looks again when rows are to go, or another sheet is meant', async () => {
    const { log, user, dialog } = await choose({ 'POST /code-tables/7/import/preview': { ...seen, sheets: ['一', '二'] } });
    await user.click(await dialog.findByRole('checkbox', { name: '删除文件里没有的行' }));
    await user.selectOptions(await dialog.findByLabelText('工作表'), '二');
    await waitFor(() => expect(log.at(-1)?.path).toBe('/code-tables/7/import/preview?replace=true&sheet=%E4%BA%8C'));
  });

  it('tells why a file cannot be read', async () => {
    const { dialog } = await choose({ 'POST /code-tables/7/import/preview': new Refusal(422, { code: 'sheet.encoding_broken', message: '第 2 行有坏的字节', hint: '另存为 UTF-8' }) });
    expect(await dialog.findByText('第 2 行有坏的字节')).toBeTruthy();
    expect(dialog.getByText('另存为 UTF-8')).toBeTruthy();
  });

  it('looks again when somebody was faster', async () => {
    const { log, user, dialog } = await choose({ 'POST /code-tables/7/import/preview': seen, 'POST /code-tables/7/import': new Refusal(409, { code: 'codetable.changed', message: '别人改过了' }) });
    await user.click(await dialog.findByRole('button', { name: '写入 2 处变化' }));
    expect(await dialog.findByText('别人改过了')).toBeTruthy();
    await waitFor(() => expect(log.filter(({ path }) => path.endsWith('/preview'))).toHaveLength(2));
  });
});
