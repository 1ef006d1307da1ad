import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.KAREZ_BIN ?? join(root, 'bin/karez');
const { server, amy } = await scene('plugins');
const work = mkdtempSync(join(tmpdir(), 'karez-packages-'));
afterAll(() => { rmSync(work, { recursive: true, force: true }); });

interface Plugin { id: string; serves: string; versions: { version: string; status: string; active: boolean; fault?: { code: string } }[] }
const plugin = async () => (await server.api<{ items: Plugin[] }>('/plugins')).items.find(({ id }) => id === 'jushuitan');

const place = join(root, 'plugins/jushuitan');
const was = readFileSync(join(place, 'manifest.yaml'));
const own = /^version: (\S+)$/m.exec(was.toString())?.[1] ?? '';
const next = own.replace(/^(\d+)\.\d/, '$1.9');

/** Makes the package of a newer version, whose refunds lack a field: the text in the program is as long as before. */
function pack(): string {
  const text = was.toString().replace(`version: ${own}`, `version: ${next}`).replace('{field: shop_name,', '{field: shop_nama,');
  const is = Buffer.from(text);
  const binary = readFileSync(join(dirname(program), 'plugins/jushuitan'));
  const at = binary.indexOf(was);
  expect(at).toBeGreaterThan(0);
  is.copy(binary, at);
  const folder = join(work, 'jushuitan');
  mkdirSync(folder);
  writeFileSync(join(folder, 'manifest.yaml'), is);
  writeFileSync(join(folder, 'package.json'), '{"publisher":"某公司研发部","permissions":{"hosts":["{address}"]}}');
  cpSync(join(place, 'icon.svg'), join(folder, 'icon.svg'));
  writeFileSync(join(work, 'program'), binary, { mode: 0o700 });
  const out = join(work, `jushuitan-${next}.kzp`);
  const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  execFileSync(program, ['plugin', 'pack', folder, '--program', `${platform}=${join(work, 'program')}`, '--out', out]);
  return out;
}

test('an administrator installs a version from a file, sees before what it changes, and goes back', async () => {
  const file = pack();
  await amy.click('button', /^账号/);
  await amy.click('menuitem', '连接器插件');
  await amy.page.waitForURL((url) => url.pathname === '/plugins');
  await amy.page.getByRole('table', { name: '聚水潭的版本' }).getByText('程序目录').first().waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('plugins');

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

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await bob.logIn();
  await bob.goto('/plugins');
  await bob.page.getByText('Unsigned').first().waitFor();
  await bob.picture('plugins-en');
  const wrong = [...await bob.barriers(), ...await bob.damage()];
  await bob.leave();
  expect(wrong).toEqual([]);

  await amy.click('button', `移除 ${next}`);
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '移除' }).click();
  await expect.poll(async () => (await plugin())?.serves).toBe(own);
});
