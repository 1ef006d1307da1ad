import { expect, test } from 'vitest';
import { demoFlow, Person, type Run } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('overview');

interface Overview { verdict: { code: string; waiting: number; again: number }; clusters: { code: string; message: string; documents: number }[]; points: { accepted: number }[]; lastRun?: { id: string } }
interface Writes { items: { id: string; number?: string; document?: string; state: string; deliveries: { attempt: number }[] }[] }
interface Summary { id: string; number: string; state: string }

const writes = async (state = '') => (await server.api<Writes>(`/flows/${demoFlow}/writes?state=${state}`)).items;

test('a flow says how it is doing, and its queues do what is ordered', async () => {
  await expect.poll(async () => (await server.api<{ items: Run[] }>(`/runs?flow=${demoFlow}&state=queued,running`)).items.length, { timeout: 30_000 }).toBe(0);
  const told = await server.api<Overview>(`/flows/${demoFlow}/overview`);
  // The shipped flow runs by hand alone; one of its documents waits for base data.
  expect(told.verdict).toMatchObject({ code: 'stopped', again: 1 });
  const [cluster] = told.clusters;

  await amy.goto(`/flows/${demoFlow}/design`);
  await amy.click('link', '概况');
  await amy.page.waitForURL((url) => url.pathname === `/flows/${demoFlow}/overview`);
  const verdict = amy.page.getByRole('region', { name: '结论' });
  await verdict.getByText('方案已停止').waitFor();
  await verdict.getByText('等待重试 1').waitFor();
  await amy.page.getByRole('region', { name: '停下的原因' }).getByText(cluster?.message ?? 'none').waitFor();
  await amy.page.getByRole('region', { name: '耗时最长的节点' }).getByText(/每次调用/).waitFor();
  await amy.page.getByRole('region', { name: '连接器剩余额度' }).getByText(/剩余|没有声明/).first().waitFor();
  await amy.page.locator('.u-wrap canvas').first().waitFor();
  await amy.picture('overview');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  await amy.page.getByRole('group', { name: '时间范围' }).scrollIntoViewIfNeeded();
  await amy.page.getByText('以表格查看').scrollIntoViewIfNeeded();
  await amy.picture('overview-figures');
  await amy.click('button', '近 7 天');
  await amy.page.waitForURL((url) => url.searchParams.get('span') === '7d');
  await amy.page.getByText('以表格查看').click();
  const numbers = amy.page.getByRole('table', { name: '各时段的数字' });
  await expect.poll(() => numbers.getByRole('row').count()).toBe(43);
  expect(await amy.barriers()).toEqual([]);

  // What was read, window by window and page by page.
  await amy.page.getByRole('navigation', { name: '方案的页面' }).getByRole('link', { name: '队列' }).click();
  await amy.page.getByRole('table', { name: '时间窗口' }).getByText('已完成').first().waitFor();
  await amy.page.getByRole('table', { name: '页', exact: true }).getByRole('row').nth(1).waitFor();
  await amy.picture('queue-requests');
  expect(await amy.barriers()).toEqual([]);

  // What was asked for one page, and what came.
  await amy.page.getByRole('table', { name: '最近的请求' }).getByRole('button', { name: /refund\.single\.query/ }).first().click();
  const page = amy.page.getByRole('dialog');
  await page.getByRole('region', { name: '请求' }).getByText('page_size').or(page.getByRole('region', { name: '请求' }).getByText('params')).first().waitFor();
  await page.getByRole('region', { name: '响应' }).getByText('as_id').or(page.getByRole('region', { name: '响应' }).getByText(/as_id/)).first().waitFor();
  await amy.picture('queue-page-request');
  expect(await amy.barriers()).toEqual([]);
  await amy.page.keyboard.press('Escape');
  await page.waitFor({ state: 'detached' });

  // What is tried again: each attempt with what was sent and answered.
  await amy.click('tab', '写入队列');
  await amy.click('button', /^等待重试/);
  const [stuck] = await writes('retry_at');
  const name = stuck?.number ?? 'none';
  await amy.click('button', `请求与响应：${name}`);
  await amy.page.getByRole('button', { name: /第 1 次/ }).first().waitFor();
  await amy.picture('queue-writes');
  expect(await amy.barriers()).toEqual([]);
  expect(await amy.damage()).toEqual([]);

  // What is not allowed says why; what is allowed is done.
  await amy.page.getByRole('button', { name: new RegExp(`^优先：${name}，现在不能`) }).focus();
  await amy.page.keyboard.press('Enter');
  await amy.page.getByText('现在不能优先').waitFor();
  await amy.page.keyboard.press('Escape');
  const before = stuck?.deliveries[0]?.attempt ?? 0;
  await amy.click('button', `立即执行：${name}`);
  await amy.page.getByText('已立即执行').waitFor();
  await expect.poll(async () => (await writes('retry_at')).find(({ id, document }) => id !== '' && document === stuck?.document)?.deliveries[0]?.attempt ?? 0, { timeout: 20_000 }).toBeGreaterThan(before);
  await amy.click('button', `取消：${name}`);
  await amy.click('button', '取消写入');
  await expect.poll(async () => (await server.api<Summary>(`/documents/${stuck?.document ?? ''}`)).state).toBe('skipped');
  await amy.page.getByRole('row', { name: new RegExp(name) }).waitFor({ state: 'detached' });

  // A run of the past: its timeline, and where its documents went on the diagram.
  await amy.goto(`/runs/${told.lastRun?.id ?? ''}`);
  await amy.page.getByRole('region', { name: '时间线' }).getByText(/读完/).first().waitFor();
  await amy.picture('run-timeline');
  expect(await amy.barriers()).toEqual([]);
  await amy.click('link', '在流程图上查看');
  await amy.page.getByRole('link', { name: '查看详情' }).or(amy.page.locator(`a[href="/runs/${told.lastRun?.id ?? ''}"]`)).first().waitFor();
  await amy.picture('run-on-diagram');

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark', width: 1180 });
  await bob.logIn();
  await bob.goto(`/flows/${demoFlow}/overview?span=30d`);
  await bob.page.locator('.u-wrap canvas').first().waitFor();
  await bob.picture('overview-en');
  const barriers = await bob.barriers();
  const wide = await bob.damage();
  await bob.goto(`/flows/${demoFlow}/queue?tab=writes`);
  await bob.page.getByRole('table', { name: 'Latest calls' }).waitFor();
  await bob.picture('queue-en');
  barriers.push(...(await bob.barriers()));
  const wrong = [...wide, ...(await bob.damage())];
  await bob.leave();
  expect([barriers, wrong]).toEqual([[], []]);
});
