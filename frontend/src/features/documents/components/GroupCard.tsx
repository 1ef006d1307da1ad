import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { BulkJob, DocumentQuery, Facets } from '../../../shared/api/types';
import { isMissingCode } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { BulkDialog } from '../bulk/BulkDialog';
import styles from '../Documents.module.css';

interface Props {
  group: Facets['codes'][number];
  filter: DocumentQuery;
  onStarted: (job: BulkJob) => void;
}

/** The reason that was chosen: its cause in words, what to do next, and all its documents tried again. */
export function GroupCard({ group, filter, onStarted }: Props) {
  const { t, i18n } = useTranslation('documents');
  const [open, setOpen] = useState(false);
  const mayOperate = useMay('operate');
  const { message, hint, code, documents } = group;
  return (
    <section className={styles.groupCard} aria-label={t('group.label')}>
      <div>
        <b>{message || code}</b> <code>{code}</code>
        <p>
          {t('group.next')} {hint !== undefined && hint !== '' ? hint : t('group.look')} {isMissingCode(code) && <Link to="/codes?tab=missing">{t('group.codes')}</Link>}
        </p>
      </div>
      {mayOperate && (
        <Button type="primary" onClick={() => setOpen(true)}>
          {t('group.retryAll', { shown: formatCount(documents, i18n.language) })}
        </Button>
      )}
      {open && (
        <BulkDialog
          kind="retry"
          choice={{ filter }}
          onClose={() => setOpen(false)}
          onStarted={(job) => {
            setOpen(false);
            onStarted(job);
          }}
        />
      )}
    </section>
  );
}
