import { useTranslation } from 'react-i18next';
import type { FlowOverview } from '../../../shared/api/types';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Flowhome.module.css';

/** How long each node takes, the slowest first. */
export function Paces({ nodes, nodeName }: { nodes: FlowOverview['nodes']; nodeName: (id: string) => string }) {
  const { t, i18n } = useTranslation('flowhome');
  if (nodes.length === 0) return <Empty art="dry" title={t('paces.none')} />;
  const longest = Math.max(1, ...nodes.map(({ meanMs }) => meanMs));
  return (
    <div className={panel.scroll} tabIndex={0} role="group" aria-label={t('paces.title')}>
      <table className={panel.table} aria-label={t('paces.title')}>
        <thead>
          <tr>
            <th scope="col">{t('paces.node')}</th>
            <th scope="col">{t('paces.mean')}</th>
            <th scope="col" className={panel.num}>
              {t('paces.of')}
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map(({ node, kind, meanMs, of }, i) => (
            <tr key={`${node} ${kind}`}>
              <td className={panel.strong}>
                {nodeName(node)} {i === 0 && nodes.length > 1 && <span className={styles.slowest}>{t('paces.slowest')}</span>}
              </td>
              <td>
                <meter className={styles.meter} min={0} max={longest} value={meanMs} aria-hidden="true" /> {t(`paces.${kind}`, { span: formatSpan(meanMs, t) })}
              </td>
              <td className={panel.num}>{formatCount(of, i18n.language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
