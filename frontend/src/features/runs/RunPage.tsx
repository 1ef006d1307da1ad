import { StopOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useFlowVersion, useNodeName } from '../../shared/api/nodeNames';
import { useMay } from '../../shared/api/session';
import type { StreamState } from '../../shared/api/sse';
import type { Run } from '../../shared/api/types';
import { useNow } from '../../shared/hooks/useNow';
import { formatSpan, spanBetween } from '../../shared/lib/format';
import { Banner } from '../../shared/ui/Banner';
import { useDialogs } from '../../shared/ui/dialogs';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { PauseButton } from '../../shared/ui/PauseButton';
import { QueryView } from '../../shared/ui/QueryView';
import { PausedTag, StateTag } from '../../shared/ui/StateTag';
import { When } from '../../shared/ui/When';
import { isLive, useCancel, useRun } from './api';
import { Balance } from './components/Balance';
import { NodeTable } from './components/NodeTable';
import { Asked, Missing } from './components/Numbers';
import { Problems } from './components/Problems';
import { Timeline } from './components/Timeline';
import { Trigger } from './components/Trigger';
import { ownPause, restOf } from './model/rest';
import { pastOf } from './model/trigger';
import styles from './Runs.module.css';

export default function RunPage() {
  const { runId = '' } = useParams();
  const { query, live } = useRun(runId);
  return <QueryView query={query}>{(run) => <RunView run={run} live={live} />}</QueryView>;
}

function RunView({ run, live }: { run: Run; live: StreamState }) {
  const { t } = useTranslation('runs');
  const now = useNow(1000);
  const { ask: question } = useDialogs();
  const mayOperate = useMay('operate');
  const cancel = useCancel(run.id);
  const document = useFlowVersion(run.flow, run.version);
  const nodeName = useNodeName(run.flow, run.version);
  const took = spanBetween(run.startedAt, isLive(run) ? undefined : run.endedAt, now);

  const ask = () =>
    question({ title: t('cancel.title'), text: t('cancel.text'), submit: t('cancel.do'), danger: true, onConfirm: () => cancel.mutateAsync() });

  return (
    <>
      <PageHeader
        back={{ to: '/runs', label: t('title') }}
        title={run.flowTitle}
        marks={
          <>
            <StateTag of="run" state={run.state} />
            {run.paused === true && <PausedTag title={restOf(run, t)} />}
            {isLive(run) && (
              <span className={styles.live} data-state={live}>
                {t(live === 'live' ? 'common:live.on' : live === 'reconnecting' ? 'reconnecting' : 'common:live.connecting')}
              </span>
            )}
          </>
        }
        lead={
          <span className={styles.facts}>
            <span>{t('no', { id: run.id })}</span>
            <span>{t('version', { no: run.version })}</span>
            <Trigger run={run} nodes={document.data?.document} />
            <Asked run={run} />
            <span>
              <When time={run.startedAt} as="exact" />
            </span>
            {took !== undefined && run.state !== 'queued' && <span>{t('took', { span: formatSpan(took, t) })}</span>}
          </span>
        }
        actions={
          <>
            {pastOf(run) !== undefined && (
              <Link to={`/flows/${run.flow}/reading`}>
                <Button tabIndex={-1}>{t('past.page')}</Button>
              </Link>
            )}
            <Link to={`/flows/${run.flow}/design?run=${run.id}`}>
              <Button tabIndex={-1}>{t('canvas')}</Button>
            </Link>
            <Link to={`/docs?run=${run.id}`}>
              <Button tabIndex={-1}>{t('documents')}</Button>
            </Link>
            {mayOperate && isLive(run) && <PauseButton of="run" id={run.id} paused={ownPause(run)} />}
            {mayOperate && isLive(run) && (
              <Button danger icon={<StopOutlined aria-hidden="true" />} loading={cancel.isPending} onClick={ask}>
                {t('cancel.do')}
              </Button>
            )}
          </>
        }
      />
      {run.paused === true && run.flowPaused === true && (
        <div className={styles.gap}>
          <Banner tone="warn" title={t('common:pause.byFlow')} actions={mayOperate ? <PauseButton of="flow" id={run.flow} paused /> : undefined} />
        </div>
      )}
      {run.message !== undefined && run.message !== '' && (
        <div className={styles.gap}>
          <Banner tone={run.state === 'failed' ? 'err' : 'warn'} title={run.message}>
            {run.code !== undefined && <code>{run.code}</code>}
          </Banner>
        </div>
      )}
      <Missing run={run} />
      <section className={`${panel.panel} ${styles.gap}`} aria-labelledby="run-balance">
        <div className={panel.head}>
          <h2 id="run-balance">{t('balance.title')}</h2>
          {run.pulling && <span className={panel.sub}>{t(run.behind === true ? 'balance.behind' : 'balance.pulling')}</span>}
        </div>
        <Balance run={run} />
      </section>
      <div className={styles.columns}>
        <section className={panel.panel} aria-labelledby="run-nodes">
          <div className={panel.head}>
            <h2 id="run-nodes">{t('nodes.title')}</h2>
            <span className={panel.sub}>{t('nodes.note')}</span>
          </div>
          <NodeTable run={run} document={document.data?.document} />
        </section>
        <section className={panel.panel} aria-labelledby="run-problems">
          <div className={panel.head}>
            <h2 id="run-problems">{t('problems.title')}</h2>
          </div>
          <Problems run={run} />
        </section>
      </div>
      <Timeline run={run} nodeName={nodeName} />
    </>
  );
}
