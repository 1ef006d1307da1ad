import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { QueueEntry } from '../../../shared/api/types';
import panel from '../../../shared/ui/Panel.module.css';

/** What an entry is about, and how often a worker took it up. */
export function EntryWords({ entry, name }: { entry: QueueEntry; name: string }) {
  const { t } = useTranslation('flowhome');
  return (
    <>
      {entry.document === undefined ? <b>{name}</b> : <Link className={panel.strong} to={`/docs/${entry.document}`}>{name}</Link>}
      {entry.number !== undefined && entry.key !== undefined && entry.number !== entry.key && <div className={panel.sub}>{entry.key}</div>}
      {entry.walks > 1 && <div className={panel.sub}>{t('writes.walks', { count: entry.walks })}</div>}
    </>
  );
}
