import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { FlowOverview } from '../../../shared/api/types';
import { isMissingCode } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import styles from '../Flowhome.module.css';

/** Why documents stand still, what to do about it, and since when. */
export function Clusters({ flow, clusters, nodeName }: { flow: string; clusters: FlowOverview['clusters']; nodeName: (id: string) => string }) {
  const { t, i18n } = useTranslation('flowhome');
  if (clusters.length === 0) return <Empty art="clear" title={t('clusters.none')} />;
  return (
    <ul className={styles.clusters}>
      {clusters.map(({ state, code, message, hint, node, documents, since }) => (
        <li key={`${state} ${code}`}>
          <span className={styles.clusterHead}>
            <StateTag of="document" state={state} count={formatCount(documents, i18n.language)} />
            <b>{message || code}</b>
          </span>
          <span className={styles.next}>
            <b>{t('clusters.next')}</b> {hint !== undefined && hint !== '' ? hint : t(`clusters.hint.${state}`, { defaultValue: t('clusters.look') })}
          </span>
          <span className={styles.more}>
            <code>{code}</code>
            {node !== undefined && <span>{nodeName(node)}</span>}
            {since !== undefined && (
              <span>
                {t('clusters.since')} <When time={since} />
              </span>
            )}
            <Link to={isMissingCode(code) ? '/codes?tab=missing' : `/flows/${flow}/docs?state=${state}&code=${encodeURIComponent(code)}`}>{t(isMissingCode(code) ? 'clusters.codes' : 'clusters.documents')}</Link>
          </span>
        </li>
      ))}
    </ul>
  );
}
