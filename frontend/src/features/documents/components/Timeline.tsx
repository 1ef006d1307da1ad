import { CheckOutlined, CloseOutlined, CloudDownloadOutlined, EditOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { When } from '../../../shared/ui/When';
import styles from '../Document.module.css';
import { type LedgerDocument, type Moment, timeline } from '../model/detail';

interface Props {
  document: LedgerDocument;
  nodeName: (id: string) => string;
}

function icon(moment: Moment) {
  if (moment.kind === 'pull') return <CloudDownloadOutlined aria-hidden="true" />;
  if (moment.kind === 'edit') return <EditOutlined aria-hidden="true" />;
  return moment.tone === 'err' ? <CloseOutlined aria-hidden="true" /> : <CheckOutlined aria-hidden="true" />;
}

export function Timeline({ document, nodeName }: Props) {
  const { t } = useTranslation('documents');
  const moments = timeline(document);
  if (moments.length === 0) return <p className={styles.quiet}>{t('timeline.none')}</p>;
  return (
    <ol className={styles.timeline}>
      {moments.map((moment) => (
        <li key={moment.key} data-tone={moment.tone}>
          <span className={styles.dot} aria-hidden="true">
            {icon(moment)}
          </span>
          <div>
            <p>
              <b>{t(`timeline.${moment.kind}`, { no: moment.rev, attempt: moment.attempt, node: nodeName(moment.node ?? ''), operation: moment.operation, defaultValue: moment.kind })}</b>{' '}
              {moment.tone !== 'info' && <span className={styles.verdict}>{t(moment.tone === 'err' ? 'timeline.failed' : 'timeline.ok')}</span>}
            </p>
            {moment.actor !== undefined && moment.actor !== '' && <p className={styles.quieter}>{t('timeline.by', { actor: moment.actor })}</p>}
            {moment.message !== undefined && moment.message !== '' && <p className={styles.quieter}>{moment.message}</p>}
            {moment.at !== undefined && (
              <p className={styles.quieter}>
                <When time={moment.at} as="exact" />
              </p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
