import { cleanup, configure } from '@testing-library/react';
import i18next from 'i18next';
import { afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { setRequestLanguage } from '../api/client';
import { type Catalogue, setupI18n } from '../i18n/setup';

const catalogues = import.meta.glob<Catalogue>(['../i18n/*.json', '../../features/*/i18n/*.json'], { import: 'default', eager: true });

// What a page loads when it is needed takes long on a busy machine.
configure({ asyncUtilTimeout: 10_000 });

beforeAll(async () => {
  await setupI18n('zh-CN', async (language, namespace) => {
    const found = catalogues[namespace === 'common' ? `../i18n/${language}.json` : `../../features/${namespace}/i18n/${language}.json`];
    if (found === undefined) throw new Error(`no catalogue ${namespace}/${language}`);
    return found;
  });
  setRequestLanguage(() => i18next.language);
});

// Without layout everything is 0 high and virtual lists would draw nothing.
for (const [name, size] of [['clientHeight', 600], ['clientWidth', 1200]] as const) {
  let owner: object = document.createElement('div');
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object;
  Object.defineProperty(owner, name, { configurable: true, get: () => size });
}

beforeEach(() => {
  // antd asks for the screen's width; happy-dom has none.
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined,
  }));
});

afterEach(async () => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  if (i18next.language !== 'zh-CN') await i18next.changeLanguage('zh-CN');
});
