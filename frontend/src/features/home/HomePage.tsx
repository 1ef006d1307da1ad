import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useMay, useSession } from '../../shared/api/session';
import { setPreferences, usePreferences } from '../../shared/lib/preferences.store';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { useHome, useLastRuns } from './api';
import { Health } from './components/Health';
import { LastRuns } from './components/LastRuns';
import { NeedsYou } from './components/NeedsYou';
import { QuickStart } from './components/QuickStart';
import { stepsOf } from './model/needs';
import styles from './Home.module.css';

export default function HomePage() {
  const { t } = useTranslation('home');
  const { data: session } = useSession();
  const mayEdit = useMay('edit');
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const home = useHome();
  const runs = useLastRuns();
  const hidden = usePreferences((state) => state.stepsHidden);

  const asked = params.get('start') === '1';
  const fresh = home.data !== undefined && !home.data.steps.delivered;
  const hide = () => {
    setPreferences({ stepsHidden: true });
    setParams({}, { replace: true });
  };

  return (
    <>
      <PageHeader
        title={t('title')}
        lead={t('hello', { name: session?.user.name ?? '' })}
        actions={
          mayEdit && (
            <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => void navigate('/flows?new=1')}>
              {t('newFlow')}
            </Button>
          )
        }
      />
      {home.data !== undefined && (asked || (fresh && !hidden)) && <QuickStart steps={stepsOf(home.data)} onHide={hide} />}
      {home.data?.steps.drawn === true && <Health home={home.data} />}
      <div className={styles.columns}>
        <section className={panel.panel} aria-labelledby="home-needs">
          <div className={panel.head}>
            <h2 id="home-needs">{t('needs.title')}</h2>
            <Link to="/docs?state=needs_decision,rejected,unmapped">{t('needs.all')}</Link>
          </div>
          <QueryView query={home}>{(found) => <NeedsYou home={found} />}</QueryView>
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
