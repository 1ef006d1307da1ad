import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { asApiError } from '../../shared/api/errors';
import { useFlows } from '../../shared/api/flowNames';
import { useMay } from '../../shared/api/session';
import { formatCount } from '../../shared/lib/format';
import { Banner } from '../../shared/ui/Banner';
import { Empty } from '../../shared/ui/Empty';
import { ExportMenu } from '../../shared/ui/ExportMenu';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { type DryRun, fetchDryExport, useDryRunOrders, useDryRuns, type Verdict } from './api';
import { Documents } from './components/Documents';
import { StartForm } from './components/StartForm';
import styles from './DryRuns.module.css';

const VERDICTS: Verdict[] = ['create', 'update', 'skip', 'reject', 'decide', 'unmapped', 'filtered', 'unknown'];

/** Documents go through the real flow with nothing written, side by side with what the target holds. */
export default function DryRunPage() {
  const { t } = useTranslation('dryruns');
  const { flowId = '' } = useParams();
  const flow = useFlows().data?.find(({ id }) => id === flowId);
  const runs = useDryRuns(flowId);
  const mayEdit = useMay('edit');
  const orders = useDryRunOrders(flowId);
  const refused = orders.start.error ?? orders.cancel.error;
  return (
    <>
      <PageHeader back={{ to: `/flows/${flowId}/overview`, label: flow?.title ?? t('flow') }} title={t('title')} lead={t('lead')} />
      <FlowTabs flow={flowId} />
      {mayEdit && <StartForm published={(flow?.publishedVersion ?? 0) > 0} pending={orders.start.isPending} onStart={(asked) => orders.start.mutate(asked)} />}
      {refused !== null && (
        <Banner tone="err" title={asApiError(refused).message}>
          {asApiError(refused).hint}
        </Banner>
      )}
      <QueryView query={runs}>
        {({ items }) => {
          const [newest] = items;
          if (newest === undefined) return <Empty title={t('none')} text={t('noneText')} />;
          return <Result key={newest.id} flow={flowId} name={flow?.title ?? ''} run={newest} onCancel={mayEdit ? () => orders.cancel.mutate(newest.id) : undefined} />;
        }}
      </QueryView>
    </>
  );
}

function Result({ flow, name, run, onCancel }: { flow: string; name: string; run: DryRun; onCancel: (() => void) | undefined }) {
  const { t, i18n } = useTranslation('dryruns');
  const [params, setParams] = useSearchParams();
  const verdict = VERDICTS.find((one) => one === params.get('verdict')) ?? '';
  const choose = (next: string) => setParams(next === '' ? {} : { verdict: next }, { replace: true });
  const running = run.state === 'running';
  return (
    <section aria-label={t('list')} className={`${panel.panel} ${styles.result}`}>
      {run.fault !== undefined && (
        <Banner tone="err" title={run.fault.message}>
          {run.fault.hint}
        </Banner>
      )}
      <div className={styles.head}>
        <p role="status">
          <b>{t(`state.${run.state}`)}</b> · {t(running ? 'running' : 'over', { read: run.read, count: run.count })}
        </p>
        {running && onCancel !== undefined && <Button onClick={onCancel}>{t('common:action.cancel')}</Button>}
        {!running && run.read > 0 && <ExportMenu name={`${name} ${t('title')}`} fetch={(format, signal) => fetchDryExport(run.id, verdict, format, signal)} />}
      </div>
      <p className={styles.note}>
        {run.dropped > 0 && `${t('dropped', { count: run.dropped })} · `}
        {run.expires !== undefined && t('kept', { at: new Date(run.expires).toLocaleTimeString(i18n.language) })}
        {run.clipped && ` · ${t('clipped')}`}
      </p>
      <div className={styles.chips} role="group" aria-label={t('verdicts')}>
        {(['', ...VERDICTS] as const).filter((one) => one === '' || (run.verdicts[one] ?? 0) > 0).map((one) => (
          <button key={one} type="button" aria-pressed={one === verdict} onClick={() => choose(one)}>
            {t(`verdict.${one || 'all'}`)} <b className="kz-num">{formatCount(one === '' ? run.read : (run.verdicts[one] ?? 0), i18n.language)}</b>
          </button>
        ))}
      </div>
      <Documents flow={flow} run={run.id} verdict={verdict} read={run.read} />
    </section>
  );
}
