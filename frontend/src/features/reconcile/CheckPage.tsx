import { EditOutlined, PlayCircleOutlined, StopOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { asApiError } from '../../shared/api/errors';
import { useMay } from '../../shared/api/session';
import type { Reconciliation, ReconciliationRun } from '../../shared/api/types';
import { Banner } from '../../shared/ui/Banner';
import { useDialogs } from '../../shared/ui/dialogs';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { ScheduleWords } from '../../shared/schedule/Plan';
import { QueryView } from '../../shared/ui/QueryView';
import { When } from '../../shared/ui/When';
import { useReconciliation, useReconciliationActions } from './api';
import { CheckDialog } from './components/CheckDialog';
import { Findings } from './components/Findings';
import { Groups } from './components/Groups';
import { Repair } from './components/Repair';
import { Verdict } from './components/Verdict';
import styles from './Reconcile.module.css';

export default function CheckPage() {
  const { checkId = '' } = useParams();
  const check = useReconciliation(checkId);
  return <QueryView query={check}>{(data) => <Check check={data} runs={data.runs} />}</QueryView>;
}

function Check({ check, runs }: { check: Reconciliation; runs: ReconciliationRun[] }) {
  const { t } = useTranslation('reconcile');
  const navigate = useNavigate();
  const { ask } = useDialogs();
  const mayEdit = useMay('edit');
  const mayOperate = useMay('operate');
  const actions = useReconciliationActions();
  const [params, setParams] = useSearchParams();
  const [editing, setEditing] = useState(false);
  const run = runs.find(({ id }) => id === params.get('run')) ?? runs[0];
  const busy = runs[0]?.state === 'running' ? runs[0] : undefined;
  const refused = actions.run.error ?? actions.cancel.error;
  const remove = () => ask({ title: t('delete.title', { title: check.title }), text: t('delete.text'), submit: t('common:action.delete'), danger: true, onConfirm: async () => {
    await actions.remove.mutateAsync(check.id);
    void navigate('/reconcile');
  } });
  return (
    <>
      <PageHeader
        back={{ to: '/reconcile', label: t('title') }}
        title={check.title}
        lead={
          <>
            {t('days', { count: check.days })} · {check.schedule === undefined ? t('byHand') : <ScheduleWords crons={[check.schedule]} />}
          </>
        }
        actions={
          <>
            {mayEdit && <Button danger onClick={remove}>{t('common:action.delete')}</Button>}
            {mayEdit && <Button icon={<EditOutlined aria-hidden="true" />} onClick={() => setEditing(true)}>{t('edit')}</Button>}
            {mayOperate && (busy === undefined
              ? <Button type="primary" icon={<PlayCircleOutlined aria-hidden="true" />} loading={actions.run.isPending} onClick={() => { setParams({}); actions.run.mutate(check.id); }}>{t('run')}</Button>
              : <Button icon={<StopOutlined aria-hidden="true" />} loading={actions.cancel.isPending} onClick={() => actions.cancel.mutate(busy.id)}>{t('stop')}</Button>)}
          </>
        }
      />
      {refused !== null && <div className={styles.gap}><Banner tone="err" title={asApiError(refused).message}>{asApiError(refused).hint}</Banner></div>}
      {run === undefined
        ? <div className={panel.panel}><Empty title={t('none.title')} text={t('none.text')} /></div>
        : <Result check={check} run={run} />}
      {runs.length > 1 && (
        <section className={`${panel.panel} ${styles.gap}`} aria-labelledby="reconcile-runs">
          <div className={panel.head}><h2 id="reconcile-runs">{t('history')}</h2></div>
          <ul className={styles.history}>
            {runs.map((one) => (
              <li key={one.id}>
                <button type="button" aria-pressed={one.id === run?.id} onClick={() => setParams({ run: one.id }, { replace: true })}>
                  <When time={one.startedAt} as="exact" />
                  <Verdict run={one} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {editing && <CheckDialog check={check} onDone={() => setEditing(false)} onClose={() => setEditing(false)} />}
    </>
  );
}

function Result({ check, run }: { check: Reconciliation; run: ReconciliationRun }) {
  const { t } = useTranslation('reconcile');
  return (
    <>
      <section className={`${panel.panel} ${styles.gap}`} aria-labelledby="reconcile-result">
        <div className={panel.head}>
          <h2 id="reconcile-result">{t('result')}</h2>
          <span className={panel.sub}><When time={run.from} as="exact" /> – <When time={run.to} as="exact" /></span>
        </div>
        <div className={styles.summary} aria-live="polite">
          <Verdict run={run} />
          {run.state === 'done' && <dl className={styles.facts}>
            {(['source', 'target', 'same', 'excused'] as const).map((fact) => <div key={fact}><dt>{t(`fact.${fact}`)}</dt><dd className="kz-num">{run[fact].toLocaleString()}</dd></div>)}
          </dl>}
          {run.state === 'done' && (run.counts.missing ?? 0) > 0 && <Repair check={check} run={run} />}
        </div>
      </section>
      {run.state === 'done' && run.groups.length > 0 && <Groups check={check} run={run} />}
      {run.state === 'done' && <Findings check={check} run={run} />}
    </>
  );
}
