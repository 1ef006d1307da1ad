import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { CodeTable } from '../../../shared/api/types';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Codes.module.css';

const SHOWN = 2;

/** The flows that name a table: the first, and how many more. */
export function Users({ users }: { users: CodeTable['usedBy'] }) {
  const { t } = useTranslation('codes');
  if (users.length === 0) return <span className={panel.sub}>{t('unused')}</span>;
  const rest = users.slice(SHOWN);
  return (
    <span className={styles.users}>
      {users.slice(0, SHOWN).map(({ id, title }) => (
        <Link key={id} to={`/flows/${id}/design`} title={title}>
          {title}
        </Link>
      ))}
      {rest.length > 0 && (
        <span className={panel.sub} title={rest.map(({ title }) => title).join('\n')}>
          {t('more', { count: rest.length })}
        </span>
      )}
    </span>
  );
}
