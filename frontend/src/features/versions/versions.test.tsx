import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { FlowDiff, FlowHistory } from '../../shared/api/types';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import VersionsPage from './VersionsPage';

const hash = (c: string) => c.repeat(64);
const version = (no: number, more: Partial<FlowHistory['items'][number]> = {}): FlowHistory['items'][number] => ({
  no, note: `说明 ${no}`, author: '林若水', createdAt: '2026-11-21T08:00:00Z', hash: hash(String(no)), newest: false, inFlight: 0, editors: [], ...more,
});
const history = (more: Partial<FlowHistory> = {}): FlowHistory => ({
  items: [
    version(3, { newest: true, from: 1, hash: hash('1'), editors: [{ name: '陈默', first: '2026-11-21T07:00:00Z', last: '2026-11-21T07:30:00Z' }] }),
    version(2, { inFlight: 4204 }), version(1, { author: '', note: '' }),
  ],
  draftEditors: [], dirty: false, draftVersion: 9, enabled: true, ...more,
});
const diff = (more: Partial<FlowDiff> = {}): FlowDiff => ({ nodes: [], wires: [], flow: [], tests: [], layout: false, ...more });
const rich = diff({
  nodes: [
    {
      kind: 'changed', id: 'bill', type: 'map', title: '退货单', typeTitle: { zh: '字段映射', en: 'Field mapping' },
      changes: [
        { kind: 'changed', part: 'mapping', path: 'fields.FEntity.FMaterialId', titles: [{ zh: '字段' }, { zh: '物料编码' }], member: 'value', before: { text: '{{sku}}' }, after: { text: 'SKU-0001' } },
        { kind: 'moved', part: 'mapping', path: 'fields.FDate', titles: [{ zh: '字段' }], before: { text: '3' }, after: { text: '1' } },
        { kind: 'changed', part: 'script', path: 'code', titles: [{ zh: '代码' }], hunks: [{ before: 13, after: 13, lines: [{ kind: 'removed', text: 'const b = 2;' }, { kind: 'added', text: 'const b = 3;' }, { kind: 'same', text: '}' }] }] },
      ],
    },
    { kind: 'added', id: 'more', type: 'discard', title: '', typeTitle: { zh: '空操作' }, changes: [] },
    { kind: 'changed', id: 'away', was: 'gone', type: 'discard', title: '', typeTitle: { zh: '空操作' }, changes: [] },
  ],
  wires: [{ kind: 'moved', from: 'work.error', to: 'bill', wasFrom: 'work', wasTo: 'bill' }],
  flow: [
    { kind: 'changed', part: 'trigger', path: '1', before: { text: '*/10 * * * *', title: { zh: '每 10 分钟', en: 'Every 10 minutes' } }, after: { text: '0 2 * * *', title: { zh: '每天 02:00', en: 'Every day at 02:00' } } },
    { kind: 'changed', part: 'flowSetting', path: 'priority', before: { text: 'normal' }, after: { text: 'high' } },
  ],
  layout: true,
});
const base = { 'GET /flows': { items: [{ id: 'f1', title: '退货', publishedVersion: 3, enabled: true }] } };
const ROUTES = [{ path: '/flows/:flowId/versions', element: <VersionsPage /> }, { path: '/flows/:flowId/design', element: <p>流程图页</p> }];
const show = (at = '/flows/f1/versions') => open(at, ROUTES);

describe('versions', () => {
  it('lists who published and edited, what runs and what is in flight', async () => {
    serve({ ...base, 'GET /flows/f1/versions': history({ dirty: true, draftEditors: [{ name: '', first: '', last: '2026-11-21T09:00:00Z' }] }), 'GET /flows/f1/diff': diff() });
    show();
    const table = await screen.findByRole('table', { name: '版本列表' });
    const rows = within(table).getAllByRole('row').map((row) => row.textContent);
    expect(rows[1]).toContain('在版本 3 之后有修改');
    expect(rows[1]).toContain('命令行');
    expect(rows[2]).toContain('运行中');
    expect(rows[2]).toContain('回滚自版本 1');
    expect(rows[2]).toContain('陈默');
    expect(rows[3]).toContain('4,204');
    expect(rows[4]).toContain('没有说明');
    expect(rows[4]).toContain('命令行');
  });

  it('compares the draft with what runs, or the newest two, or what was chosen', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/versions': history(), 'GET /flows/f1/diff': rich });
    const { user, router } = show();
    const part = await screen.findByRole('region', { name: '对比' });
    await within(part).findByText('退货单');
    expect(sent.find(({ path }) => path.includes('/diff'))?.query.toString()).toBe('from=2&to=3');
    for (const text of ['SKU-0001', '第 3 行', '第 1 行', '每 10 分钟', '每天 02:00', '原 gone', '图上的位置有变化，不影响执行。']) expect(within(part).getByText(new RegExp(text.replace('*', '\\*'))), text).toBeTruthy();
    expect(within(part).getByRole('group', { name: '有变化的行' }).textContent).toContain('+ const b = 3;');
    await user.selectOptions(within(part).getByRole('combobox', { name: '从' }), 'nothing');
    await user.selectOptions(within(part).getByRole('combobox', { name: '到' }), 'draft');
    await waitFor(() => expect(router.state.location.search).toBe('?from=nothing&to=draft'));
    await user.click(screen.getByRole('button', { name: '版本 2 的更多操作' }));
    await user.click(await screen.findByRole('menuitem', { name: '与最新版本对比' }));
    await waitFor(() => expect(router.state.location.search).toBe('?from=2&to=3'));
  });

  it('says that only what changes nothing differs', async () => {
    serve({ ...base, 'GET /flows/f1/versions': history(), 'GET /flows/f1/diff': diff({ layout: true, tests: [{ kind: 'added', part: 'test', path: '一', after: { text: '{}' } }] }) });
    show();
    await screen.findByText('行为没有变化。');
    expect(screen.getByText('节点用例')).toBeTruthy();
  });

  it('goes back with a note, the draft kept where it holds changes', async () => {
    const sent = serve({ ...base, 'GET /flows/f1/versions': history({ dirty: true }), 'GET /flows/f1/diff': rich, 'POST /flows/f1/rollback': { publishedVersion: 4 } });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: '回滚：版本 1' }));
    const dialog = await screen.findByRole('dialog', { name: '回滚到版本 1' });
    within(dialog).getByText(/在途的 4204 张单据/);
    expect(within(dialog).getByRole<HTMLInputElement>('radio', { name: /保留草稿/ }).checked).toBe(true);
    await user.click(within(dialog).getByRole('radio', { name: /替换草稿/ }));
    await user.type(within(dialog).getByRole('textbox', { name: '说明' }), '：物料');
    await user.click(within(dialog).getByRole('button', { name: '回滚' }));
    await screen.findByText('已把版本 1 重新发布为版本 4');
    expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({ no: 1, note: '回滚到版本 1：物料', draft: 'replace', draftVersion: 9 });
  });

  it('tells why it can not go back', async () => {
    serve({
      ...base, 'GET /flows/f1/versions': history(), 'GET /flows/f1/diff': rich,
      'POST /flows/f1/rollback': () => new Refusal(409, { code: 'flow.problems', message: '方案有 1 个必须先解决的问题', hint: '请先解决列出的问题', problems: [{ path: 'spec.nodes[0]', code: 'x', message: '连接器 jst 不存在', blocking: true }] }),
    });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: '回滚：版本 2' }));
    const dialog = await screen.findByRole('dialog', { name: '回滚到版本 2' });
    await user.click(within(dialog).getByRole('button', { name: '回滚' }));
    await within(dialog).findByText('连接器 jst 不存在');
  });

  it('hands out the mapping document of the newest version, or of an old one', async () => {
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) { saved.push(this.download); });
    Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => undefined });
    const sent = serve({ ...base, 'GET /flows/f1/versions': history(), 'GET /flows/f1/diff': diff(), 'GET /flows/f1/mapping-document': 'x' });
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: '映射文档' }));
    await user.click(await screen.findByRole('menuitem', { name: '映射文档（Excel）' }));
    await waitFor(() => expect(saved).toEqual(['退货 - 映射文档.xlsx']));
    await user.click(screen.getByRole('button', { name: '版本 1 的更多操作' }));
    await user.click(await screen.findByRole('menuitem', { name: '映射文档（Markdown）' }));
    await waitFor(() => expect(saved).toHaveLength(2));
    expect(sent.filter(({ path }) => path.includes('mapping-document')).map(({ query }) => query.toString())).toEqual(['format=xlsx&lang=zh-CN', 'format=md&lang=zh-CN&version=1']);
    vi.restoreAllMocks();
  });

  it('opens an old version on the diagram', async () => {
    serve({ ...base, 'GET /flows/f1/versions': history(), 'GET /flows/f1/diff': diff() });
    const { user, router } = show();
    await user.click(await screen.findByRole('button', { name: '版本 1 的更多操作' }));
    await user.click(await screen.findByRole('menuitem', { name: '在流程图上查看' }));
    await waitFor(() => expect(router.state.location.pathname + router.state.location.search).toBe('/flows/f1/design?version=1'));
  });

  it('lets who may only look compare, and not go back', async () => {
    serve({ ...base, 'GET /session': { ...session, user: { ...session.user, role: 'operator' } }, 'GET /flows/f1/versions': history(), 'GET /flows/f1/diff': diff() });
    show();
    await screen.findByRole('table', { name: '版本列表' });
    await waitFor(() => expect(screen.queryByRole('button', { name: /回滚/ })).toBeNull());
  });

  it('leads on where nothing was published', async () => {
    serve({ ...base, 'GET /flows/f1/versions': history({ items: [] }) });
    show();
    await screen.findByText('还没有发布过');
    expect(screen.getByRole('link', { name: '打开流程图' }).getAttribute('href')).toBe('/flows/f1/design');
  });

  it('says what is not there', async () => {
    serve({ ...base, 'GET /flows/f1/versions': () => new Refusal(404, { code: 'object.missing', message: '没有这个对象' }) });
    show();
    await screen.findByText(/没有这个对象|找不到/);
  });
});
