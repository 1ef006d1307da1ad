import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { Banner } from '../../shared/ui/Banner';
import { Empty } from '../../shared/ui/Empty';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { PageHeader } from '../../shared/ui/PageHeader';
import { QueryView } from '../../shared/ui/QueryView';
import { useSources } from './api';
import { SourcePanel } from './components/SourcePanel';
import styles from './Readings.module.css';

/** How far the sources of a flow are read, and what can be done about it. */
export default function ReadingPage() {
  const { t } = useTranslation('readings');
  const { flowId = '' } = useParams();
  const sources = useSources(flowId);
  const flow = useFlows().data?.find(({ id }) => id === flowId);
  return (
    <>
      <PageHeader back={{ to: `/flows/${flowId}/overview`, label: flow?.title ?? t('flow') }} title={t('title')} lead={t('lead')} />
      <FlowTabs flow={flowId} />
      <QueryView query={sources}>
        {({ items, code, message }) => {
          if (code !== undefined) return <Banner tone="err" title={message ?? code}>{t('trouble')}</Banner>;
          if (items.length === 0) return <Empty art="dry" title={t(flow?.publishedVersion === 0 ? 'unpublished.title' : 'empty.title')} text={t(flow?.publishedVersion === 0 ? 'unpublished.text' : 'empty.text')} />;
          return (
            <div className={styles.sources}>
              {items.map((source) => (
                <SourcePanel key={source.node} flow={flowId} source={source} />
              ))}
            </div>
          );
        }}
      </QueryView>
    </>
  );
}
