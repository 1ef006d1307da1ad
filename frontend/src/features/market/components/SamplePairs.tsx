import { useTranslation } from 'react-i18next';
import type { TemplateDetail } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { JsonTree } from '../../../shared/ui/JsonTree';
import styles from '../Market.module.css';

/** What the systems hold, beside what the flows make of it. */
export default function SamplePairs({ samples }: { samples: TemplateDetail['samples'] }) {
  const { t } = useTranslation('market');
  const text = useText();
  return samples.map((one, n) => (
    <section key={n} className={styles.pair}>
      <div>
        <h3>{text(one.title) || t('sample.given')}</h3>
        <JsonTree text={JSON.stringify(one.given)} label={t('sample.given')} />
      </div>
      <div>
        <h3>{t('sample.expected')}</h3>
        <JsonTree text={JSON.stringify(one.expected)} label={t('sample.expected')} />
      </div>
    </section>
  ));
}
