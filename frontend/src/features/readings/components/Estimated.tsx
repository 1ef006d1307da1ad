import { useTranslation } from 'react-i18next';
import type { BackfillEstimate } from '../../../shared/api/types';
import { asApiError } from '../../../shared/api/errors';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import styles from '../Readings.module.css';

/** What reading a range is likely to cost. */
export function Estimated({ estimate }: { estimate: BackfillEstimate }) {
  const { t, i18n } = useTranslation('readings');
  const number = (value: number) => formatCount(value, i18n.language);
  const least = estimate.atLeast ? 'estimate.atLeast' : 'estimate.about';
  return (
    <dl className={styles.costs}>
      <div>
        <dt>{t('estimate.windows')}</dt>
        <dd>{number(estimate.windows)}</dd>
      </div>
      <div>
        <dt>{t('estimate.calls')}</dt>
        <dd>{t(least, { shown: number(estimate.calls) })}</dd>
      </div>
      <div>
        <dt>{t('estimate.documents')}</dt>
        <dd>{estimate.documents === undefined ? t('estimate.unknown') : t('estimate.about', { shown: number(estimate.documents) })}</dd>
      </div>
      <div>
        <dt>{t('estimate.takes')}</dt>
        <dd>{t(least, { shown: formatSpan(estimate.seconds * 1000, t) })}</dd>
      </div>
    </dl>
  );
}

/** A refusal that stands at no field. */
export function Refused({ error, at }: { error: unknown; at: (string | undefined)[] }) {
  if (error === null || at.some((words) => words !== undefined)) return null;
  return (
    <Banner tone="err" title={asApiError(error).message}>
      {asApiError(error).hint}
    </Banner>
  );
}
