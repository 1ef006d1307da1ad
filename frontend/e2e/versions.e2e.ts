import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('versions');

interface Drawn { etag: string; publishedVersion: number; draftVersion: number; document: { spec: { triggers: object[]; nodes: { id: string; title?: string; connection?: string; settings: { fields?: { field: string; value?: string }[] } }[] } } }
interface History { items: { no: number; author: string; note: string; from?: number; hash: string; newest: boolean }[]; dirty: boolean }

const flow = () => server.api<Drawn>(`/flows/${demoFlow}`);
const history = () => server.api<History>(`/flows/${demoFlow}/versions`);

/** Changes the draft behind the page's back, as another tab does. */
async function draft(change: (document: Drawn['document']) => void): Promise<void> {
  const { etag, document } = await flow();
  change(document);
  await server.api(`/flows/${demoFlow}`, { method: 'PUT', body: { document }, headers: { 'If-Match': etag } });
}

const node = (document: Drawn['document'], id: string) => document.spec.nodes.find((one) => one.id === id) ?? expect.fail(`no node ${id}`);

async function openPublish(who = amy, words = '发布') {
  await who.goto(`/flows/${demoFlow}/design`);
  await who.page.getByRole('button', { name: words, exact: true }).click();
  return who.page.getByRole('dialog');
}

test('a version is published past its gate, compared, and gone back to', async () => {
  const first = (await flow()).publishedVersion;
  const connection = node((await flow()).document, 'k3').connection ?? expect.fail('no connection');

  // What blocks keeps the gate shut, and the dialog says what and where.
  await draft((document) => { node(document, 'k3').connection = 'nowhere'; });
  let dialog = await openPublish();
  await dialog.getByText(/有 \d+ 个问题必须先解决/).waitFor();
  await dialog.getByText('nowhere').first().waitFor();
  expect(await dialog.getByRole('button', { name: '发布', exact: true }).isDisabled()).toBe(true);
  await amy.picture('versions-gate');
  await dialog.getByRole('button', { name: '查看问题' }).click();

  // A warning does not; what differs is told by the names of fields.
  await draft((document) => {
    node(document, 'k3').connection = connection;
    const fields = node(document, 'bill').settings.fields ?? expect.fail('no fields');
    for (const row of fields) if (row.field === 'FHeadNote') row.value = '退货 {{remark}}';
    fields.push({ field: 'FNobodyKnows', value: '1' });
  });
  dialog = await openPublish();
  await dialog.getByText(/有 \d+ 条提醒，不影响发布/).waitFor();
  const differs = dialog.getByRole('group', { name: '与已发布版本的不同之处' });
  await differs.getByText('退货 {{remark}}').waitFor();
  expect(await differs.getByText('字段 · 备注').count()).toBe(1);
  await differs.getByText('fields.FNobodyKnows').waitFor();
  await amy.picture('versions-publish');
  expect(await amy.barriers()).toEqual([]);
  await dialog.getByRole('textbox', { name: '说明' }).fill('备注带上退货二字');
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await amy.page.getByText(`已发布为版本 ${String(first + 1)}`).waitFor();

  await draft((document) => { document.spec.triggers = [{ schedule: '0 2 * * *' }, { manual: true }]; });
  dialog = await openPublish();
  await dialog.getByText('每天 02:00').waitFor();
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await amy.page.getByText(`已发布为版本 ${String(first + 2)}`).waitFor();

  // Who published what, and how any two differ.
  await amy.click('link', /^版本 \d+$/);
  await amy.page.waitForURL((url) => url.pathname === `/flows/${demoFlow}/versions`);
  const table = amy.page.getByRole('table', { name: '版本列表' });
  await table.getByText('备注带上退货二字').waitFor();
  expect(await table.getByRole('row').count()).toBe(first + 3);
  const part = amy.page.getByRole('region', { name: '对比' });
  await part.getByText('每天 02:00').waitFor();
  await part.getByRole('combobox', { name: '从' }).selectOption(String(first));
  await part.getByText('退货 {{remark}}').waitFor();
  await amy.page.waitForURL((url) => url.searchParams.get('from') === String(first));
  await amy.picture('versions');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  // Back to the first in one click; the dialog says what becomes of the draft.
  await amy.click('button', `回滚：版本 ${String(first)}`);
  dialog = amy.page.getByRole('dialog', { name: `回滚到版本 ${String(first)}` });
  await dialog.getByText('草稿怎么办').waitFor();
  await dialog.getByRole('radio', { name: /保留草稿/ }).check();
  await dialog.getByRole('region', { name: '回滚后的变化' }).getByText('fields.FNobodyKnows').waitFor();
  await amy.picture('versions-rollback');
  expect(await amy.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: '回滚', exact: true }).click();
  await amy.page.getByText(`已把版本 ${String(first)} 重新发布为版本 ${String(first + 3)}`).waitFor();
  await table.getByText(`回滚自版本 ${String(first)}`).waitFor();
  await table.getByText('草稿', { exact: true }).waitFor();
  const told = await history();
  expect(told.items[0]).toMatchObject({ no: first + 3, from: first, author: 'amy', newest: true });
  expect(told.items[0]?.hash).toBe(told.items.find(({ no }) => no === first)?.hash);
  expect(told.dirty).toBe(true);

  // An old version is looked at on the diagram, and nothing of it is saved.
  await amy.click('button', `版本 ${String(first + 1)} 的更多操作`);
  await amy.click('menuitem', '在流程图上查看');
  await amy.page.getByText(`版本 ${String(first + 1)}（只读）`).waitFor();
  expect(await amy.page.getByRole('button', { name: '发布', exact: true }).count()).toBe(0);
  await amy.picture('versions-old');
  expect(await amy.barriers()).toEqual([]);

  // What the customer gets.
  await amy.goto(`/flows/${demoFlow}/versions`);
  await amy.click('button', '映射文档');
  const [file] = await Promise.all([amy.page.waitForEvent('download'), amy.click('menuitem', '映射文档（Markdown）')]);
  const text = readFileSync(await file.path(), 'utf8');
  expect(text).toContain('| 字段 | 字段名称 | 类型 | 配置值 |');
  expect(text).toContain('| FHeadNote | 备注 | string | {{remark}} |');
  expect(text).toContain(told.items[0]?.hash ?? 'none');
  await amy.click('button', '映射文档');
  const [book] = await Promise.all([amy.page.waitForEvent('download'), amy.click('menuitem', '映射文档（Excel）')]);
  expect(book.suggestedFilename()).toMatch(/\.xlsx$/);
  expect(readFileSync(await book.path()).subarray(0, 2).toString()).toBe('PK');

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark', width: 1180 });
  await bob.logIn();
  await bob.goto(`/flows/${demoFlow}/versions?from=${String(first)}&to=${String(first + 2)}`);
  await bob.page.getByRole('region', { name: 'Compare' }).getByText('Every day at 02:00').waitFor();
  await bob.picture('versions-en');
  const found = [...(await bob.barriers()), ...(await bob.damage())];
  await bob.leave();
  expect(found).toEqual([]);
});
