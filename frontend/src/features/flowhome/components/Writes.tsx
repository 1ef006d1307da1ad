import { Button } from 'antd';
import { Fragment, lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../../shared/api/session';
import type { QueueEntry } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import { Later } from '../../../shared/ui/Later';
import { PageSkeleton } from '../../../shared/ui/PageSkeleton';
import panel from '../../../shared/ui/Panel.module.css';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useQueueOrders } from '../api';
import styles from '../Flowhome.module.css';
import { EntryWords } from './EntryWords';
import { Order } from './Order';

// What was sent and answered comes when somebody asks for it.
const Attempts = lazy(async () => ({ default: (await import('../../../shared/attempts/Attempts')).Attempts }));

interface Props {
  flow: string;
  entries: readonly QueueEntry[];
  nodeName: (id: string) => string;
}

/** The entries of the write queue, what is due first first, with what may be ordered about each. */
export function Writes({ flow, entries, nodeName }: Props) {
  const { t, i18n } = useTranslation('flowhome');
  const mayOperate = useMay('operate');
  const [open, setOpen] = useState<string>();
  const nameOf = (entry: QueueEntry) => entry.number || entry.key || t('writes.page', { count: entry.documents, shown: formatCount(entry.documents, i18n.language) });
  return (
    <div className={`${panel.panel} ${panel.scroll}`} tabIndex={0} role="region" aria-label={t('writes.title')}>
      <table className={panel.table} aria-label={t('writes.title')}>
        <thead>
          <tr>
            {(['entry', 'state', 'due', 'target'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`writes.column.${column}`)}
              </th>
            ))}
            <th scope="col">
              <span className="kz-sr">{t('common:action.more')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => {
            const shown = open === entry.id;
            return (
              <Fragment key={entry.id}>
                <tr data-urgent={entry.urgent}>
                  <td>
                    <EntryWords entry={entry} name={nameOf(entry)} />
                  </td>
                  <td>
                    {entry.state === 'held' || entry.state === 'waiting' ? <StateTag of="document" state={entry.state} /> : <StateTag of="delivery" state={entry.state} />}
                    {entry.urgent && <span className={styles.slowest}>{t('writes.urgent')}</span>}
                  </td>
                  <td>{entry.dueAt === undefined ? '–' : <When time={entry.dueAt} />}</td>
                  <td className={styles.target}>
                    {entry.deliveries.map((delivery) => (
                      <span key={`${delivery.node} ${delivery.part}`} className={styles.line}>
                        <StateTag of="delivery" state={delivery.state} /> {nodeName(delivery.node)} → {delivery.connection} <code>{delivery.key}</code>{' '}
                        {delivery.attempt > 0 && <span className={panel.sub}>{t('writes.attempt', { no: delivery.attempt })}</span>}
                        {delivery.message !== undefined && delivery.message !== '' && <span className={styles.why}>{delivery.message}</span>}
                      </span>
                    ))}
                    {Object.entries(entry.sent ?? {}).map(([state, n]) => (
                      <StateTag key={state} of="delivery" state={state} count={formatCount(n, i18n.language)} />
                    ))}
                    {entry.deliveries.length === 0 && entry.sent === undefined && <span className={panel.sub}>{t('writes.unsent')}</span>}
                  </td>
                  <td>
                    <span className={styles.orders}>
                      {entry.document !== undefined && (
                        <Button size="small" aria-expanded={shown} aria-label={t('order.of', { label: t('writes.attempts'), of: nameOf(entry) })} onClick={() => setOpen(shown ? undefined : entry.id)}>
                          {t('writes.attempts')}
                        </Button>
                      )}
                      {mayOperate && <EntryOrders flow={flow} entry={entry} name={nameOf(entry)} />}
                    </span>
                  </td>
                </tr>
                {shown && entry.document !== undefined && (
                  <tr>
                    <td colSpan={5} className={styles.attempts}>
                      {entry.deliveries.every(({ attempt }) => attempt === 0) && <p className={panel.sub}>{t('writes.noAttempts')}</p>}
                      <Later fallback={<PageSkeleton />}>
                        <Attempts document={{ id: entry.document, updatedAt: entry.deliveries.map(({ attempt, state }) => `${attempt}${state}`).join() }} nodeName={nodeName} />
                      </Later>
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Run now, first, start over, cancel: the server says of each whether the ledger allows it. */
function EntryOrders({ flow, entry, name }: { flow: string; entry: QueueEntry; name: string }) {
  const { t } = useTranslation('flowhome');
  const { ask, tell, toast } = useDialogs();
  const { retry, skip, first } = useQueueOrders(flow);
  const { document = '' } = entry;
  const onError = (error: unknown) => tell(noticeOf(error, t('common:trouble.offline.title')));
  const again = (version: 'pinned' | 'published') => retry.mutate({ document, version }, { onSuccess: () => toast(t(`writes.done.${version}`)), onError });
  return (
    <>
      <Order label={t('writes.now')} of={name} may={entry.retry} busy={retry.isPending && retry.variables.version === 'pinned'} onOrder={() => again('pinned')} />
      <Order label={t('writes.first')} of={name} may={entry.first} busy={first.isPending} onOrder={() => first.mutate(entry.id, { onSuccess: () => toast(t('writes.done.first')), onError })} />
      <Order label={t('writes.over')} of={name} may={entry.retry} busy={retry.isPending && retry.variables.version === 'published'} onOrder={() => again('published')} />
      <Order
        label={t('writes.cancel')} of={name} may={entry.skip} danger busy={skip.isPending}
        onOrder={() => ask({ title: t('writes.cancelTitle', { name }), text: t('writes.cancelText'), submit: t('writes.cancelDo'), danger: true, onConfirm: () => skip.mutateAsync({ document, note: t('writes.cancelNote') }).then(() => toast(t('writes.done.cancelled'))) })}
      />
    </>
  );
}
