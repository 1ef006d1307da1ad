import { useQuery } from '@tanstack/react-query';
import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { api, take } from '../../shared/api/client';
import { useConnections } from '../../shared/api/catalog';
import { useFlows } from '../../shared/api/flowNames';
import { keys } from '../../shared/api/keys';
import { useSession } from '../../shared/api/session';
import { usePollWhileDown } from '../../shared/hooks/useLive';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { Health } from './components/Health';
import { LastRuns } from './components/LastRuns';
import { NeedsYou } from './components/NeedsYou';
import { QuickStart } from './components/QuickStart';
import styles from './Home.module.css';

const RUNS = 8;

export default function HomePage() {
  const { t } = useTranslation('home');
  const { data: session } = useSession();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const refetchInterval = usePollWhileDown();
  const flows = useFlows();
  const facets = useQuery({ queryKey: [...keys.facets, 'all'], queryFn: ({ signal }) => take(api.GET('/documents/facets', { signal })), refetchInterval });
  const runs = useQuery({
    queryKey: [...keys.runs, 'last'],
    queryFn: ({ signal }) => take(api.GET('/runs', { params: { query: { limit: RUNS } }, signal })),
    refetchInterval,
  });
  const connections = useConnections();

  const steps = {
    connect: (connections.data?.length ?? 0) > 0,
    draw: (flows.data?.length ?? 0) > 0,
    publish: flows.data?.some((flow) => flow.publishedVersion > 0) ?? false,
    run: (runs.data?.items.length ?? 0) > 0,
  };
  const known = connections.data !== undefined && flows.data !== undefined && runs.data !== undefined;
  const showSteps = known && (params.get('start') === '1' || !(steps.draw && steps.run));

  return (
    <>
      <PageHeader
        title={t('title')}
        lead={t('hello', { name: session?.user.name ?? '' })}
        actions={
          <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => void navigate('/flows?new=1')}>
            {t('newFlow')}
          </Button>
        }
      />
      {showSteps && <QuickStart done={steps} />}
      <QueryView query={flows}>{(list) => (list.length === 0 ? null : <Health flows={list} facets={facets.data} />)}</QueryView>
      <div className={styles.columns}>
        <section className={panel.panel} aria-labelledby="home-needs">
          <div className={panel.head}>
            <h2 id="home-needs">{t('needs.title')}</h2>
            <Link to="/docs?state=needs_decision,rejected,unmapped">{t('needs.all')}</Link>
          </div>
          <QueryView query={facets}>{(found) => <NeedsYou facets={found} flows={flows.data ?? []} connections={connections.data ?? []} />}</QueryView>
        </section>
        <section className={panel.panel} aria-labelledby="home-runs">
          <div className={panel.head}>
            <h2 id="home-runs">{t('runs.title')}</h2>
            <Link to="/runs">{t('runs.all')}</Link>
          </div>
          <QueryView query={runs}>{(found) => <LastRuns runs={found.items} />}</QueryView>
        </section>
      </div>
    </>
  );
}
