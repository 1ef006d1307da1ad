import { useTranslation } from 'react-i18next';
import styles from './PageSkeleton.module.css';

/** Stands where something will be. It appears after 200 ms, so that quick answers do not flash. */
export function PageSkeleton({ rows = 7 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div className={styles.late} role="status" aria-label={t('state.loading')}>
      <div className={styles.title} />
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={styles.row} />
      ))}
    </div>
  );
}
