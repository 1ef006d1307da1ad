import { ClearOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../shared/api/session';
import type { RetentionView } from '../../shared/api/types';
import { Banner } from '../../shared/ui/Banner';
import { useDialogs } from '../../shared/ui/dialogs';
import { HelpLink } from '../../shared/ui/HelpLink';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { useRetention, useRetentionActions } from './api';
import { AgesForm } from './components/AgesForm';
import { Passes } from './components/Passes';
import styles from './Retention.module.css';

const KEPT = ['documents', 'keys', 'reading', 'unfinished'] as const;

/** For how long things are kept, what was removed, and what always stays. */
export default function RetentionPage() {
  const { t } = useTranslation('retention');
  const retention = useRetention();
  const may = useMay('administer');
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={may && retention.data !== undefined ? <PurgeNow view={retention.data} /> : undefined} />
      <QueryView query={retention}>
        {(view) => (
          <div className={styles.parts}>
            {(view.running || view.asked) && <Progress view={view} />}
            {/* What somebody else set meanwhile begins the form anew. */}
            <AgesForm key={view.version} view={view} may={may} />
            <section className={panel.panel} aria-labelledby="retention-kept">
              <div className={panel.head}>
                <h2 id="retention-kept">{t('kept.title')}</h2>
                <HelpLink to="deployment#retention" title={t('title')} />
              </div>
              <ul className={styles.kept}>
                {KEPT.map((what) => (
                  <li key={what}>
                    <strong>{t(`kept.${what}.title`)}</strong>
                    <span>{t(`kept.${what}.text`)}</span>
                  </li>
                ))}
              </ul>
            </section>
            <Passes view={view} />
          </div>
        )}
      </QueryView>
    </>
  );
}

function PurgeNow({ view }: { view: RetentionView }) {
  const { t } = useTranslation('retention');
  const { ask } = useDialogs();
  const { purge } = useRetentionActions();
  return (
    <Button
      icon={<ClearOutlined aria-hidden="true" />}
      disabled={view.running || view.asked}
      onClick={() => ask({ title: t('now.title'), text: t('now.text'), submit: t('now.do'), danger: true, onConfirm: () => purge.mutateAsync() })}
    >
      {t('now.do')}
    </Button>
  );
}

/** A pass on its way: the counts grow with every batch. */
function Progress({ view }: { view: RetentionView }) {
  const { t } = useTranslation('retention');
  if (!view.running) return <Banner tone="info" title={t('now.asked')} />;
  const pass = view.passes[0];
  const n = pass === undefined ? 0 : pass.packs + pass.calls + pass.posts + pass.errands + pass.pages;
  return <Banner tone="info" title={t('now.running')}>{t('now.soFar', { count: n })}</Banner>;
}
