import { useTranslation } from 'react-i18next';
import type { ReconciliationRun } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { KINDS } from '../api';
import styles from '../Reconcile.module.css';

/** What a comparison came to, in words. */
export function Verdict({ run }: { run: ReconciliationRun }) {
  const { t, i18n } = useTranslation('reconcile');
  const number = (value: number) => formatCount(value, i18n.language);
  if (run.state === 'running') return <span className={styles.running}>{t('running', { source: number(run.read[0] ?? 0), target: number(run.read[1] ?? 0) })}</span>;
  if (run.state === 'cancelled') return <span>{t('cancelled')}</span>;
  if (run.state === 'failed') return <span className={styles.bad}>{t('failed')}{run.message !== undefined && `: ${run.message}`}</span>;
  const found = KINDS.filter((kind) => (run.counts[kind] ?? 0) > 0);
  if (found.length === 0) return <span className={styles.good}>{t('equal', { shown: number(run.same) })}</span>;
  return (
    <span className={styles.found}>
      {found.map((kind) => (
        <span key={kind} data-kind={kind}>
          {t(`kind.${kind}`)} {number(run.counts[kind] ?? 0)}
        </span>
      ))}
    </span>
  );
}
