import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoFlow, Person, Server } from './kit';

let server: Server;
let amy: Person;
let ben: Person;

beforeAll(async () => {
  server = await Server.start();
  [amy, ben] = await Promise.all([Person.arrive(server), Person.arrive(server)]);
  await amy.setUp();
  await ben.logIn();
});

afterAll(async () => {
  await Promise.all([amy.leave(), ben.leave()]);
  await server.stop();
});

const design = `/flows/${demoFlow}/design`;
const title = (person: Person) => person.page.getByRole('textbox', { name: '方案名称' });
const stored = async () => (await server.api<{ title: string }>(`/flows/${demoFlow}`)).title;

async function open(person: Person): Promise<void> {
  await person.goto(design);
  await person.page.locator('.react-flow__node').first().waitFor();
}

async function rename(person: Person, words: string): Promise<void> {
  await title(person).fill(words);
  await title(person).press('Enter');
}

test('two people editing one flow: the second sees the difference and chooses', async () => {
  await Promise.all([open(amy), open(ben)]);
  await rename(amy, '由甲改名');
  await expect.poll(stored, { timeout: 10_000 }).toBe('由甲改名');
  await rename(ben, '由乙改名');
  const dialog = ben.page.getByRole('dialog', { name: '有人同时修改了这个方案' });
  await dialog.waitFor();
  await ben.picture('flow-conflict');
  expect(await ben.barriers()).toEqual([]);
  expect(await stored()).toBe('由甲改名');

  await dialog.getByRole('button', { name: '用对方的' }).click();
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => title(ben).inputValue()).toBe('由甲改名');
  await rename(ben, '由乙再改');
  await expect.poll(stored, { timeout: 10_000 }).toBe('由乙再改');

  await rename(amy, '由甲覆盖');
  await amy.page.getByRole('dialog').getByRole('button', { name: '用我的覆盖' }).click();
  await expect.poll(stored, { timeout: 10_000 }).toBe('由甲覆盖');
  await rename(ben, '由乙另存');
  await ben.page.getByRole('dialog').getByRole('button', { name: '我的另存为副本' }).click();
  await ben.page.waitForURL((url) => !url.pathname.startsWith(design));
  expect(await stored()).toBe('由甲覆盖');
  expect([...amy.wrong, ...ben.wrong]).toEqual([]);
});
