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
