import { expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('retention');
interface Retention { calls: number; running: boolean; asked: boolean; passes: { endedAt?: string; calls: number }[] }
const retention = () => server.api<Retention>('/retention');

test('an administrator sets how long things are kept, sees what would go, and removes it', async () => {
  await expect.poll(async () => (await server.api<{ items: { state: string }[] }>(`/runs?flow=${demoFlow}&state=queued,running`)).items.length, { timeout: 30_000 }).toBe(0);
  await amy.click('button', /^账号/);
  await amy.click('menuitem', '数据保留');
  await amy.page.waitForURL((url) => url.pathname === '/retention');
  const calls = amy.page.getByRole('textbox', { name: '调用记录' });
  await expect.poll(() => calls.inputValue()).toBe('30');
  await amy.click('button', '估算');
  await amy.page.getByText(/实际清理的可能更少/).waitFor();
  await amy.picture('retention');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);
  await calls.fill('-3');
  await amy.page.getByText('请填写 0 到 36500 的整数').waitFor();
  await calls.fill('14');
  await amy.click('button', '保存');
  await expect.poll(async () => (await retention()).calls).toBe(14);

  const before = (await retention()).passes.filter(({ endedAt }) => endedAt !== undefined).length;
  await amy.click('button', '立即清理');
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '立即清理' }).click();
  await expect.poll(async () => (await retention()).passes.filter(({ endedAt }) => endedAt !== undefined).length, { timeout: 30_000 }).toBeGreaterThan(before);
  await amy.page.getByRole('table', { name: '最近的清理' }).getByText('已完成').first().waitFor();
  await amy.page.getByText('正在清理').waitFor({ state: 'detached' });
  await amy.picture('retention-done');
  // What is young stays.
  expect((await server.api<{ items: unknown[] }>(`/documents?flow=${demoFlow}`)).items.length).toBeGreaterThan(0);

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await bob.logIn();
  await bob.goto('/retention');
  await bob.page.getByText('Always kept').waitFor();
  await bob.picture('retention-en');
  const wrong = [...await bob.barriers(), ...await bob.damage()];
  await bob.leave();
  expect(wrong).toEqual([]);
});
