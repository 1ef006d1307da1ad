import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scene } from './scene';
import type { Run } from './kit';

const { server, amy } = await scene('market');
const { page } = amy;

interface Template { id: string; title: { zh: string }; systems: string[]; flows: number }
interface Detail extends Template { connections: { slot: string; connector: string; title: { zh: string } }[]; flowSlots: { alias: string; title: { zh: string } }[]; params: { key: string; title: { zh: string }; required: boolean; default?: unknown; type: string }[] }
interface Flow { id: string; title: string; blocking: number; problems: { code: string; blocking: boolean }[]; publishedVersion: number; enabled: boolean; document: { metadata: { labels?: Record<string, string> } } }
interface Connector { id: string; settings: { key: string; kind: string; required?: boolean; default?: string; secret?: boolean; options?: { value: string }[] }[] }

const { items: templates } = await server.api<{ items: Template[] }>('/templates');
const { items: connectors } = await server.api<{ items: Connector[] }>('/catalog/connectors');

/** A connection of every system that the templates join and that the demonstration has none of: invented accounts. */
async function connect() {
  const { items: have } = await server.api<{ items: { connector: string }[] }>('/connections');
  const missing = [...new Set(templates.flatMap(({ systems }) => systems))].filter((id) => !have.some(({ connector }) => connector === id));
  for (const id of missing) {
    const all = connectors.find((one) => one.id === id)?.settings ?? [];
    const given = all.filter(({ required, default: value }) => required === true && (value === undefined || value === ''));
    const valueOf = ({ kind, options }: Connector['settings'][number]): unknown => (kind === 'int' ? 1 : kind === 'bool' ? true : kind === 'url' ? 'http://127.0.0.1:9' : (options?.[0]?.value ?? 'invented'));
    const part = (secret: boolean) => Object.fromEntries(given.filter((one) => (one.secret === true) === secret).map((one) => [one.key, valueOf(one)]));
    await server.api('/connections', { method: 'POST', body: { name: `my-${id}`, connector: id, settings: part(false), secrets: part(true) } });
  }
}

test('the market is found, filtered and read', async () => {
  await connect();
  await amy.click('link', '方案市场');
  await page.getByText(`${String(templates.length)} 个模板`).waitFor();
  await amy.picture('market');
  expect(await amy.barriers()).toEqual([]);
  await page.getByRole('searchbox', { name: '按系统、单据或行业查找' }).fill('没有这样的');
  await page.getByText('没有符合的模板').waitFor();
  await amy.picture('market-none');
  await amy.click('button', '清除');
  await page.getByLabel('系统', { exact: true }).selectOption('maycur');
  const found = templates.filter(({ systems }) => systems.includes('maycur'));
  await page.getByText(`${String(found.length)} 个模板`).waitFor();
  await amy.click('link', found[0]?.title.zh ?? '');
  await page.getByRole('heading', { level: 1, name: found[0]?.title.zh ?? '' }).waitFor();
  for (const tab of [/^流程图/, '字段', '示例单据', '更新记录', '说明']) {
    await amy.click('tab', tab);
    expect(await amy.barriers()).toEqual([]);
    await amy.picture(`market-${String(tab).replace(/\W/g, '')}-${(await page.getByRole('tab', { selected: true }).textContent()) ?? ''}`);
  }
  expect(await amy.damage()).toEqual([]);
});

test.each(templates.map(({ id }) => [id]))('%s is copied', async (id) => {
  const template = await server.api<Detail>(`/templates/${id}`);
  await amy.goto(`/market/${id}`);
  await amy.click('button', '使用此模板');
  await page.getByRole('button', { name: '复制', exact: true }).waitFor();
  for (const { connector, title } of template.connections) {
    const choice = page.getByLabel(title.zh, { exact: true });
    if ((await choice.inputValue()) === '') await choice.selectOption({ index: 1 });
    expect(await choice.inputValue(), connector).not.toBe('');
  }
  // A flow that it works with: any will do for the copy.
  for (const { title } of template.flowSlots) await page.getByLabel(title.zh, { exact: true }).selectOption({ index: 1 });
  for (const { title, required, default: value, type } of template.params) {
    if (required && value === undefined) await page.getByLabel(`${title.zh} *`, { exact: true }).fill(type === 'int' || type === 'decimal' ? '1' : '101');
  }
  await amy.picture(`market-copy-${id}`);
  expect(await amy.barriers()).toEqual([]);
  await page.getByRole('button', { name: '复制', exact: true }).click();
  await page.getByText(`复制好了，共 ${String(template.flows)} 个方案`).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture(`market-copied-${id}`);
  const ids = new URL(page.url()).searchParams.get('made')?.split(',') ?? [];
  expect(ids).toHaveLength(template.flows);
  const made = await Promise.all(ids.map((one) => server.api<Flow>(`/flows/${one}`)));
  expect(made.map(({ title, problems }) => ({ title, problems: problems.filter(({ blocking }) => blocking) }))).toEqual(made.map(({ title }) => ({ title, problems: [] })));
  expect((await server.api<{ items: Flow[] }>('/flows?limit=200')).items.filter((one) => ids.includes(one.id)).map(({ blocking }) => blocking)).toEqual(ids.map(() => 0));
  expect(made.map(({ document }) => document.metadata.labels?.template)).toEqual(made.map(() => id));
});

test('a copy is tried with one document, and enabled; it runs', async () => {
  const id = 'jushuitan-refund-to-kingdee-return';
  await amy.goto(`/market/${id}/copy`);
  await page.getByRole('button', { name: '复制', exact: true }).waitFor();
  // A connection can be made on the way.
  await amy.click('button', /^新建聚水潭/);
  await page.getByRole('dialog').getByLabel(/名称/).first().waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('market-new-connection');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByLabel('聚水潭', { exact: true }).selectOption('jst');
  await page.getByRole('button', { name: '复制', exact: true }).click();
  await page.getByText('复制好了，共 1 个方案').waitFor();
  const flow = new URL(page.url()).searchParams.get('made') ?? '';
  await amy.click('button', '试一张单据');
  await page.waitForURL(`**/flows/${flow}/dry-run`);
  await page.getByText(/试了 1 张单据，没有写入任何数据/).waitFor();
  await page.goBack();
  await amy.click('button', '发布并启用');
  await page.getByText('已启用，会按计划运行').waitFor();
  await amy.picture('market-enabled');
  const { enabled, publishedVersion } = await server.api<Flow>(`/flows/${flow}`);
  expect([enabled, publishedVersion]).toEqual([true, 1]);
  const { id: run } = await server.api<Run>(`/flows/${flow}/runs`, { method: 'POST', body: {} });
  expect((await server.finished(run)).balanced).toBe(true);
});

test('flows become a template, which goes as a file and is copied again', async () => {
  const { items: flows } = await server.api<{ items: Flow[] }>('/flows?limit=200');
  const flow = flows.find(({ title }) => title.includes('退货')) ?? expect.fail('there is no flow');
  await amy.goto('/flows');
  await amy.click('button', `${flow.title} 的操作`);
  await amy.click('menuitem', '发布为模板');
  await page.getByText('可以发布').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('market-publish');
  expect(await amy.damage()).toEqual([]);

  // What looks like a credential stands against it, and so does an id that is there already.
  await page.getByRole('group', { name: '说明（Markdown）' }).getByLabel('中文').fill('密钥 sk-live-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c');
  await page.getByText(/处像是密钥或密码/).waitFor();
  expect(await page.getByRole('button', { name: '发布', exact: true }).isDisabled()).toBe(true);
  await amy.picture('market-publish-secret');
  await page.getByRole('group', { name: '说明（Markdown）' }).getByLabel('中文').fill('## 我们的退货\n\n同一套科目。');
  await page.getByLabel('标识', { exact: true }).fill('jushuitan-refund-to-kingdee-return');
  await page.getByRole('complementary').getByRole('alert').first().waitFor();
  await page.getByLabel('标识', { exact: true }).fill('our-returns');
  await page.getByRole('group', { name: '名称', exact: true }).getByLabel('中文').fill('我们的退货');
  await page.getByText('our-returns 1.0.0').waitFor();
  await amy.click('button', '发布');
  await page.getByRole('heading', { level: 1, name: '我们的退货' }).waitFor();
  await page.getByText('本空间', { exact: true }).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('market-own');

  // A next version; both can be looked at.
  await amy.click('button', '发布新版本');
  await page.getByRole('checkbox', { name: flow.title, exact: true }).first().check();
  await page.getByText('our-returns 1.0.1').waitFor();
  await page.getByRole('group', { name: '这一版更新了什么' }).getByLabel('中文').fill('说明更清楚');
  await page.getByText('our-returns 1.0.1').waitFor();
  await amy.click('button', '发布');
  await page.getByRole('heading', { level: 1, name: '我们的退货' }).waitFor();
  await page.getByLabel('版本', { exact: true }).selectOption('1.0.0');
  await page.waitForURL('**/market/our-returns?version=1.0.0');
  await page.getByLabel('版本', { exact: true }).selectOption('1.0.1');

  // Out as a file, gone, and in again.
  const [file] = await Promise.all([page.waitForEvent('download'), amy.click('button', '导出')]);
  expect(file.suggestedFilename()).toBe('our-returns-1.0.1.kzt');
  const path = await file.path();
  for (let left = 2; left > 0; left--) {
    await amy.click('button', '删除');
    await page.getByRole('alertdialog').getByRole('button', { name: '删除' }).click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  }
  await page.waitForURL('**/market');
  await page.getByLabel('来源', { exact: true }).selectOption('workspace');
  await page.getByText('没有符合的模板').waitFor();
  await amy.click('button', '清除');
  await amy.click('button', '导入');
  await page.getByRole('dialog').locator('input[type="file"]').setInputFiles({ name: 'broken.kzt', mimeType: 'application/zip', buffer: Buffer.from('PK not a package') });
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await amy.picture('market-import-refused');
  await page.getByRole('dialog').locator('input[type="file"]').setInputFiles({ name: file.suggestedFilename(), mimeType: 'application/zip', buffer: readFileSync(path) });
  await page.getByRole('dialog').getByRole('heading', { name: /我们的退货 1\.0\.1/ }).waitFor();
  expect(await page.getByRole('dialog').getByRole('button', { name: '导入', exact: true }).isDisabled()).toBe(true);
  await page.getByRole('dialog').getByRole('checkbox').check();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('market-import');
  await page.getByRole('dialog').getByRole('button', { name: '导入', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: '我们的退货' }).waitFor();
  await page.getByText('未签名', { exact: true }).waitFor();
  await amy.click('button', '使用此模板');
  await page.getByLabel('聚水潭', { exact: true }).or(page.getByLabel('jst', { exact: true })).first().waitFor();
  await page.getByRole('button', { name: '复制', exact: true }).click();
  await page.getByText('复制好了，共 1 个方案').waitFor();
});
