import { expect, test } from 'vitest';
import { demoFlow } from './kit';
import { scene } from './scene';

const { amy } = await scene('help');

test('a question mark in the node editor leads to the section that answers it', async () => {
  await amy.goto(`/flows/${demoFlow}/design/bill`);
  const tab = amy.page.waitForEvent('popup');
  await amy.page.getByRole('link', { name: /^字段的帮助/ }).click();
  const help = await tab;
  await help.locator('h2#arrays').waitFor();
  expect(new URL(help.url()).pathname).toBe('/help/language');
  // The heading of the section is in sight, and the keyboard goes on from there.
  await help.waitForFunction(() => document.activeElement?.id === 'arrays');
  const top = (await help.locator('h2#arrays').boundingBox())?.y ?? -1;
  expect(top).toBeGreaterThan(0);
  expect(top).toBeLessThan(300);
  await help.close();
  expect(await amy.page.getByRole('link', { name: /^字段映射的帮助/ }).getAttribute('href')).toBe('/help/node-map');
});

test('a section is found by a word, with the keyboard alone, in both languages', async () => {
  await amy.goto('/help');
  const search = amy.page.getByRole('searchbox', { name: '搜索标题和小节' });
  await search.focus();
  await amy.page.keyboard.type('对照表');
  const contents = amy.page.getByRole('navigation', { name: '目录' });
  const section = contents.getByRole('link', { name: '对照表', exact: true });
  await section.focus();
  await amy.page.keyboard.press('Enter');
  await amy.page.locator('h2#tables').waitFor();
  await amy.page.waitForFunction(() => document.activeElement?.id === 'tables');
  await amy.page.getByRole('button', { name: '语言' }).click();
  await amy.page.getByRole('menuitemradio', { name: 'English' }).click();
  await amy.page.locator('h2#tables', { hasText: 'Code tables' }).waitFor();
  expect(amy.wrong).toEqual([]);
});

test('what is printed is the page alone', async () => {
  await amy.goto('/help/language');
  await amy.page.locator('article figure').first().waitFor();
  await amy.page.emulateMedia({ media: 'print' });
  expect(await amy.page.locator('main article').isVisible()).toBe(true);
  for (const part of ['header [role="search"], header button', 'nav', 'main button']) expect(await amy.page.locator(part).filter({ visible: true }).count(), part).toBe(0);
  await amy.page.emulateMedia({ media: 'screen' });
});
