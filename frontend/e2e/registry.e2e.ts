import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { demoFlow, Server, shipped } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('registry');
const { page } = amy;

/** Publishes the shipped flow as a template and takes it away again; what stays is its package. */
async function packed(dir: string, id: string, zh: string): Promise<string> {
  await server.api('/templates', { method: 'POST', body: { flows: [demoFlow], id, title: { zh, en: id } } });
  const answer = await fetch(`${server.demo.url}/api/v1/templates/${id}/package`, { headers: { Authorization: `Bearer ${server.demo.api_token}` } });
  const place = join(dir, `${id}-1.0.0.kzt`);
  writeFileSync(place, Buffer.from(await answer.arrayBuffer()));
  await server.api(`/templates/${id}`, { method: 'DELETE' });
  return place;
}

test('templates of a private registry are taken: signed at once, unsigned when allowed, altered never', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'karez-registry-'));
  onTestFinished(() => { rmSync(dir, { recursive: true, force: true }); });
  const [signed, , altered] = [await packed(dir, 'signed-returns', '有签名的退货'), await packed(dir, 'plain-returns', '没签名的退货'), await packed(dir, 'altered-returns', '被改过的退货')];
  const key = join(dir, 'acme.key');
  await Server.command('plugin', 'key', 'new', '--name', 'Acme', '--out', key);
  await Server.command('template', 'sign', signed, '--key', key);
  await Server.command('template', 'sign', altered, '--key', key);
  await Server.command('template', 'index', dir);
  const file = readFileSync(altered);
  file[file.length - 60] = (file[file.length - 60] ?? 0) ^ 1;
  writeFileSync(altered, file);

  await amy.goto('/market');
  await page.getByText(/个模板$/).waitFor();
  expect(await page.getByRole('region', { name: '私有仓库' }).count()).toBe(0);
  await server.halt();
  await Server.command('plugin', 'key', 'trust', `${key}.pub`, '--data', server.data);
  await server.serve('--templates-from', dir);
  await amy.goto('/market');
  const registry = page.getByRole('region', { name: '私有仓库' });
  const entry = (title: string) => registry.getByRole('row', { name: new RegExp(title) });
  await entry('没签名的退货').getByText('未签名').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await registry.scrollIntoViewIfNeeded();
  await amy.picture('market-registry');

  await entry('有签名的退货').getByRole('button', { name: '获取' }).click();
  await page.waitForURL('**/market/signed-returns');
  await page.getByRole('heading', { level: 1, name: '有签名的退货' }).waitFor();
  await amy.goto('/market');
  expect(await entry('有签名的退货').getByRole('button', { name: '获取' }).count()).toBe(0);
  await entry('有签名的退货').getByRole('link', { name: '1.0.0' }).waitFor();

  await entry('没签名的退货').getByRole('button', { name: '获取' }).click();
  const question = page.getByRole('alertdialog');
  await question.getByText(/获取没有签名的/).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('market-registry-unsigned');
  await question.getByRole('button', { name: '获取' }).click();
  await page.waitForURL('**/market/plain-returns');

  await amy.goto('/market');
  await entry('被改过的退货').getByRole('button', { name: '获取' }).click();
  await page.getByRole('alertdialog').or(page.getByRole('dialog')).first().waitFor();
  await amy.picture('market-registry-altered');
  expect(await amy.barriers()).toEqual([]);
  await page.keyboard.press('Escape');
  await amy.goto('/market/altered-returns');
  await page.getByText('找不到', { exact: true }).waitFor();
  expect(await amy.damage()).toEqual([]);
});

test('a template whose connector is not installed says so, and where to install it', async () => {
  const connectors = mkdtempSync(join(tmpdir(), 'karez-connectors-'));
  onTestFinished(() => { rmSync(connectors, { recursive: true, force: true }); });
  for (const name of readdirSync(shipped)) if (name !== 'maycur') symlinkSync(join(shipped, name), join(connectors, name));
  await server.halt();
  await server.serve('--plugins', connectors);
  const template = 'maycur-payment-to-kingdee-payment';
  await amy.goto(`/market/${template}`);
  await page.getByText(/maycur/).first().waitFor();
  await amy.picture('market-lacking');
  await amy.click('button', '使用此模板');
  await page.getByText('还要安装：每刻报销 maycur').waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('market-copy-lacking');
  expect(await page.getByRole('button', { name: /^新建每刻/ }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: '复制', exact: true }).click();
  expect((await page.getByRole('alert').allTextContents()).join()).not.toBe('');
  expect(new URL(page.url()).pathname).toBe(`/market/${template}/copy`);
  await amy.click('link', '打开插件页面');
  await page.getByRole('button', { name: /安装/ }).first().waitFor();
  expect(await amy.damage()).toEqual([]);
});
