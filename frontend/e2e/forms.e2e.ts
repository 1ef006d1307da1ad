import { afterAll, beforeAll, expect, test } from 'vitest';
import { password, Person, Server } from './kit';

let server: Server;
let amy: Person;
/** Everything the interface answered while these tests ran. */
let answers = '';

beforeAll(async () => {
  server = await Server.start();
  amy = await Person.arrive(server);
  amy.page.on('response', (response) => {
    if (response.url().includes('/api/v1/') && !response.url().endsWith('/events')) void response.text().then((text) => { answers += text; }, () => undefined);
  });
});

afterAll(async () => {
  await amy.leave();
  await server.stop();
});

/** The words that stand at a field, found as a screen reader finds them. */
async function wordsAt(label: string): Promise<string> {
  const field = amy.page.getByLabel(label, { exact: true });
  await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
  return field.evaluate((input) => (input.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
}

const submit = () => amy.page.locator('button[type="submit"]').click();

test('the first setup tells at the field what is wrong', async () => {
  await amy.goto('/setup#token=made-up');
  await submit();
  expect(await wordsAt('管理员用户名')).toContain('请填写用户名');
  expect(await wordsAt('密码')).toContain('至少 8 个字符');
  await amy.page.getByLabel('管理员用户名').fill('amy');
  await amy.page.getByLabel('密码', { exact: true }).fill(password);
  await submit();
  expect(await wordsAt('设置令牌')).toContain('设置令牌不是程序最近一次打印的那一个');
  expect(new URL(amy.page.url()).pathname).toBe('/setup');
  await amy.setUp();
});

test('a connection tells at the field what is wrong, on this side and on the server', async () => {
  await amy.goto('/connectors?new=1');
  await amy.page.getByRole('button', { name: /聚水潭(?!（)/ }).click();
  await amy.click('button', '保存');
  expect(await wordsAt('名称')).toContain('请填写名称');
  expect(await wordsAt('App Key')).toContain('请填写');
  await amy.page.getByLabel('名称', { exact: true }).fill('a/b');
  await amy.page.getByLabel('App Key', { exact: true }).fill('key-of-the-test');
  await amy.page.getByLabel('App Secret', { exact: true }).fill('never-shown-5e1f');
  await amy.page.getByLabel('接口地址', { exact: true }).fill('ftp://elsewhere');
  await amy.click('button', '保存');
  expect(await wordsAt('接口地址')).toContain('http');
  await amy.page.getByLabel('接口地址', { exact: true }).fill(server.demo.sandboxes.jushuitan ?? '');
  await amy.click('button', '保存');
  expect(await wordsAt('名称')).toContain('不能含斜杠');
  await amy.page.getByLabel('名称', { exact: true }).fill('jst-two');
  await amy.click('button', '测试连接', '.ant-drawer');
  await amy.page.locator('.ant-drawer [role="status"]').getByRole('alert').waitFor();
  await amy.click('button', '保存', '.ant-drawer');
  await amy.page.getByRole('article', { name: 'jst-two' }).waitFor();
});

test('a stored secret is asked for again at another address, and is never shown', async () => {
  await amy.goto('/connectors?edit=jst-two');
  const secret = amy.page.getByLabel('App Secret', { exact: true });
  await secret.waitFor();
  expect(await secret.inputValue()).toBe('');
  await amy.page.getByLabel('接口地址', { exact: true }).fill('http://127.0.0.1:9');
  await amy.click('button', '保存', '.ant-drawer');
  expect(await wordsAt('App Secret')).toContain('重新输入密钥');
  await amy.picture('secrets-needed');
  await secret.fill('never-shown-77aa');
  await amy.click('button', '保存', '.ant-drawer');
  await amy.page.locator('.ant-drawer').waitFor({ state: 'detached' });

  for (const place of ['/connectors', '/connectors?edit=jst-two', '/']) {
    await amy.goto(place);
    await amy.page.locator('main').waitFor();
    await amy.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    expect(await amy.page.content()).not.toContain('never-shown');
  }
  const kept = await amy.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toContain('never-shown');
  expect(kept).not.toContain('karez_session');
  expect(answers.length).toBeGreaterThan(1000);
  expect(answers).not.toContain('never-shown');
  for (const path of ['/connections', '/connections/jst-two']) expect(JSON.stringify(await server.api(path))).not.toContain('never-shown');
});

test('two people changing one connection: the second sees both versions and chooses', async () => {
  const ben = await Person.arrive(server);
  await ben.logIn('/login?next=%2Fconnectors%3Fedit%3Djst-two');
  await amy.goto('/connectors?edit=jst-two');
  for (const [person, key] of [[amy, 'key-of-amy'], [ben, 'key-of-ben']] as const) {
    await person.page.getByLabel('App Key', { exact: true }).fill(key);
    await person.page.locator('.ant-drawer').getByRole('button', { name: '保存' }).click();
    if (person === amy) await amy.page.locator('.ant-drawer').waitFor({ state: 'detached' });
  }
  const row = ben.page.getByRole('row', { name: /App Key/ });
  await row.waitFor();
  expect(await row.textContent()).toBe('App Keykey-of-benkey-of-amy');
  await ben.picture('connection-conflict');
  await ben.click('button', '用我的覆盖');
  await ben.page.locator('.ant-drawer').waitFor({ state: 'detached' });
  const stored = await server.api<{ settings: { appKey: string } }>('/connections/jst-two');
  expect(stored.settings.appKey).toBe('key-of-ben');
  expect(ben.wrong).toEqual([]);
  await ben.leave();
});

test('a wrong password says so, and too many have to wait', async () => {
  const eve = await Person.arrive(server);
  await eve.goto('/login');
  await eve.page.locator('button[type="submit"]').click();
  await eve.page.getByText('请填写用户名').waitFor();
  await eve.page.getByText('请填写密码').waitFor();
  const attempt = async (secret: string) => {
    await eve.page.getByLabel('用户名').fill('amy');
    await eve.page.getByLabel('密码', { exact: true }).fill(secret);
    const answer = eve.page.waitForResponse('**/api/v1/login');
    await eve.page.locator('button[type="submit"]').click();
    return (await answer).status();
  };
  expect(await attempt('not the password')).toBe(401);
  await eve.page.getByText('用户名或密码不正确').waitFor();
  expect(await eve.page.getByLabel('密码', { exact: true }).inputValue()).toBe('');
  let status = 401;
  for (let i = 0; i < 12 && status === 401; i++) status = await attempt('not the password');
  expect(status).toBe(429);
  await eve.page.getByText('登录尝试次数过多').waitFor();
  await eve.page.getByText(/请等待 \d+ 秒后再试/).waitFor();
  await eve.picture('login-throttled');
  await expect.poll(() => attempt(password), { timeout: 20_000, interval: 500 }).toBe(200);
  expect(eve.wrong).toEqual([]);
  await eve.leave();
});

test('nothing else went wrong', () => {
  expect(amy.wrong).toEqual([]);
});
