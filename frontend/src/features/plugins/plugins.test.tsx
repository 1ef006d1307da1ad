import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Plugin, PluginEffect, PluginInspection, PluginVersion } from '../../shared/api/types';
import { open, Refusal, serve, session } from '../../shared/testing/render';
import { leadsTo, newest } from './model';
import PluginPage from './PluginPage';
import PluginsPage from './PluginsPage';

const version = (change: Partial<PluginVersion> = {}): PluginVersion => ({ version: '1.1.0', active: true, status: 'signed', keyName: '某公司', hosts: ['{address}'], secrets: ['token'], installedAt: '2026-11-20T00:00:00Z', installedBy: '林若水', ...change });
const old = version({ version: '1.0.0', active: false, status: 'unsigned' });
const plugin = (change: Partial<Plugin> = {}): Plugin => ({
  id: 'depot', title: { zh: '仓库通', en: 'Depot' }, icon: '/api/v1/plugins/depot/versions/1.1.0/icon', nodes: [], serves: '1.1.0', packaged: true, pinned: false, previous: '1.0.0', connections: 2,
  versions: [version(), old], operations: [{ name: 'orders', kind: 'query', title: { zh: '订单', en: 'Orders' } }],
  isolation: { level: 'L1', inForce: ['group', 'environment', 'limits', 'privileges', 'files', 'processes', 'network'], missing: [], hostsDeclared: true, hosts: ['{address}'] }, ...change,
});
const effect = (change: Partial<PluginEffect> = {}): PluginEffect => ({
  from: '1.1.0', to: '1.2.0', elsewhere: 1, flowsElsewhere: 2,
  changes: [
    { kind: 'added', part: 'operation', operation: 'stock', name: 'stock', title: { zh: '库存' }, breaking: false },
    { kind: 'added', part: 'nodeSetting', name: 'weigh.unit', title: { zh: '单位' }, breaking: false },
    { kind: 'removed', part: 'response', operation: 'orders', name: 'amount', title: { zh: '金额' }, breaking: true },
  ],
  flows: [
    { id: 'f1', title: '退货', draft: true, published: true, operations: ['orders'], nodes: [], breaking: true },
    { id: 'f2', title: '库存', draft: false, published: true, operations: [], nodes: ['weigh', 'sort'], breaking: false },
    { id: 'f3', title: '对账', draft: false, published: true, operations: [], nodes: [], breaking: false },
  ],
  ...change,
});
const inspection = (change: Partial<PluginInspection> = {}): PluginInspection => ({
  id: 'depot', title: { zh: '仓库通', en: 'Depot' }, version: '1.2.0', status: 'signed', keyName: '某公司', publisher: '某公司研发部', hosts: ['api.example.com'], secrets: ['token'],
  sum: 'abc', installed: false, objections: [], effect: effect(), ...change,
});
const ROUTES = [{ path: '/plugins', element: <PluginsPage /> }, { path: '/plugins/:pluginId', element: <PluginPage /> }, { path: '/help/:page', element: <p>reference</p> }];
const draw = (items: Plugin[], more: Record<string, unknown> = {}) => {
  const log = serve({ 'GET /plugins': { items, next: '' }, ...more });
  return { log, ...open('/plugins', ROUTES) };
};
const button = (name: string) => screen.findByRole<HTMLButtonElement>('button', { name });
const part = () => screen.findByRole('region', { name: '仓库通' });
const dialog = () => screen.findByRole('dialog', undefined, { timeout: 4000 });
const file = () => new File(['PK'], 'depot-1.2.0.kzp');

describe('connector plugins', () => {
  it('tells versions, trust and operations', async () => {
    draw([plugin()]);
    const rows = within(await screen.findByRole('table', { name: '仓库通的版本' })).getAllByRole('row').map((row) => row.textContent);
    expect(rows[1]).toContain('1.1.0生效中');
    expect(rows[1]).toContain('已签名');
    expect(rows[1]).toContain('某公司');
    expect(rows[2]).toContain('未签名');
    expect(within(await part()).getByText('1 个接口 · 2 个连接器在使用')).toBeTruthy();
    expect(within(await part()).getByText('orders')).toBeTruthy();
  });

  it('shows what confines it', async () => {
    draw([plugin()]);
    expect(within(await part()).getAllByText(/^已隔离/).length).toBeGreaterThan(0);
    expect(within(await part()).getByText('只能访问：{address}')).toBeTruthy();
  });

  it('shows what does not confine it, unasked', async () => {
    draw([
      plugin({
        isolation: {
          level: 'partial', inForce: ['group', 'environment'], hostsDeclared: false, hosts: [],
          missing: [{ part: 'files', reason: 'landlock: function not implemented' }, { part: 'network', reason: 'the connector declares no hosts' }],
        },
      }),
    ]);
    const shown = within(await part());
    expect(shown.getAllByText('部分隔离').length).toBeGreaterThan(0);
    const reason = shown.getByText(/landlock: function not implemented/);
    expect(reason.closest('details')?.open).toBe(true);
    expect(shown.getByText(/没有声明要访问哪些系统/)).toBeTruthy();
    expect(shown.queryByText(/只能访问/)).toBeNull();
  });

  it('says why a version does not start', async () => {
    draw([plugin({ versions: [version({ status: 'modified', fault: { code: 'package.modified', message: '文件已被改动', hint: '请重新安装' } })] })]);
    expect((await screen.findByText('文件已被改动')).closest('[role="alert"]')).toBeTruthy();
    expect(screen.getAllByText('已被改动').length).toBeGreaterThan(0);
  });

  it('has nothing at first, and says why it can not be shown', async () => {
    draw([]);
    expect(await screen.findByText('还没有连接器插件')).toBeTruthy();
    draw([], { 'GET /plugins': new Refusal(500, { code: 'package.state_damaged', message: '目录无法读取' }) });
    expect(await screen.findByText('目录无法读取')).toBeTruthy();
  });

  it('installs what was looked at, after showing what it changes', async () => {
    const { log, user } = draw([plugin()], { 'POST /plugins/inspect': inspection(), 'POST /plugins': plugin({ serves: '1.2.0' }) });
    await user.click(await button('安装连接器插件'));
    const box = await dialog();
    const submit = within(box).getByRole<HTMLButtonElement>('button', { name: '安装' });
    expect(submit.disabled).toBe(true);
    await user.upload(within(box).getByLabelText(/选择安装包/), file());
    expect(await within(box).findByText('1 个方案可能无法继续运行')).toBeTruthy();
    const changes = within(within(box).getByRole('table', { name: '从 1.1.0 到 1.2.0 的变化' })).getAllByRole('row').map((row) => row.textContent);
    expect(changes[0]).toContain('移除响应字段orders · amount 金额'); // what may break comes first
    expect(changes[1]).toContain('新增接口stock');
    expect(changes[2]).toContain('新增节点设置weigh.unit 单位');
    expect(within(box).getByText('退货').closest('a')?.getAttribute('href')).toBe('/flows/f1');
    expect(within(box).getByText('其他工作空间还有 1 个连接器会换到这个版本')).toBeTruthy();
    expect(within(box).getByText('其他工作空间还有 2 个已发布方案的节点会换到这个版本')).toBeTruthy();
    const flows = within(box).getAllByRole('listitem').map((row) => row.textContent);
    expect(flows).toEqual(['退货可能受影响已发布版本 · 草稿 · orders', '库存用到的内容有变化已发布版本 · 节点：weigh, sort', '对账用到的内容没有变化已发布版本']);
    expect(within(box).getByText('某公司研发部')).toBeTruthy();
    await user.click(within(box).getByLabelText('暂不启用，1.1.0 继续生效'));
    await user.click(submit);
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const sent = log.filter(({ method }) => method === 'POST');
    expect(sent.map(({ headers }) => headers.get('Content-Type'))).toEqual(['application/octet-stream', 'application/octet-stream']);
    expect(Object.fromEntries(sent[1]?.query ?? [])).toEqual({ sum: 'abc', inactive: 'true', unsigned: 'false', downgrade: 'false' });
  });

  it('needs a word for each objection', async () => {
    const objections = [{ code: 'package.unsigned', message: '没有人担保', hint: '先信任密钥' }, { code: 'package.downgrade', message: '比已安装的旧' }];
    const { log, user } = draw([plugin()], { 'POST /plugins/inspect': inspection({ status: 'unsigned', objections }), 'POST /plugins': plugin() });
    await user.click(await button('安装连接器插件'));
    const box = await dialog();
    await user.upload(within(box).getByLabelText(/选择安装包/), file());
    const submit = within(box).getByRole<HTMLButtonElement>('button', { name: '安装' });
    await user.click(await within(box).findByLabelText(/允许这一个安装包运行/));
    expect(submit.disabled).toBe(true);
    await user.click(within(box).getByLabelText(/允许安装旧版本/));
    expect(submit.disabled).toBe(false);
    await user.click(submit);
    await waitFor(() => expect(log.find(({ path }) => path.startsWith('/plugins?'))?.query.get('unsigned')).toBe('true'));
  });

  it('shows a refusal with its code, and takes a dropped file', async () => {
    const { user } = draw([plugin()], { 'POST /plugins/inspect': new Refusal(422, { code: 'package.bomb', message: '解压后远大于它的字节数', hint: '请不要安装' }) });
    await user.click(await button('安装连接器插件'));
    const box = await dialog();
    fireEvent.drop(within(box).getByText('选择安装包，或拖到这里'), { dataTransfer: { files: [file()] } });
    expect(await within(box).findByText('解压后远大于它的字节数')).toBeTruthy();
    expect(within(box).getByText('package.bomb')).toBeTruthy();
    expect(within(box).getByRole<HTMLButtonElement>('button', { name: '安装' }).disabled).toBe(true);
  });

  it('goes back after showing what that changes', async () => {
    const { log, user } = draw([plugin()], {
      'GET /plugins/depot/versions/1.0.0/effect': effect({ to: '1.0.0', changes: [], flows: [], elsewhere: 0 }), 'POST /plugins/depot/activate': plugin({ serves: '1.0.0' }),
    });
    await user.click(await button('换回 1.0.0'));
    const box = await dialog();
    expect(await within(box).findByText('接口、字段、设置和节点都没有变化')).toBeTruthy();
    await user.click(within(box).getByRole('button', { name: '启用' }));
    await waitFor(() => expect(log.find(({ path }) => path === '/plugins/depot/activate')?.body).toEqual({ version: '1.0.0' }));
  });

  it('pins, and removes only what nothing needs', async () => {
    const { log, user } = draw([plugin()], {
      'GET /plugins/depot/versions/1.1.0/effect': effect({ to: '1.1.0', changes: [] }), 'POST /plugins/depot/pin': plugin({ pinned: true }), 'DELETE /plugins/depot/versions/1.0.0': new Refusal(409, { code: 'package.in_use', message: '有 1 个连接器在使用', hint: '主账号' }),
    });
    await user.click(await button('固定版本'));
    const box = await screen.findByRole('dialog', { name: '把 仓库通 固定在 1.1.0' });
    expect(await within(box).findByText('由当前版本处理的方案')).toBeTruthy();
    expect(within(box).getByText('库存').closest('a')?.getAttribute('href')).toBe('/flows/f2');
    expect(within(box).queryByText('用到的内容有变化')).toBeNull();
    expect(log.some(({ method }) => method === 'POST')).toBe(false);
    await user.click(within(box).getByRole('button', { name: '固定版本' }));
    await waitFor(() => expect(log.find(({ path }) => path === '/plugins/depot/pin')?.body).toEqual({ pinned: true }));
    await user.click(await button('移除 1.0.0'));
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '移除' }));
    expect(await screen.findByText('有 1 个连接器在使用')).toBeTruthy();
    expect(screen.getByText('主账号')).toBeTruthy();
  });

  it('can only be looked at by whoever is no administrator', async () => {
    draw([plugin({ pinned: true })], { 'GET /session': { ...session, user: { ...session.user, role: 'editor' } } });
    expect(await screen.findByText('已固定')).toBeTruthy();
    for (const name of ['安装连接器插件', '取消固定', '换回 1.0.0', '移除 1.0.0']) expect(screen.queryByRole('button', { name })).toBeNull();
  });
});

describe('what comes with a plugin', () => {
  const README = `# 仓库通 {#main}

<script>document.title = 'broken'</script><img src="/api/v1/flows" onerror="x">

见 [设置](docs/setup.zh.md)、[外部](https://example.com/a)、[坏的](javascript:alert(1))、[下载](/api/v1/files)、[许可](LICENSE)、[节](#main)、[参考](/help/language)。

![秘密](https://example.com/track.png)

\`\`\`value
doc: {}
\`\`\`
`;
  const pages = [
    { id: 'README', kind: 'readme', title: '仓库通', text: README },
    { id: 'docs/setup', kind: 'guide', title: '安装步骤', text: '# 安装步骤\n\n回到[说明](../README.md)' },
    { id: 'CHANGELOG', kind: 'changelog', title: '', text: '', fault: { code: 'package.page_too_large', message: '页面太大', hint: '请缩短' } },
  ];
  const at = 'GET /plugins/depot/versions/1.1.0/pages';
  const openPlugin = (answers: Record<string, unknown>, place = '/plugins/depot', items = [plugin()]) => ({ log: serve({ 'GET /plugins': { items, next: '' }, ...answers }), ...open(place, ROUTES) });

  it('shows the icon as a picture, and something else where it breaks', async () => {
    draw([plugin(), plugin({ id: 'odd', title: { zh: '外来' }, icon: 'https://example.com/x.svg' })]);
    const picture = (await part()).querySelector('img');
    expect(picture?.getAttribute('src')).toBe('/api/v1/plugins/depot/versions/1.1.0/icon');
    expect(picture?.getAttribute('alt')).toBe('');
    fireEvent.error(picture as HTMLImageElement);
    await waitFor(async () => expect((await part()).querySelector('img')).toBeNull());
    expect((await screen.findByRole('region', { name: '外来' })).querySelector('img')).toBeNull();
  });

  it('is read without anything of it running or being asked for', async () => {
    const { address, user } = openPlugin({ [at]: { items: pages, next: '' } });
    const article = await screen.findByRole('article', undefined, { timeout: 4000 });
    expect(article.querySelector('script, img, [onerror], figure')).toBeNull();
    expect(article.textContent).not.toContain('<');
    expect(document.title).toBe('仓库通 · Karez');
    expect(article.querySelector('#main')).toBeNull();
    const links = Object.fromEntries(within(article).getAllByRole('link').map((link) => [link.textContent, link.getAttribute('href')]));
    expect(links).toEqual({ '#': '/plugins/depot#page-main', 设置: '/plugins/depot?page=docs%2Fsetup', 外部: 'https://example.com/a', 节: '/plugins/depot#page-main', 参考: '/help/language' });
    expect(within(article).getByRole('link', { name: '外部' }).getAttribute('rel')).toBe('noopener noreferrer');
    expect(within(article).getByRole('link', { name: '外部' }).getAttribute('target')).toBe('_blank');
    await user.click(within(article).getByRole('link', { name: '设置' }));
    expect(address()).toBe('/plugins/depot?page=docs%2Fsetup');
    expect(screen.getByRole('tab', { name: '安装步骤' }).getAttribute('aria-selected')).toBe('true');
    await user.click(await screen.findByRole('link', { name: '说明' }));
    expect(address()).toBe('/plugins/depot?page=README');
  });

  it('tells one page that can not be shown beside the others, by the keyboard', async () => {
    const { user } = openPlugin({ [at]: { items: pages, next: '' } });
    (await screen.findByRole('tab', { name: '说明' })).focus();
    await user.keyboard('{ArrowLeft}');
    expect((await screen.findByText('页面太大')).closest('[role="alert"]')).toBeTruthy();
    expect(screen.getByRole('tab', { name: '更新记录' })).toBe(document.activeElement);
  });

  it('shows a text as it is where it can not be drawn', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    openPlugin({ [at]: { items: [{ id: 'README', kind: 'readme', title: '', text: `${'>'.repeat(500)}deep` }], next: '' } });
    expect((await screen.findByText(/>>>>deep$/, undefined, { timeout: 4000 })).tagName).toBe('PRE');
  });

  it('has nothing to read, is gone, is refused, or can not be reached', async () => {
    openPlugin({ [at]: { items: [], next: '' } }, '/plugins/depot', [plugin({ nodes: [{ type: 'depot/weigh', title: { zh: '称重' } }] })]);
    expect(await screen.findByText('这个版本没有附带说明')).toBeTruthy();
    expect(screen.getByRole('link', { name: '称重' }).getAttribute('href')).toBe('/help/node-depot--weigh');
    cleanup();
    openPlugin({}, '/plugins/none');
    expect(await screen.findByText('没有安装这个插件')).toBeTruthy();
    cleanup();
    openPlugin({ [at]: new Refusal(403, { code: 'auth.forbidden', message: '没有权限' }) });
    expect(await screen.findByRole('heading', { name: '没有权限' })).toBeTruthy();
    cleanup();
    openPlugin({ [at]: () => { throw new TypeError('offline'); } });
    expect(await screen.findByText('连接不上服务器', undefined, { timeout: 8000 })).toBeTruthy();
  });

  it('is that of another version, too', async () => {
    const { user, address } = openPlugin({ [at]: { items: pages, next: '' }, 'GET /plugins/depot/versions/1.0.0/pages': { items: [{ id: 'README', kind: 'readme', title: '', text: '旧的' }], next: '' } });
    await user.selectOptions(await screen.findByRole('combobox', { name: '版本' }), '1.0.0');
    expect(await screen.findByText('旧的', undefined, { timeout: 4000 })).toBeTruthy();
    expect(address()).toBe('/plugins/depot?version=1.0.0');
  });
});

describe('where a link of a page leads', () => {
  const pages = [{ id: 'README' }, { id: 'docs' }, { id: 'docs/setup' }, { id: 'docs/a/deep' }];
  const to = (href: string, from = 'README') => leadsTo(href, from, pages, (id) => id);
  it('is another page that is there, or the reference', () => {
    expect([to('docs/setup.md'), to('./docs/setup.en.md#x'), to('docs/zh.md'), to('../setup.md', 'docs/a/deep'), to('../../readme.md', 'docs/a/deep'), to('/help/language#x')]).toEqual(['docs/setup', 'docs/setup', 'docs', 'docs/setup', 'README', '/help/language#x']);
  });
  it('is nothing else', () => {
    for (const href of ['', '../README.md', '/api/v1/files', '//example.com/x.md', '\\\\example.com\\x.md', 'data:text/html,x', 'docs/none.md', 'LICENSE', '/help/../api/v1/x', '?x=1']) expect(to(href), href).toBeUndefined();
  });
});

describe('the version that a pin is about', () => {
  it('is the newest package that starts, if it is not older than what serves', () => {
    const fault = { code: 'x.y', message: '' };
    expect(newest(plugin())).toBe('1.1.0');
    expect(newest(plugin({ serves: '1.0.0' }))).toBe('1.1.0');
    expect(newest(plugin({ versions: [version({ version: '1.2.0', active: false, fault }), version(), old] }))).toBe('1.1.0');
    expect(newest(plugin({ versions: [version({ version: '9.0.0', active: false, status: 'loose' }), version(), old] }))).toBe('1.1.0');
  });
});
