import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { useNodeName } from '../../shared/api/nodeNames';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { PageHeader } from '../../shared/ui/PageHeader';
import { QueryView } from '../../shared/ui/QueryView';
import { Tabs } from '../../shared/ui/Tabs';
import { useRequests } from './api';
import { Requests } from './components/Requests';
import { WriteQueue } from './components/WriteQueue';
import styles from './Flowhome.module.css';

/** What a flow reads and writes at this moment, and what waits. */
export default function QueuePage() {
  const { t } = useTranslation('flowhome');
  const { flowId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const flow = useFlows().data?.find(({ id }) => id === flowId);
  const nodeName = useNodeName(flowId, flow?.publishedVersion);
  const requests = useRequests(flowId);
  const set = (key: string, value: string) =>
    setParams((now) => {
      if (value === '') now.delete(key);
      else now.set(key, value);
      return now;
    }, { replace: true });
  return (
    <>
      <PageHeader back={{ to: `/flows/${flowId}/overview`, label: flow?.title ?? t('flow') }} title={t('queue.title')} lead={t('queue.lead')} />
      <FlowTabs flow={flowId} />
      <Tabs
        label={t('queue.title')} active={params.get('tab') ?? 'requests'} onChange={(tab) => set('tab', tab)}
        tabs={[
          {
            key: 'requests', label: t('queue.requests'),
            content: (
              <div className={styles.tab}>
                <QueryView query={requests}>{(found) => <Requests flow={flowId} published={(flow?.publishedVersion ?? 1) > 0} requests={found} nodeName={nodeName} />}</QueryView>
              </div>
            ),
          },
          {
            key: 'writes', label: t('queue.writes'),
            content: (
              <div className={styles.tab}>
                <WriteQueue flow={flowId} state={params.get('state') ?? ''} onState={(state) => set('state', state)} nodeName={nodeName} />
              </div>
            ),
          },
        ]}
      />
    </>
  );
}
