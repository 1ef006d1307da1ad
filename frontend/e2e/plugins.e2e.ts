import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.KAREZ_BIN ?? join(root, 'bin/karez');
const { server, amy, desk } = await scene('plugins');
const work = mkdtempSync(join(tmpdir(), 'karez-packages-'));
afterAll(() => { rmSync(work, { recursive: true, force: true }); });

interface Plugin { id: string; serves: string; versions: { version: string; status: string; active: boolean; fault?: { code: string } }[] }
const plugin = async () => (await server.api<{ items: Plugin[] }>('/plugins')).items.find(({ id }) => id === 'jushuitan');

/** The version of a shipped plugin, and a newer one whose text is as long. */
function versions(id: string): [own: string, next: string] {
  const own = /^version: (\S+)$/m.exec(readFileSync(join(root, 'plugins', id, 'manifest.yaml'), 'utf8'))?.[1] ?? '';
  return [own, own.replace(/^(\d+)\.\d/, '$1.9')];
}

const [own, next] = versions('jushuitan');

/** Makes the package of a newer version, changed in one place: the text in the program is as long as before. */
function pack(id: string, old: string, now: string, about: object, more: Record<string, string> = {}): string {
  const place = join(root, 'plugins', id);
  const was = readFileSync(join(place, 'manifest.yaml'));
  const [own, next] = versions(id);
  const is = Buffer.from(was.toString().replace(`version: ${own}`, `version: ${next}`).replace(old, now));
  const binary = readFileSync(join(dirname(program), 'plugins', id));
  const at = binary.indexOf(was);
  expect(at).toBeGreaterThan(0);
  expect(is.length).toBe(was.length);
  is.copy(binary, at);
  const folder = join(work, id);
  mkdirSync(join(folder, 'docs'), { recursive: true });
  writeFileSync(join(folder, 'manifest.yaml'), is);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
  cpSync(join(place, 'icon.svg'), join(folder, 'icon.svg'));
  for (const [name, text] of Object.entries(more)) writeFileSync(join(folder, name), text);
  writeFileSync(join(work, 'program'), binary, { mode: 0o700 });
  const out = join(work, `${id}-${next}.kzp`);
  const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  execFileSync(program, ['plugin', 'pack', folder, '--program', `${platform}=${join(work, 'program')}`, '--out', out]);
  return out;
}

/** What comes with the package: some of it is not meant well. */
const READ = {
  'README.md': '# Jushuitan\n\nThe refunds have another field.\n\n<script>karezHit = 1</script>\n\nSee [the changes](CHANGELOG.md).\n',
  'README.zh.md': '# 聚水潭\n\n退款单的字段改名。<b onclick="karezHit = 1">粗</b> <img src=x onerror="karezHit = 1">\n\n见[安装步骤](docs/setup.zh.md)，[点我](javascript:karezHit=1)。\n\n![图](https://example.com/track.png)\n\n| 字段 | 说明 |\n|---|---|\n| `shop_nama` | 店铺 |\n',
  'docs/setup.zh.md': '# 安装步骤\n\n1. 先申请应用键\n2. 再填写密钥\n',
  'CHANGELOG.md': '# Changes\n\n- shop_name is called shop_nama\n',
};

test('an administrator installs a version from a file, sees before what it changes, and goes back', async () => {
  const file = pack('jushuitan', '{field: shop_name,', '{field: shop_nama,', { publisher: '某公司研发部', permissions: { hosts: ['{address}'] } }, READ);
  await amy.click('button', /^账号/);
  await amy.click('menuitem', '连接器插件');
  await amy.page.waitForURL((url) => url.pathname === '/plugins');
  await amy.page.getByRole('table', { name: '聚水潭的版本' }).getByText('程序目录').first().waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('plugins');
  // What lies beside the program has its icon, which is drawn.
  const icon = amy.page.getByRole('region', { name: '聚水潭', exact: true }).locator('img').first();
  await expect.poll(() => icon.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);

  await amy.page.getByRole('main').getByRole('button', { name: '安装连接器插件' }).click();
  const box = amy.page.getByRole('dialog');
  await box.locator('input[type=file]').setInputFiles(file);
  await box.getByText('1 个方案可能无法继续运行').waitFor();
  await box.getByText('shop_name', { exact: false }).first().waitFor();
  expect(await box.getByRole('button', { name: '安装', exact: true }).isDisabled()).toBe(true);
  await amy.picture('plugins-inspect');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);
  await box.getByLabel('我知道它的来源，允许这一个安装包运行').check();
  await box.getByRole('button', { name: '安装', exact: true }).click();
  await box.waitFor({ state: 'detached' });
  await amy.page.getByRole('table', { name: '聚水潭的版本' }).getByText('未签名').waitFor();
  expect((await plugin())?.serves).toBe(next);
  await amy.picture('plugins-installed');

  // The running product works with it: the flow reads through the new version's process.
  const { id } = await server.api<{ id: string }>(`/flows/${demoFlow}/runs`, { method: 'POST', body: {} });
  expect((await server.finished(id)).state).toBe('done');

  // What was taken for a package and is none is told as such.
  writeFileSync(join(work, 'no.kzp'), 'words');
  await amy.page.getByRole('main').getByRole('button', { name: '安装连接器插件' }).click();
  await box.locator('input[type=file]').setInputFiles(join(work, 'no.kzp'));
  await box.getByText('安装包无法读取').waitFor();
  await box.getByRole('button', { name: '取消' }).click();

  // What comes with it is read, and does nothing.
  await amy.click('link', '聚水潭的说明文档');
  await amy.page.getByRole('article').getByText('退款单的字段改名').waitFor();
  expect(await amy.page.getByRole('article').locator('img, script, b').count()).toBe(0);
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);
  await amy.picture('plugin-readme');
  await amy.page.getByRole('article').getByRole('link', { name: '安装步骤' }).focus();
  await amy.page.keyboard.press('Enter');
  await amy.page.getByText('先申请应用键').waitFor();
  await amy.page.getByRole('tab', { name: '更新记录' }).click();
  await amy.page.getByText('shop_nama').waitFor();
  await amy.goto('/connectors');
  await expect.poll(() => amy.page.getByRole('article').locator('img').first().evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  await amy.picture('connections-icons');
  await amy.goto('/plugins');

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await bob.logIn();
  await bob.goto('/plugins');
  await bob.page.getByText('Unsigned').first().waitFor();
  await bob.picture('plugins-en');
  await bob.goto('/plugins/jushuitan');
  await bob.page.getByRole('article').getByText('The refunds have another field').waitFor();
  await bob.picture('plugin-readme-en');
  const wrong = [...await bob.barriers(), ...await bob.damage()];
  await bob.leave();
  expect(wrong).toEqual([]);

  await amy.click('button', `移除 ${next}`);
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '移除' }).click();
  await expect.poll(async () => (await plugin())?.serves).toBe(own);
});

test('a newer version of a node names the flows that have it, and the node has a page of the reference', async () => {
  const [, newer] = versions('units');
  const { id } = await desk.openCopy('按箱换算', (doc) => {
    doc.spec.nodes.push({ id: 'boxes', type: 'units/convert', settings: { to: '个', units: [{ unit: '箱', factor: '12' }] } });
    return doc;
  });
  await amy.goto(`/flows/${id}/design/boxes`);
  const tab = amy.page.waitForEvent('popup');
  const link = amy.page.getByRole('link', { name: /^单位换算的帮助/ });
  await link.focus();
  await amy.page.keyboard.press('Enter');
  const help = await tab;
  await help.getByRole('heading', { level: 1, name: '单位换算' }).waitFor();
  expect(new URL(help.url()).pathname).toBe('/help/node-units--convert');
  await help.getByRole('cell', { name: 'units[].factor' }).waitFor();
  await help.getByRole('link', { name: '数量换算与金额分摊' }).click();
  await help.getByRole('heading', { level: 1, name: '数量换算与金额分摊' }).waitFor();
  await help.close();
  await amy.goto('/help/node-units--convert');
  await amy.page.getByRole('article').locator('table').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('help-plugin-node');

  await amy.goto('/plugins');
  await amy.page.getByRole('main').getByRole('button', { name: '安装连接器插件' }).click();
  const box = amy.page.getByRole('dialog');
  await box.locator('input[type=file]').setInputFiles(pack('units', 'key: priceScale,', 'key: priceScalf,', {}));
  const row = box.getByRole('listitem').filter({ hasText: '按箱换算' });
  await row.getByText('用到的内容有变化').waitFor();
  expect(await row.textContent()).toContain('节点：convert');
  await box.getByRole('table').getByText('convert.priceScalf').waitFor();
  await amy.picture('plugins-inspect-nodes');
  await box.getByLabel('我知道它的来源，允许这一个安装包运行').check();
  await box.getByRole('button', { name: '安装', exact: true }).click();
  await box.waitFor({ state: 'detached' });

  // Pinning tells the flows that stay with it.
  await amy.page.getByRole('region', { name: '数量换算与金额分摊' }).getByRole('button', { name: '固定版本' }).click();
  await box.getByRole('listitem').filter({ hasText: '按箱换算' }).waitFor();
  await amy.picture('plugins-pin');
  await box.getByRole('button', { name: '固定版本' }).click();
  await box.waitFor({ state: 'detached' });
  await amy.page.getByRole('region', { name: '数量换算与金额分摊' }).getByText('已固定').waitFor();

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await bob.logIn();
  await bob.goto('/help/node-units--convert');
  await bob.page.getByRole('heading', { level: 1, name: 'Convert units' }).waitFor();
  await bob.page.getByRole('article').getByText(newer).waitFor();
  await bob.picture('help-plugin-node-en');
  const wrong = [...await bob.barriers(), ...await bob.damage()];
  await bob.leave();
  expect(wrong).toEqual([]);
});
