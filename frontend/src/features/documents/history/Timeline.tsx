import { CheckOutlined, CloseOutlined, CloudDownloadOutlined, EditOutlined, EllipsisOutlined, FlagOutlined, UserOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError } from '../../../shared/api/errors';
import type { HistoryEvent } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useAttempts } from '../../../shared/attempts/api';
import styles from '../Document.module.css';
import type { LedgerDocument } from '../model/detail';
import { useHistory } from './api';
import { ChangeDialog } from './ChangeDialog';
import { chronicle, type Told } from './chronicle';

interface Props {
  document: LedgerDocument;
  nodeName: (id: string) => string;
}

function icon(moment: Told) {
  if (moment.kind === 'now') return <FlagOutlined aria-hidden="true" />;
  if (moment.kind === 'edit') return <EditOutlined aria-hidden="true" />;
  if (moment.kind === 'event') return <UserOutlined aria-hidden="true" />;
  if (moment.kind === 'pull') return <CloudDownloadOutlined aria-hidden="true" />;
  if (moment.tone === 'info') return <EllipsisOutlined aria-hidden="true" />;
  return moment.tone === 'err' ? <CloseOutlined aria-hidden="true" /> : <CheckOutlined aria-hidden="true" />;
}

/** What happened to a document, and what people did about it. */
export function Timeline({ document, nodeName }: Props) {
  const { t } = useTranslation('documents');
  const { data: events = [], error } = useHistory(document.id, document.updatedAt ?? '');
  const [changed, setChanged] = useState<string>();
  const { data: attempts = [] } = useAttempts(document.id, document.updatedAt ?? '');
  const moments = chronicle(document, attempts, events);
  const title = (moment: Told) =>
    moment.kind === 'event'
      ? t(`history.${moment.event?.action ?? ''}`, { defaultValue: moment.event?.action })
      : t(`timeline.${moment.kind}`, { no: moment.rev, attempt: moment.attempt, node: nodeName(moment.node ?? ''), operation: moment.operation, defaultValue: moment.kind });
  return (
    <>
      {error !== null && <Banner tone="err">{asApiError(error).message}</Banner>}
      {moments.length === 0 && <p className={styles.quiet}>{t('timeline.none')}</p>}
      <ol className={styles.timeline}>
        {moments.map((moment) => (
          <li key={moment.key} data-tone={moment.tone}>
            <span className={styles.dot} aria-hidden="true">
              {icon(moment)}
            </span>
            <div>
              <p>
                <b>{title(moment)}</b> {moment.tone !== 'info' && <span className={styles.verdict}>{t(moment.tone === 'err' ? 'timeline.failed' : 'timeline.ok')}</span>}
                {moment.state !== undefined && <StateTag of="document" state={moment.state} />}
              </p>
              {moment.actor !== undefined && moment.actor !== '' && <p className={styles.quieter}>{t('timeline.by', { actor: moment.actor })}</p>}
              {moment.message !== undefined && moment.message !== '' && <p className={styles.quieter}>{moment.message}</p>}
              {moment.event !== undefined && <About event={moment.event} nodeName={nodeName} onChange={() => setChanged(moment.event?.id)} />}
              {moment.at !== undefined && (
                <p className={styles.quieter}>
                  <When time={moment.at} as="exact" />
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
      {changed !== undefined && <ChangeDialog document={document.id} event={changed} onClose={() => setChanged(undefined)} />}
    </>
  );
}

/** Why it was done, with what, in which job, and what it changed. */
function About({ event, nodeName, onChange }: { event: HistoryEvent; nodeName: (id: string) => string; onChange: () => void }) {
  const { t } = useTranslation('documents');
  const facts = [
    event.node !== undefined && event.node !== '' && nodeName(event.node),
    event.version !== undefined && event.version > 0 && t('version', { no: event.version }),
    event.code !== undefined && event.code !== '' && t('history.code', { code: event.code }),
  ].filter(Boolean);
  return (
    <>
      {event.note !== undefined && event.note !== '' && <p className={styles.note}>{t('history.note', { note: event.note })}</p>}
      {facts.length > 0 && <p className={styles.quieter}>{facts.join(' · ')}</p>}
      {event.job !== undefined && (
        <p className={styles.quieter}>
          <Link to={`/docs?job=${event.job}`}>{t('history.job')}</Link>
        </p>
      )}
      {event.edited && (
        <Button type="link" size="small" className={styles.change} onClick={onChange}>
          {t('edit.compare')}
        </Button>
      )}
    </>
  );
}
