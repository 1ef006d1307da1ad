import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Run } from '../../../shared/api/types';
import { count, troubled } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import styles from '../Home.module.css';

export function LastRuns({ runs }: { runs: Run[] }) {
  const { t, i18n } = useTranslation('home');
  if (runs.length === 0) return <Empty art="dry" title={t('runs.none')} text={t('runs.noneText')} />;
  return (
    <ul className={styles.list}>
      {runs.map((run) => {
        const bad = troubled(run.counts);
        const again = count(run.counts, 'retry_at');
        const good = count(run.counts, 'delivered') + count(run.counts, 'collected');
        return (
          <li key={run.id}>
            <Link className={styles.run} to={`/runs/${run.id}`}>
              <StateTag of="run" state={run.state} />
              <span className={styles.runWords}>
                <span className={styles.runTitle}>{run.flowTitle}</span>
                <span className={styles.runCounts}>
                  <span>{t('runs.good', { count: good, shown: formatCount(good, i18n.language) })}</span>
                  {bad > 0 && <span className={styles.bad}>{t('runs.bad', { count: bad, shown: formatCount(bad, i18n.language) })}</span>}
                  {again > 0 && <span className={styles.again}>{t('runs.again', { count: again, shown: formatCount(again, i18n.language) })}</span>}
                </span>
              </span>
              <span className={styles.runTime}>
                <When time={run.startedAt} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
