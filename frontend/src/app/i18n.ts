import type { Catalogue } from '../shared/i18n/setup';

// One chunk per language and feature, fetched when the feature opens.
const features = import.meta.glob<Catalogue>('../features/*/i18n/*.json', { import: 'default' });
const common = import.meta.glob<Catalogue>('../shared/i18n/*.json', { import: 'default' });

export async function loadCatalogue(language: string, namespace: string): Promise<Catalogue> {
  const load = namespace === 'common' ? common[`../shared/i18n/${language}.json`] : features[`../features/${namespace}/i18n/${language}.json`];
  if (load === undefined) throw new Error(`no catalogue ${namespace}/${language}`);
  return load();
}
