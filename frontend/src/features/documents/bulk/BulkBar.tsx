import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BulkJob, BulkOrder, DocumentQuery } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Later } from '../../../shared/ui/Later';
import styles from './Bulk.module.css';

// It comes when something is to be done to many.
const BulkDialog = lazy(async () => ({ default: (await import('./BulkDialog')).BulkDialog }));

interface Props {
  selected: ReadonlySet<string>;
  /** The filter whose documents can be acted on all at once; undefined where nothing narrows the list. */
  filter: DocumentQuery | undefined;
  onUnselect: () => void;
  onStarted: (job: BulkJob) => void;
}

const KINDS = ['retry', 'resend', 'skip'] as const;

/** Offers to act on the selected documents, or on everything that fits the filter. */
export function BulkBar({ selected, filter, onUnselect, onStarted }: Props) {
  const { t, i18n } = useTranslation('documents');
  const [kind, setKind] = useState<BulkOrder['kind']>();
  const some = selected.size > 0;
  if (!some && filter === undefined) return null;
  const choice: Pick<BulkOrder, 'ids' | 'filter'> = some || filter === undefined ? { ids: [...selected] } : { filter };
  return (
    <div className={styles.bar} role="toolbar" aria-label={t('bulk.label')}>
      <span aria-live="polite">{some ? t('bulk.selected', { count: selected.size, shown: formatCount(selected.size, i18n.language) }) : t('bulk.all')}</span>
      {KINDS.map((one) => (
        <Button key={one} size="small" type={one === 'retry' ? 'primary' : 'default'} onClick={() => setKind(one)}>
          {t(`bulk.kind.${one}`)}
        </Button>
      ))}
      {some && (
        <Button size="small" type="text" onClick={onUnselect}>
          {t('bulk.unselect')}
        </Button>
      )}
      {kind !== undefined && (
        <Later onClose={() => setKind(undefined)}>
          <BulkDialog
            kind={kind}
            choice={choice}
            onClose={() => setKind(undefined)}
            onStarted={(job) => {
              setKind(undefined);
              onStarted(job);
            }}
          />
        </Later>
      )}
    </div>
  );
}
