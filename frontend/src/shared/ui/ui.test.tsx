import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/errors';
import type { DocumentState, RunState } from '../api/types';
import { show } from '../testing/render';
import { Dialog } from './Dialog';
import { useDialogs } from './dialogs';
import { JsonTree } from './JsonTree';
import { Menu } from './Menu';
import { QueryView } from './QueryView';
import { StateTag } from './StateTag';
import { Tabs } from './Tabs';

describe('StateTag', () => {
  const documents: [DocumentState, string][] = [
    ['waiting', '待处理'], ['claimed', '处理中'], ['held', '待合并'], ['delivered', '已写入'], ['collected', '已采集'], ['filtered', '已过滤'], ['rejected', '失败'],
    ['retry_at', '等待重试'], ['unmapped', '待映射'], ['needs_decision', '待人工确认'], ['superseded', '已被新版替代'], ['skipped', '已跳过'],
  ];
  it.each(documents)('says %s as %s, with an icon', (state, word) => {
    const { container } = show(<StateTag of="document" state={state} />);
    expect(screen.getByText(word)).toBeTruthy();
    expect(container.querySelector('svg')).toBeTruthy();
  });
  it.each<[RunState, string]>([['queued', '排队中'], ['running', '运行中'], ['done', '已完成'], ['failed', '失败'], ['cancelled', '已取消']])('says %s of a run as %s', (state, word) => {
    show(<StateTag of="run" state={state} />);
    expect(screen.getByText(word)).toBeTruthy();
  });
  it('shows a state of a newer server by its name', () => {
    show(<StateTag of="document" state={'frozen' as DocumentState} />);
    expect(screen.getByText('frozen')).toBeTruthy();
  });
});

describe('QueryView', () => {
  const refetch = vi.fn();
  const draw = (query: { data?: string; error?: unknown; isPending?: boolean }) =>
    show(<QueryView query={{ data: query.data, error: query.error ?? null, isPending: query.isPending ?? false, refetch }}>{(data) => <p>{data}</p>}</QueryView>);

  it('shows a skeleton, then data', () => {
    draw({ isPending: true });
    expect(screen.getByRole('status', { name: '正在加载' })).toBeTruthy();
    draw({ data: 'here' });
    expect(screen.getByText('here')).toBeTruthy();
  });
  it('keeps data under a banner when it could not be renewed', async () => {
    const { user } = draw({ data: 'old', error: new ApiError({ status: 503, code: 'store.busy', message: '数据库忙' }) });
    expect(screen.getByText('old')).toBeTruthy();
    expect(screen.getByText('数据库忙')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: '重新加载' }));
    expect(refetch).toHaveBeenCalledOnce();
  });
  it('says that a role may not look, without offering to try again', () => {
    draw({ error: new ApiError({ status: 403, code: 'auth.forbidden', message: '你的角色不能这样做' }) });
    expect(screen.getByText('没有权限')).toBeTruthy();
    expect(screen.queryByRole('button')).toBeNull();
  });
  it('says that the server cannot be reached in its own words', () => {
    draw({ error: new ApiError({ status: 0, code: 'network.unreachable', message: 'Failed to fetch' }) });
    expect(screen.getByText('连接不上服务器')).toBeTruthy();
    expect(screen.queryByText('Failed to fetch')).toBeNull();
  });
  it('says what is not there', () => {
    draw({ error: new ApiError({ status: 404, code: 'object.missing', message: 'x' }) });
    expect(screen.getByText('找不到')).toBeTruthy();
  });
  it('shows what a server says as text, never as markup', () => {
    draw({ error: new ApiError({ status: 500, code: 'x.y', message: '<img src=x onerror=alert(1)>' }) });
    expect(screen.getByText('<img src=x onerror=alert(1)>')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('Menu', () => {
  it('opens, moves by keys, chooses, and gives focus back', async () => {
    const chosen = vi.fn();
    const { user } = show(<Menu label="操作" button="…" items={[{ key: 'a', label: '甲', onSelect: chosen }, { key: 'b', label: '乙', disabled: true, onSelect: chosen }, { key: 'c', label: '丙', onSelect: () => chosen('c') }]} />);
    const button = screen.getByRole('button', { name: '操作' });
    await user.click(button);
    expect(document.activeElement?.textContent).toBe('甲');
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement?.textContent).toBe('丙');
    await user.keyboard('{ArrowDown}{ArrowUp}{Enter}');
    expect(chosen).toHaveBeenCalledExactlyOnceWith('c');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(document.activeElement).toBe(button);
  });
  it('closes on Escape and on a click beside it', async () => {
    const { user } = show(<><Menu label="操作" button="…" items={[{ key: 'a', label: '甲', onSelect: vi.fn() }]} /><p>beside</p></>);
    await user.click(screen.getByRole('button', { name: '操作' }));
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('menu')).toBeNull();
    await user.click(screen.getByRole('button', { name: '操作' }));
    await user.click(screen.getByText('beside'));
    expect(screen.queryByRole('menu')).toBeNull();
  });
});

describe('Tabs', () => {
  it('moves with arrows and shows the panel', async () => {
    const changed = vi.fn();
    const { user } = show(<Tabs label="数据" active="a" onChange={changed} tabs={[{ key: 'a', label: '甲', content: 'A' }, { key: 'b', label: '乙', content: 'B' }]} />);
    expect(within(screen.getByRole('tabpanel', { name: '甲' })).getByText('A')).toBeTruthy();
    await user.click(screen.getByRole('tab', { name: '甲' }));
    await user.keyboard('{ArrowLeft}');
    expect(changed).toHaveBeenLastCalledWith('b');
  });
});

describe('dialogs', () => {
  it('begins at its first field, not at the button that closes it', () => {
    show(<Dialog title="题" submit="好" onSubmit={vi.fn()} onClose={vi.fn()}><input type="checkbox" /><textarea aria-label="x" /></Dialog>);
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'x' }));
  });

  it('does not submit twice or while nothing may be', async () => {
    const submit = vi.fn();
    const { user } = show(<Dialog title="题" submit="好" pending onSubmit={submit} onClose={vi.fn()}><input aria-label="x" /></Dialog>);
    await user.type(screen.getByLabelText('x'), 'a{Enter}');
    expect(submit).not.toHaveBeenCalled();
  });

  function Asker({ onConfirm }: { onConfirm: () => Promise<unknown> }) {
    const { ask, toast } = useDialogs();
    return <button type="button" onClick={() => ask({ title: '删除？', text: '不能恢复', submit: '删除', danger: true, onConfirm: () => onConfirm().then(() => toast('已删除')) })}>go</button>;
  }
  it('asks, does, and tells', async () => {
    const { user } = show(<Asker onConfirm={() => Promise.resolve()} />);
    await user.click(screen.getByText('go'));
    await user.click(screen.getByRole('button', { name: '删除' }));
    await waitFor(() => expect(screen.getByText('已删除')).toBeTruthy());
    expect(screen.queryByRole('alertdialog')).toBeNull();
  });
  it('shows why it was refused, with the hint and every problem', async () => {
    const { user } = show(<Asker onConfirm={() => Promise.reject(new ApiError({ status: 409, code: 'connection.in_use', message: '还在使用', hint: '先停用方案', problems: [{ code: 'a', message: '方案一' }] }))} />);
    await user.click(screen.getByText('go'));
    await user.click(screen.getByRole('button', { name: '删除' }));
    const notice = await screen.findByRole('alertdialog', { name: '还在使用' });
    expect(within(notice).getByText('先停用方案')).toBeTruthy();
    expect(within(notice).getByText('方案一')).toBeTruthy();
  });
});

describe('JsonTree', () => {
  it('shows digits as they are and markup as text', () => {
    show(<JsonTree label="来源" text='{"id":90071992547409931234,"total":1280.10,"buyer":"<b>x</b>"}' />);
    expect(screen.getByText('90071992547409931234')).toBeTruthy();
    expect(screen.getByText('1280.10')).toBeTruthy();
    expect(screen.getByText('"<b>x</b>"')).toBeTruthy();
  });
  it('folds', async () => {
    const { user } = show(<JsonTree label="来源" text='{"a":{"b":1}}' />);
    await user.click(screen.getAllByRole('button', { name: '收起' })[1] as HTMLElement);
    expect(screen.queryByText('b')).toBeNull();
  });
  it('draws only what is in sight', () => {
    show(<JsonTree label="来源" height={240} text={`[${Array.from({ length: 20_000 }, (_, i) => i).join()}]`} />);
    expect(screen.getAllByRole('treeitem').length).toBeLessThan(100);
  });
  it('shows what is no JSON as it is', () => {
    show(<JsonTree label="响应" text="502 Bad Gateway" />);
    expect(screen.getByText('502 Bad Gateway')).toBeTruthy();
  });
});
