import { expect, test } from 'vitest';
import { demoFlow, type Run } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('hostile');

const HTML = '"><img src=x onerror="globalThis.karezHit=1"><script>globalThis.karezHit=1</script><a href="javascript:karezHit=1">x</a>{{7*7}}';
const LONG = 'W'.repeat(10_000);
/** As long as a name may be. */
const NAME = (HTML + LONG).slice(0, 190);

interface Named {
  id: string;
  number?: string;
}
let flow: Named;
let document: Named;

/** Opens a page, lets it settle, and judges it. */
async function judge(path: string, picture: string, sees: string): Promise<void> {
  await amy.goto(path);
  await amy.page.locator('main').waitFor();
  await amy.page.getByText(sees).filter({ visible: true }).first().waitFor();
  await amy.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await amy.picture(`hostile-${picture}`);
  expect(await amy.damage()).toEqual([]);
}

const START = '"><img src=x';

test('a name that is typed in', async () => {
  await amy.goto('/flows');
  await amy.click('button', `新建方案`);
  await amy.page.getByRole('dialog').getByRole('textbox').fill(HTML);
  await amy.click('button', '创建并打开设计器');
  await amy.page.getByRole('toolbar').first().waitFor();
  await amy.picture('hostile-designer-new');
  expect(await amy.damage()).toEqual([]);
  const refused = await server.api('/flows', { method: 'POST', body: { title: HTML + LONG } }).catch((e: unknown) => String(e));
  expect(refused).toContain('flow.name_too_long');
});

test('names, notes and tokens of full length', async () => {
  flow = await server.api<Named>(`/flows/${demoFlow}/copy`, { method: 'POST', body: { title: NAME } });
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: (HTML + LONG).slice(0, 500) } });
  await server.api('/connections', { method: 'POST', body: { name: `${START} ${'长'.repeat(170)}`, connector: 'jushuitan', settings: { address: server.demo.sandboxes.jushuitan, appKey: HTML + LONG }, secrets: { appSecret: 'x' } } });
  await server.api('/tokens', { method: 'POST', body: { name: NAME, role: 'viewer' } });
  await judge('/flows', 'flows', START);
  await judge(`/flows/${flow.id}/design`, 'designer', '销售退货单');
  await judge(`/flows/${flow.id}/docs`, 'flow-documents', '数据管理');
  await judge('/connectors', 'connections', START);
  await amy.click('button', new RegExp(`^测试连接 ${START}`));
  await amy.page.getByRole('article').getByRole('alert').waitFor();
  expect(await amy.damage()).toEqual([]);
  await judge(`/connectors?edit=${encodeURIComponent(`${START} ${'长'.repeat(170)}`)}`, 'connection', START);
  await judge('/tokens', 'tokens', START);
});

test('what is written into a document, and what the vendor answers to it', async () => {
  const { items } = await server.api<{ items: Named[] }>('/documents?attention=true');
  document = items[0] ?? { id: '' };
  const detail = await server.api<{ source: { items: object[] } }>(`/documents/${document.id}`);
  const hostile = { ...detail.source, remark: HTML + LONG, [HTML]: { [LONG]: HTML }, items: detail.source.items.map((line) => ({ ...line, sku_id: HTML + LONG, name: HTML })) };
  await amy.goto(`/docs/${document.id}`);
  await amy.click('button', '修改来源');
  await amy.page.locator('.cm-content').last().click();
  await amy.page.keyboard.press('ControlOrMeta+a');
  await amy.page.keyboard.insertText(JSON.stringify(hostile));
  await amy.picture('hostile-editor');
  expect(await amy.damage()).toEqual([]);
  await amy.click('button', '保存并重试');
  await amy.page.getByRole('dialog').waitFor({ state: 'detached' });
  const message = async () => (await server.api<{ problem?: { message: string } }>(`/documents/${document.id}`)).problem?.message ?? '';
  // The vendor repeats the code it does not know.
  await expect.poll(message).toContain(START);

  await judge(`/docs/${document.id}`, 'document', START);
  for (const tab of ['映射后', '响应', '回写', '差异']) {
    await amy.click('tab', tab);
    await amy.page.getByRole('tabpanel').locator('[role="tree"], p, .cm-mergeView').first().waitFor();
    expect(await amy.damage()).toEqual([]);
  }
  await amy.picture('hostile-document-diff');
  await judge('/docs', 'documents', START);
  await judge('/', 'home', START);
});

test('a note on a document that is let go', async () => {
  await amy.goto(`/docs/${document.id}`);
  await amy.click('button', '跳过');
  await amy.page.getByLabel('原因').fill(HTML);
  await amy.click('button', '跳过这张单据');
  await amy.page.getByText('已跳过').first().waitFor();
  await amy.page.getByRole('dialog').waitFor({ state: 'detached' });
  await amy.picture('hostile-skipped');
  expect(await amy.damage()).toEqual([]);
});

test('a system that answers with a page of HTML', async () => {
  await fetch(`${server.demo.sandboxes['kingdee-k3cloud'] ?? ''}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ faults: [{ path: 'BatchSave', kind: 'html' }] }) });
  const { id } = await server.api<{ id: string }>(`/flows/${flow.id}/runs`, { method: 'POST', body: {} });
  const run: Run = await server.finished(id);
  expect(run.state).toBe('done');
  await judge(`/runs/${id}`, 'run', START);
  await judge('/runs', 'runs', START);
  await judge(`/docs?flow=${flow.id}`, 'documents-html', START);
  const { items } = await server.api<{ items: Named[] }>(`/documents?flow=${flow.id}&attention=true`);
  expect(items.length).toBeGreaterThan(0);
  await judge(`/docs/${items[0]?.id ?? ''}`, 'document-html', START);
  await amy.click('tab', '响应');
  await amy.picture('hostile-document-html-answer');
  expect(await amy.damage()).toEqual([]);
});
