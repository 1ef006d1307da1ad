import { expect, test } from 'vitest';
import { type Doc } from './designer.kit';
import { scene } from './scene';

const { amy, desk } = await scene('tests');

const good = 'function transform(doc, ctx) {\n  return {no: doc.so_id, lines: doc.items.length};\n}\n';
const bad = 'function transform(doc, ctx) {\n  return {no: doc.nobody.name};\n}\n';

/** The shipped flow with a script before the mapping, without the tests that are kept with it. */
const scripted = ({ spec, ...doc }: Doc): Doc => ({
  ...doc,
  spec: {
    ...spec,
    tests: [],
    nodes: [...spec.nodes, { id: 'code', type: 'script', settings: { code: good } }],
    edges: spec.edges.flatMap((edge) => (edge.to === 'bill' ? [{ from: edge.from, to: 'code' }, { from: 'code', to: 'bill' }] : [edge])),
  },
});

const tab = (name: RegExp) => desk.page.getByRole('tab', { name });
const sum = () => desk.page.locator('[role="status"]').filter({ hasText: '个测试' });
/** Puts a text into an editor of code, as a paste does: nothing is completed in it. */
async function write(label: string, text: string): Promise<void> {
  await desk.page.getByRole('textbox', { name: label, exact: true }).click();
  await desk.page.keyboard.press('ControlOrMeta+a');
  await desk.page.keyboard.press('Delete'); // a browser would carry the style of what it replaces
  await desk.page.keyboard.insertText(text);
}

test('a test is kept of a sample, fails at the field or the line, and passes again', async () => {
  const flow = await desk.openCopy('tests', scripted);
  const { page } = desk;
  await desk.sheet('code');
  await page.getByRole('button', { name: /从「退货退款查询」取样例/ }).click();
  await page.getByText(/^1 \/ \d+$/).waitFor();
  await tab(/^测试$/).click();
  await page.getByText(/还没有测试/).waitFor();
  await amy.picture('node-tests-none');
  await page.getByRole('button', { name: '用当前样例添加' }).click();
  await sum().getByText('1 个测试全部通过').waitFor();

  // Another result is shown field by field.
  await tab(/^参数/).click();
  await write('脚本', good.replace('doc.items.length', '0'));
  await tab(/^测试 1$/).click();
  await page.keyboard.press('ControlOrMeta+Enter');
  await sum().getByText('1 个测试中有 1 个没有通过').waitFor();
  await page.getByRole('rowheader', { name: 'lines', exact: true }).waitFor();
  expect(await page.getByRole('table').getByRole('row').count()).toBe(2);
  await amy.picture('node-tests-differ');

  // A failure stands at its line in the editor, and in the test.
  await tab(/^参数/).click();
  await write('脚本', bad);
  await page.locator('.cm-lint-marker-error').waitFor();
  expect(await page.locator('.cm-lintRange-error').textContent()).toContain('name');
  await amy.picture('script-failed-line');
  await tab(/^测试/).click();
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.getByRole('alert').filter({ hasText: '脚本第 2 行' }).and(page.locator('li p')).waitFor();

  // Undone, it passes again; what a run said of other code is forgotten.
  await tab(/^参数/).click();
  await write('脚本', good);
  await tab(/^测试/).click();
  await page.getByRole('img', { name: '还没有运行' }).waitFor();
  await page.getByRole('button', { name: '全部运行' }).click();
  await sum().getByText('1 个测试全部通过').waitFor();

  await page.getByRole('button', { name: '删除测试 测试' }).click();
  await page.getByText(/还没有测试/).waitFor();
  await page.getByRole('button', { name: /^撤销/ }).click();
  await page.getByRole('textbox', { name: '测试的名称' }).waitFor();
  await desk.save();
  expect((await desk.spec(flow.id)).tests).toMatchObject([{ name: '测试', node: 'code', expect: { outputs: [{ body: { no: expect.any(String) as string } }] } }]);
});

test('a test is written by hand, with the keyboard, and keeps every digit', async () => {
  const flow = await desk.openCopy('digits', scripted);
  const { page } = desk;
  await desk.sheet('code');
  await write('脚本', 'function transform(doc) {\n  return {id: doc.id};\n}\n');
  await tab(/^参数/).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByText(/还没有测试/).waitFor();
  await page.keyboard.press('Tab'); // past what runs them: there is nothing to run yet
  await page.keyboard.press('Enter');
  await write('单据', '{"id": 12345678901234567890.10}');
  await write('期望的结果', '{"outputs": [{"body": {"id": 12345678901234567890.1}}]}');
  await page.keyboard.press('ControlOrMeta+Enter');
  await sum().getByText('1 个测试中有 1 个没有通过').waitFor();
  expect(await page.locator('td code').allTextContents()).toEqual(['12345678901234567890.1', '12345678901234567890.10']);
  await page.getByRole('button', { name: '以实际结果为准' }).click();
  await page.getByRole('button', { name: '全部运行' }).click();
  await sum().getByText('1 个测试全部通过').waitFor();
  await amy.picture('node-tests-passed');
  await desk.save();
  const { tests } = await desk.spec(flow.id);
  expect(tests).toHaveLength(1);
});
