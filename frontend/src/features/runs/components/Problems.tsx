import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Run } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import { StateTag } from '../../../shared/ui/StateTag';
import styles from '../Runs.module.css';

const EXAMPLES = 3;

/** Documents of this run that did not arrive, grouped by reason. */
export function Problems({ run }: { run: Run }) {
  const { t, i18n } = useTranslation('runs');
  const groups = run.problems ?? [];
  if (groups.length === 0) return <Empty art="clear" title={t(run.state === 'running' ? 'problems.noneYet' : 'problems.none')} />;
  return (
    <ul className={styles.problems}>
      {groups.map((group) => (
        <li key={`${group.state} ${group.code} ${group.message}`}>
          <div className={styles.problemHead}>
            <StateTag of="document" state={group.state} count={formatCount(group.documents, i18n.language)} />
            <code>{group.code}</code>
          </div>
          <p>{group.message}</p>
          <p className={styles.examples}>
            <Link to={`/docs?run=${run.id}&state=${group.state}&code=${encodeURIComponent(group.code)}`}>{t('problems.all', { count: group.documents })}</Link>
            {(group.examples ?? []).slice(0, EXAMPLES).map((id) => (
              <Link key={id} to={`/docs/${id}`}>
                #{id}
              </Link>
            ))}
          </p>
        </li>
      ))}
    </ul>
  );
}
