import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { makeMany, numberOf, PER_RUN, REJECTED } from './many';
import { scene } from './scene';

const { server, amy } = await scene('views');

/** The ledger of a busy year; fewer where time is short. */
const MANY = process.env.KAREZ_TEST_LONG === undefined ? 3000 : 100_000;
/** As far as somebody scrolls who looks for something by eye. */
const FAR = Math.min(MANY - 600, 6000);

interface Page {
  items: { id: string; number: string; state: string; run: string }[];
}

const rows = () => amy.page.getByRole('grid').locator('[data-row]');
const firstNumber = async (person: Person) => person.page.evaluate(() => {
  const box = document.querySelector('[role="grid"]')?.parentElement;
  const top = box?.querySelector('[role="row"]')?.getBoundingClientRect().bottom ?? 0;
  const inSight = [...document.querySelectorAll<HTMLElement>('[data-row]')].filter((row) => row.getBoundingClientRect().top >= top - 1).sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  return inSight[0]?.querySelector('a')?.textContent ?? '';
});
/** The lists of documents that are asked for while something is done. */
const lists = async (act: () => Promise<void>): Promise<string[]> => {
  const asked: string[] = [];
  const note = (request: { url: () => string }) => {
    if (request.url().includes('/api/v1/documents?')) asked.push(request.url());
  };
  amy.page.on('request', note);
  await act();
  amy.page.off('request', note);
  return asked;
};
const scroll = (by: number) => amy.page.evaluate((px) => document.querySelector('[role="grid"]')?.parentElement?.scrollBy(0, px), by);
const address = () => new URL(amy.page.url());

let ben: Person;
beforeAll(async () => {
  await makeMany(server, MANY);
  ben = await Person.arrive(server, { language: 'en', theme: 'dark' });
  await ben.logIn();
}, 300_000);
afterAll(async () => {
  await ben.leave();
});

test('what the server counts is what was made', async () => {
  const { states } = await server.api<{ states: Record<string, number> }>('/documents/facets');
  expect(states.rejected).toBe(MANY / REJECTED);
  expect(states.delivered).toBeGreaterThan(MANY - MANY / REJECTED);
  const { items } = await server.api<{ items: { balanced: boolean; counts: Record<string, number> }[] }>('/runs?limit=50');
  expect(items.every(({ balanced }) => balanced)).toBe(true);
  expect(items[0]?.counts.accepted).toBe(PER_RUN);
});

test('a long ledger is scrolled with few rows drawn, few pages kept and few requests', async () => {
  const asked = await lists(async () => {
    await amy.goto('/docs');
    await amy.page.getByText(numberOf(MANY)).waitFor();
    for (let i = 0; i < FAR / 15; i++) {
      await scroll(15 * 52);
      await amy.page.waitForTimeout(0);
    }
    // Whatever came late is caught up with.
    await expect.poll(async () => {
      await scroll(4000);
      const number = await firstNumber(amy);
      return number.startsWith('MANY') ? Number(number.slice(4)) : 0;
    }, { timeout: 60_000 }).toBeLessThan(MANY - FAR + 200);
  });
  expect(asked.length).toBeLessThan(FAR / 200 + 12);
  expect(new Set(asked).size).toBe(asked.length); // none twice
  expect(await rows().count()).toBeLessThan(60);
  expect(await amy.page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(1500);
  await amy.page.getByRole('button', { name: '回到最新' }).waitFor();

  // What happens meanwhile asks for a window of pages at most.
  const again = await lists(async () => {
    const run = await server.api<{ id: string }>(`/flows/${demoFlow}/runs`, { method: 'POST', body: {} });
    await server.finished(run.id);
    await amy.page.waitForResponse((response) => response.url().includes('/documents/facets'));
  });
  expect(again.length).toBeLessThanOrEqual(5);

  // The way back is there, and the newest are one click away.
  const before = await firstNumber(amy);
  for (let i = 0; i < 90; i++) {
    await scroll(-15 * 52);
    await amy.page.waitForTimeout(0);
  }
  await expect.poll(async () => Number((await firstNumber(amy)).slice(4))).toBeGreaterThan(Number(before.slice(4)) + 900);
  const { items } = await server.api<Page>('/documents?limit=1');
  await amy.click('button', '回到最新');
  await expect.poll(() => firstNumber(amy)).toBe(items[0]?.number);
  expect(await amy.barriers()).toEqual([]);
});

test('frames stay short while the wheel turns', async () => {
  await amy.goto('/docs');
  await rows().first().hover();
  await amy.page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    const tick = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(globalThis, { karezFrames: frames });
  });
  for (let i = 0; i < 80; i++) await amy.page.mouse.wheel(0, 400);
  const frames = await amy.page.evaluate(() => (globalThis as unknown as { karezFrames: number[] }).karezFrames);
  const p95 = frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)] ?? 0;
  console.log(`ledger of ${String(MANY)}: ${String(frames.length)} frames, p95 ${p95.toFixed(1)} ms`);
  expect(p95).toBeLessThan(200);
});

test('a view is made of filter and columns, applied, changed, put back, and shared by its address', async () => {
  await amy.goto('/docs');
  const views = amy.page.getByRole('combobox', { name: '视图' });
  await views.selectOption('今天失败');
  await expect.poll(() => address().searchParams.get('period')).toBe('today');
  await expect.poll(async () => new Set(await rows().locator('[role=gridcell]:nth-child(3)').allTextContents()).size).toBe(1);
  await amy.page.getByText(numberOf(MANY), { exact: true }).waitFor();
  await amy.page.getByLabel('方案', { exact: true }).selectOption(demoFlow);
  await amy.page.getByText('已修改').waitFor();

  await amy.click('button', '业务列');
  const columns = amy.page.getByRole('dialog', { name: '选择业务列' });
  await columns.getByRole('searchbox').fill('商品编码');
  await columns.getByRole('checkbox', { name: /items\.sku_id/ }).check();
  await columns.getByRole('searchbox').fill('so_id');
  await columns.getByRole('checkbox', { name: /^\D*so_id$/ }).first().check();
  await columns.getByRole('searchbox').fill('');
  await columns.getByRole('button', { name: /第 2 列/ }).focus();
  await amy.page.keyboard.press('Alt+ArrowUp');
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('views-columns');
  await columns.getByRole('button', { name: '应用' }).click();
  await amy.page.getByRole('gridcell', { name: /SKU-\d+/ }).first().waitFor();
  expect(address().searchParams.get('columns')).toBe('so_id,items.sku_id');

  await amy.click('button', '存为视图');
  const dialog = amy.page.getByRole('dialog', { name: '存为视图' });
  await dialog.getByLabel('名称').fill('退货失败与商品');
  await dialog.getByLabel(/共享给工作区/).check();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('views-save');
  await dialog.getByRole('button', { name: '保存' }).click();
  await amy.page.getByText('已修改').waitFor({ state: 'detached' });
  await expect.poll(() => views.locator('option:checked').textContent()).toBe('退货失败与商品');
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('views-ledger');
  const link = address();

  await amy.page.getByLabel('只看需要关注的').click();
  await amy.page.getByText('已修改').waitFor();
  await amy.picture('views-changed');
  await amy.click('button', '还原');
  await amy.page.getByText('已修改').waitFor({ state: 'detached' });

  // Another person, in another language: the same rows and columns, by the address alone.
  const shown = await rows().locator('a').allTextContents();
  await ben.goto(link.pathname + link.search);
  await ben.page.getByText(shown[0] ?? '').waitFor();
  await ben.page.getByRole('gridcell', { name: /SKU-\d+/ }).first().waitFor();
  expect((await ben.page.getByRole('grid').locator('[data-row] a').allTextContents()).slice(0, 5)).toEqual(shown.slice(0, 5));
  expect(await ben.barriers()).toEqual([]);
  await ben.picture('views-ledger-dark');
  link.searchParams.delete('saved');
  await ben.goto(link.pathname + link.search);
  await ben.page.getByText(shown[0] ?? '').waitFor();
  await ben.page.getByRole('button', { name: 'Business columns (2)' }).click();
  await ben.page.getByRole('dialog', { name: 'Choose business columns' }).waitFor();
  expect(await ben.barriers()).toEqual([]);
  await ben.picture('views-columns-dark');
});

test('the file has the chosen columns', async () => {
  await amy.goto(`/flows/${demoFlow}/docs?state=rejected&columns=so_id,items.sku_id`);
  await amy.page.getByRole('gridcell', { name: /SKU-\d+/ }).first().waitFor();
  await amy.click('button', '导出');
  const [download] = await Promise.all([amy.page.waitForEvent('download'), amy.click('menuitem', 'CSV（UTF-8）')]);
  const [heading, ...lines] = readFileSync(await download.path(), 'utf8').trimEnd().split(/\r?\n/);
  expect(heading).toMatch(/,[^,]+,商品编码$/);
  expect(lines).toHaveLength(MANY / REJECTED);
  expect(lines[0]).toMatch(/SKU-\d+/);
});

test('views are renamed, chosen for the start and deleted', async () => {
  await amy.goto('/docs');
  await amy.click('button', '管理视图');
  const dialog = amy.page.getByRole('dialog', { name: '管理视图' });
  await dialog.getByRole('radio', { name: '打开台账时用“需要我处理”' }).click();
  await dialog.getByRole('button', { name: '修改“退货失败与商品”' }).click();
  const edit = amy.page.getByRole('dialog', { name: '修改视图' });
  await edit.getByLabel('名称').fill('退货失败');
  await edit.getByRole('button', { name: '保存' }).click();
  await dialog.getByRole('cell', { name: '退货失败', exact: true }).waitFor();
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('views-manage');
  await dialog.getByRole('button', { name: '删除“退货失败”' }).click();
  await amy.page.getByRole('alertdialog').getByRole('button', { name: '删除' }).click();
  await dialog.getByRole('cell', { name: '退货失败', exact: true }).waitFor({ state: 'detached' });
  await amy.goto('/docs');
  await amy.page.waitForURL('**/docs?*saved=needs_me*');
  await expect.poll(() => amy.page.getByRole('combobox', { name: '视图' }).locator('option:checked').textContent()).toBe('需要我处理');
  await amy.click('button', '管理视图');
  await dialog.getByRole('radio', { name: '打开台账时用“全部单据”' }).click();
  await expect.poll(() => dialog.getByRole('radio', { name: '打开台账时用“全部单据”' }).isChecked()).toBe(true);
});

test('the ledger begins at a time, and goes on to what is older and newer', async () => {
  await amy.goto('/docs?flow=' + demoFlow);
  const { items: runs } = await server.api<{ items: { id: string; startedAt: string; counts: Record<string, number> }[] }>('/runs?limit=20');
  const made = runs.filter(({ counts }) => counts.accepted === PER_RUN);
  const middle = made[1];
  const { items } = await server.api<Page>(`/documents?run=${middle?.id ?? ''}&limit=1`);
  const field = amy.page.getByLabel('从这个时间或更早的执行读到的单据开始');
  const local = await amy.page.evaluate((at) => {
    const date = new Date(at);
    return new Date(date.getTime() - date.getTimezoneOffset() * 60_000 + 5000).toISOString().slice(0, 19);
  }, middle?.startedAt ?? '');
  await field.fill(local);
  await field.press('Enter');
  await expect.poll(() => address().searchParams.get('at')).not.toBeNull();
  await amy.page.getByText(items[0]?.number ?? 'none').waitFor();
  await expect.poll(() => firstNumber(amy)).toBe(items[0]?.number);
  expect(await amy.barriers()).toEqual([]);
  await amy.picture('views-jump');
  await scroll(-3 * 52);
  await expect.poll(() => firstNumber(amy)).toBe(numberOf(Number(items[0]?.number.slice(4)) + 3));
  // The same for whoever gets the address.
  await ben.goto(address().pathname + address().search);
  await ben.page.getByText(items[0]?.number ?? 'none').waitFor();
  await expect.poll(() => firstNumber(ben)).toBe(items[0]?.number);
  await amy.click('button', '回到最新');
  await expect.poll(() => address().searchParams.get('at')).toBeNull();
});

test('nothing else went wrong', () => {
  expect([amy.wrong, ben.wrong]).toEqual([[], []]);
});
