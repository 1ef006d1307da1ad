import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../api/types';

export const LANGUAGES: readonly Language[] = ['zh-CN', 'en'];
export const COMMON = 'common';

export type Catalogue = Record<string, unknown>;
/** Gives the catalogue of one namespace (a feature's folder name) in one language. */
export type LoadCatalogue = (language: string, namespace: string) => Promise<Catalogue>;

/**
 * Starts i18n. Catalogues come when a component first asks for its namespace,
 * and both suspend until then: useTranslation('flows').
 */
export async function setupI18n(language: Language, load: LoadCatalogue): Promise<typeof i18next> {
  const backend: BackendModule = {
    type: 'backend',
    init: () => undefined,
    read: (lng, ns, done) => {
      load(lng, ns).then((found) => done(null, found as never), (error: unknown) => done(error as Error, false));
    },
  };
  await i18next.use(backend).use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    supportedLngs: [...LANGUAGES],
    load: 'currentOnly',
    ns: [COMMON],
    defaultNS: COMMON,
    fallbackNS: COMMON,
    // React escapes; doing it twice shows "&amp;".
    interpolation: { escapeValue: false },
    returnEmptyString: false,
    react: { useSuspense: true },
  });
  return i18next;
}
