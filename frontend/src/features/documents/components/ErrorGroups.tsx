import { useTranslation } from 'react-i18next';
import type { DocumentQuery } from '../../../shared/api/types';
import type { Facets } from '../../../shared/api/types';
import { NEEDS_YOU } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import styles from '../Documents.module.css';

interface Props {
  groups: Facets['codes'];
  filter: DocumentQuery;
  onChange: (changes: { state: string; code: string }) => void;
}

const SHOWN = 4;
const ORDER: readonly string[] = [...NEEDS_YOU, 'retry_at'];

/** The reasons why documents wait, biggest first; those that the system tries again come last. Choosing one shows its documents and offers to act on all of them. */
export function ErrorGroups({ groups, filter, onChange }: Props) {
  const { t, i18n } = useTranslation('documents');
  const waiting = groups.filter(({ state }) => ORDER.includes(state)).sort((a, b) => Number(a.state === 'retry_at') - Number(b.state === 'retry_at') || b.documents - a.documents);
  if (waiting.length === 0) return null;
  const active = (group: Facets['codes'][number]) => filter.code === group.code && filter.state === group.state;
  const shown = waiting.filter((group, i) => i < SHOWN || active(group));
  return (
    <div className={styles.groups} data-coach="ledger-groups" role="group" aria-label={t('groups')}>
      {shown.map((group) => (
        <button
          key={`${group.state} ${group.code} ${group.message}`}
          type="button"
          className={styles.group}
          data-state={group.state}
          aria-pressed={active(group)}
          title={group.message}
          onClick={() => onChange(active(group) ? { state: '', code: '' } : { state: group.state, code: group.code })}
        >
          <b className="kz-num">{formatCount(group.documents, i18n.language)}</b>
          <span>{group.message}</span>
          <small>{t(`common:docState.${group.state}`)}</small>
        </button>
      ))}
    </div>
  );
}
