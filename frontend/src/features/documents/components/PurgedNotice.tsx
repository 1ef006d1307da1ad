import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { formatTime } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import styles from '../Document.module.css';
import type { LedgerDocument } from '../model/detail';

/** Says that the contents of a document were removed, when and by which rule. */
export function PurgedNotice({ document }: { document: LedgerDocument }) {
  const { t, i18n } = useTranslation('documents');
  const { purged } = document;
  if (purged === undefined) return null;
  const known = purged.at !== undefined && purged.rule !== undefined;
  return (
    <div className={styles.problem}>
      <Banner tone="info" title={t('purged.title')}>
        {known && <span>{t('purged.when', { at: formatTime(purged.at, i18n.language), rule: t(`purged.rule.${purged.rule ?? ''}`, { defaultValue: purged.rule }), days: purged.days })}</span>}
        <span>
          {' '}
          {t('purged.again')} <Link to={`/flows/${document.flow}/docs`}>{t('purged.flow')}</Link>
        </span>
      </Banner>
    </div>
  );
}
