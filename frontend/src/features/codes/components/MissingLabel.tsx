import { useTranslation } from 'react-i18next';
import { formatCount } from '../../../shared/lib/format';
import styles from '../Codes.module.css';

/** The tab's name, with how many codes wait behind it. */
export function MissingLabel({ count, language }: { count: number; language: string }) {
  const { t } = useTranslation('codes');
  return (
    <>
      {t('tab.missing')}
      {count > 0 && <span className={styles.badge}>{formatCount(count, language)}</span>}
    </>
  );
}
