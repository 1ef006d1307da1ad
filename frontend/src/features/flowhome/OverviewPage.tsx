import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { useNodeName } from '../../shared/api/nodeNames';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { useOverview } from './api';
import { Clusters } from './components/Clusters';
import { Figures } from './components/Figures';
import { Paces } from './components/Paces';
import { Quotas } from './components/Quotas';
import { Verdict } from './components/Verdict';
import styles from './Flowhome.module.css';
import { readSpan, SPANS } from './model/spans';

/** How a flow is doing: a verdict, why, and how it went lately. */
export default function OverviewPage() {
  const { t } = useTranslation('flowhome');
  const { flowId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const span = readSpan(params.get('span'));
  const overview = useOverview(flowId, span);
  const flow = useFlows().data?.find(({ id }) => id === flowId);
  const nodeName = useNodeName(flowId, flow?.publishedVersion);
  return (
    <>
      <PageHeader back={{ to: '/flows', label: t('flows') }} title={flow?.title ?? t('flow')} lead={t('overview.lead')} />
      <FlowTabs flow={flowId} />
      <QueryView query={overview}>
        {(found) => (
          <>
            <Verdict flow={flowId} overview={found} plan={flow?.schedule} nodeName={nodeName} />
            <div className={styles.columns}>
              <section className={panel.panel} aria-labelledby="flow-clusters">
                <div className={panel.head}>
                  <h2 id="flow-clusters">{t('clusters.title')}</h2>
                </div>
                <Clusters flow={flowId} clusters={found.clusters} nodeName={nodeName} />
              </section>
              <div className={styles.stack}>
                <section className={panel.panel} aria-labelledby="flow-paces">
                  <div className={panel.head}>
                    <h2 id="flow-paces">{t('paces.title')}</h2>
                  </div>
                  <Paces nodes={found.nodes} nodeName={nodeName} />
                </section>
                <section className={panel.panel} aria-labelledby="flow-quota">
                  <div className={panel.head}>
                    <h2 id="flow-quota">{t('quota.title')}</h2>
                  </div>
                  <Quotas names={found.connections} />
                </section>
              </div>
            </div>
            <div className={styles.spans} role="group" aria-label={t('span.label')}>
              {SPANS.map((one) => (
                <button
                  key={one} type="button" aria-pressed={one === span}
                  onClick={() => setParams((now) => {
                    now.set('span', one);
                    return now;
                  }, { replace: true })}
                >
                  {t(`span.${one}`)}
                </button>
              ))}
            </div>
            <Figures overview={found} />
          </>
        )}
      </QueryView>
    </>
  );
}
