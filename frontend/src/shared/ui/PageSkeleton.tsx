import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import styles from './PageSkeleton.module.css';

/** Stands where a page will be. It appears after 200 ms, so that quick pages do not flash. */
export function PageSkeleton({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div className={styles.late} role="status" aria-label={t('state.loading')}>
      <Skeleton active title={{ width: '24%' }} paragraph={{ rows }} />
    </div>
  );
}
