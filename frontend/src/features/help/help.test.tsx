import { readFileSync } from 'node:fs';
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { HelpPage as Page, HelpTitle } from '../../shared/api/types';
import { open, Refusal, serve } from '../../shared/testing/render';
import HelpPage from './HelpPage';
import { isExample, readExample, readResult } from '../../shared/markdown/example';
import { search } from './model/search';

const titles: HelpTitle[] = [
  { id: 'first-steps', chapter: 'start', title: '上手步骤', headings: [{ level: 2, id: 'connect', title: '接通两个系统' }, { level: 2, id: 'map', title: '映射字段' }] },
  { id: 'node-filter', chapter: 'nodes', title: '过滤', headings: [{ level: 2, id: 'settings', title: '设置' }] },
  { id: 'language', chapter: 'language', title: '值语言', headings: [{ level: 2, id: 'paths', title: '路径' }, { level: 3, id: 'lines', title: '明细行里的名字' }, { level: 2, id: 'order', title: '计算的顺序' }] },
];
const text = `# 值语言 {#language}

<script>document.title = 'broken'</script>

见 <b onclick="x">[过滤](/help/node-filter#settings)</b>。

## 路径 {#paths}

| 写法 | 含义 |
|---|---|
| \`a.b\` | 下一层 |

\`\`\`value
doc: {"a": {"b": 1},
  "c": "=> 2"}
{{a.b}} => 1
{{x}} => nothing
{{a => error value.syntax 1:1
\`\`\`

### 明细行里的名字 {#lines}

\`\`\`mapping
flow banks: []
doc: {}
rows: [{"field": "f"}]
result: waits
\`\`\`

## 计算的顺序 {#order}

\`\`\`js
return doc;
\`\`\`
`;
const page = (of: HelpTitle, body: string): Page => ({ ...of, text: body });
const base = {
  'GET /help': { items: titles, next: '' },
  'GET /help/first-steps': page(titles[0] as HelpTitle, '# 上手步骤 {#first-steps}\n\n## 接通两个系统 {#connect}\n\n打开连接器。\n'),
  'GET /help/node-filter': page(titles[1] as HelpTitle, '# 过滤 {#node-filter}\n\n## 设置 {#settings}\n'),
  'GET /help/language': page(titles[2] as HelpTitle, text),
  'GET /help/none': new Refusal(404, { code: 'object.missing', message: '没有' }),
};
const ROUTES = [{ path: '/help', element: <HelpPage /> }, { path: '/help/:page', element: <HelpPage /> }];

describe('the reference', () => {
  it('opens with its first page and lists all by chapter', async () => {
    serve(base);
    open('/help', ROUTES);
    expect(await screen.findByRole('heading', { level: 1, name: '上手步骤' })).toBeTruthy();
    const contents = within(screen.getByRole('navigation', { name: '目录' }));
    expect(contents.getAllByRole('heading', { level: 2 }).map((one) => one.textContent)).toEqual(['入门', '节点', '值语言']);
    expect(contents.getByRole('link', { name: '值语言' }).getAttribute('href')).toBe('/help/language');
    expect(document.title).toBe('上手步骤 · Karez');
    expect(screen.getByRole('link', { name: /下一页/ }).getAttribute('href')).toBe('/help/node-filter');
  });

  it('searches titles and sections', async () => {
    serve(base);
    const { user } = open('/help', ROUTES);
    const contents = within(await screen.findByRole('navigation', { name: '目录' }));
    await user.type(contents.getByRole('searchbox', { name: '搜索标题和小节' }), '明细');
    expect(contents.getByRole('status').textContent).toBe('1 处匹配');
    expect(contents.queryByRole('link', { name: '过滤' })).toBeNull();
    await user.click(contents.getByRole('link', { name: '明细行里的名字' }));
    await waitFor(() => expect(document.activeElement?.id).toBe('lines'));
    await user.type(contents.getByRole('searchbox'), 'xyz');
    expect(contents.getByRole('status').textContent).toBe('没有匹配的标题');
  });

  it('goes to the section of the address, and shows no HTML', async () => {
    serve(base);
    open('/help/language#order', ROUTES);
    const heading = await screen.findByRole('heading', { level: 2, name: /^计算的顺序/ });
    expect(heading.id).toBe('order');
    await waitFor(() => expect(document.activeElement).toBe(heading));
    expect(heading.textContent).not.toContain('{#');
    const article = screen.getByRole('article');
    expect(article.querySelector('script, b, [onclick]')).toBeNull();
    expect(article.textContent).not.toContain('<');
    expect(document.title).toBe('值语言 · Karez');
    expect(within(article).getByRole('table')).toBeTruthy();
    expect(within(article).getByRole('link', { name: '过滤' }).getAttribute('href')).toBe('/help/node-filter#settings');
    expect(screen.getByRole('link', { name: '指向“路径”的链接' }).getAttribute('href')).toBe('/help/language#paths');
  });

  it('shows what goes in and what comes out, to be copied', async () => {
    serve(base);
    const { user } = open('/help/language', ROUTES);
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const [first, second] = (await screen.findAllByRole('figure', { name: '例子' })) as [HTMLElement, HTMLElement];
    const parts = within(first);
    expect(parts.getByText('单据')).toBeTruthy();
    expect(parts.getByText('没有值')).toBeTruthy();
    expect(parts.getByText('value.syntax 1:1')).toBeTruthy();
    await user.click(parts.getAllByRole('button', { name: '复制代码' })[0] as HTMLElement);
    expect(copied).toHaveBeenLastCalledWith('{{a.b}}');
    expect(await parts.findByText('已复制')).toBeTruthy();
    expect(within(second).getByText('方案 banks 的单据')).toBeTruthy();
    expect(within(second).getByText('等待')).toBeTruthy();
    await user.click(within(second).getByRole('button', { name: '复制代码' }));
    expect(copied).toHaveBeenLastCalledWith('[{"field": "f"}]');
    await user.click(screen.getAllByRole('button', { name: '复制代码' }).at(-1) as HTMLElement);
    expect(copied).toHaveBeenLastCalledWith('return doc;\n');
  });

  it('says that a page is not there, beside the others', async () => {
    serve(base);
    open('/help/none', ROUTES);
    expect(await screen.findByText('找不到')).toBeTruthy();
    expect(screen.getByRole('link', { name: '过滤' })).toBeTruthy();
  });
});

describe('an example', () => {
  it('is taken apart as the tests of the pages do', () => {
    for (const language of ['zh', 'en']) {
      const source = readFileSync(`../engine/value/docs/language.${language}.md`, 'utf8');
      const blocks = [...source.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, kind]) => isExample(kind ?? ''));
      expect(blocks.length).toBeGreaterThan(60);
      for (const [, , body] of blocks) {
        const { members, cases } = readExample(body ?? '');
        const keys = members.map(({ key }) => key);
        expect(cases.length > 0 || keys.includes('result'), body).toBe(true);
        for (const one of cases) expect(one.result.trim(), body).not.toBe('');
        expect(cases.every(({ input }) => input !== ''), body).toBe(true);
      }
    }
  });

  it('tells values from what is none', () => {
    expect(readResult('{"a": 1}')).toEqual({ tone: 'value', detail: '{"a": 1}' });
    expect([readResult('nothing').tone, readResult('waits').tone]).toEqual(['nothing', 'waits']);
    expect(readResult('error function.unknown 1:1')).toEqual({ tone: 'error', detail: 'function.unknown 1:1' });
  });
});

describe('search', () => {
  it('finds pages by their title and their sections', () => {
    expect(search(titles, '过滤').map(({ page: { id } }) => id)).toEqual(['node-filter']);
    expect(search(titles, 'LINES')[0]?.headings.map((one) => one.id)).toEqual(['lines']);
  });
});
