import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { settingsOf } from '~/model/document';
import { pathsIn } from '~/model/expression';
import { sampleHas, sampleName } from '~/model/sampleTree';
import { type Sample, useDesigner } from '../designer.store';
import styles from './NodeEditor.module.css';
import { pickSample } from './useTest';

/** The samples by their numbers; what is typed is looked for in every value of their headers. */
export function SamplePicker({ source, sample }: { source: string; sample: Sample }) {
  const { t } = useTranslation('designer');
  const settings = useDesigner((state) => settingsOf(state.graph.nodes.get(source)));
  const path = [settings.number, settings.key].flatMap((text) => (typeof text === 'string' ? pathsIn(text) : []))[0] ?? '';
  return (
    <Select
      size="small"
      variant="borderless"
      suffixIcon={null}
      className={styles.samples}
      popupMatchSelectWidth={260}
      aria-label={t('sample.find')}
      value={sample.at}
      showSearch={{ filterOption: (query, option) => option !== undefined && sampleHas(sample.items[option.value] ?? null, query) }}
      notFoundContent={t('sample.notFound')}
      options={sample.items.map((item, i) => ({ value: i, label: sampleName(item, path) || t('sample.nth', { n: i + 1 }) }))}
      onChange={(at: number) => pickSample(source, at)}
    />
  );
}
