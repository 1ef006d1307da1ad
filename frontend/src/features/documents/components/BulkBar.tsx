import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { BulkRequest } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { useDialogs } from '../../../shared/ui/dialogs';
import { useBulk } from '../api';
import styles from '../Documents.module.css';

interface Props {
  selected: ReadonlySet<string>;
  /** Set when one group of documents with one reason is shown. */
  group: { flow?: string; state?: string; code?: string } | undefined;
  groupSize: number | undefined;
  onDone: () => void;
}

const REFUSALS = 5;

/** Acts on the selected documents, or on a whole group at once. */
export function BulkBar({ selected, group, groupSize, onDone }: Props) {
  const { t, i18n } = useTranslation('documents');
  const { ask } = useDialogs();
  const bulk = useBulk();
  const some = selected.size > 0;
  const size = some ? selected.size : (groupSize ?? 0);
  const shown = formatCount(size, i18n.language);
  const offered = some || (group !== undefined && size > 0);

  const act = (action: BulkRequest['action']) =>
    ask({
      title: t(`bulk.${action}Title`, { count: size, shown }), text: t(`bulk.${action}Text`), submit: t(`bulk.${action}`, { count: size, shown }), danger: action === 'skip',
      onConfirm: () => bulk.mutateAsync(some ? { action, ids: [...selected] } : { action, filter: group }).then(onDone),
    });

  if (!offered && bulk.data === undefined) return null;
  return (
    <div className={styles.bulk}>
      {offered && (
        <div className={styles.bulkBar} role="toolbar" aria-label={t('bulk.label')}>
          <span aria-live="polite">{t(some ? 'bulk.selected' : 'bulk.group', { count: size, shown })}</span>
          <Button type="primary" size="small" loading={bulk.isPending} onClick={() => act('retry')}>
            {t('bulk.retry', { count: size, shown })}
          </Button>
          <Button size="small" disabled={bulk.isPending} onClick={() => act('skip')}>
            {t('bulk.skip', { count: size, shown })}
          </Button>
          {some && (
            <Button size="small" type="text" onClick={onDone}>
              {t('bulk.unselect')}
            </Button>
          )}
        </div>
      )}
      {bulk.data !== undefined && (
        <Banner
          tone={bulk.data.refused.length === 0 ? 'ok' : 'warn'}
          title={t('bulk.done', { count: bulk.data.done, shown: formatCount(bulk.data.done, i18n.language) })}
          actions={
            <Button size="small" type="text" onClick={() => bulk.reset()}>
              {t('common:action.close')}
            </Button>
          }
        >
          {bulk.data.refused.length > 0 && (
            <>
              <span>{t('bulk.refused', { count: bulk.data.refused.length })}</span>
              <ul className={styles.refused}>
                {bulk.data.refused.slice(0, REFUSALS).map((one) => (
                  <li key={one.id}>
                    <Link to={`/docs/${one.id}`}>#{one.id}</Link> {one.message}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Banner>
      )}
    </div>
  );
}
