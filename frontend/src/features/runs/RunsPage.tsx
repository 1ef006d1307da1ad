import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams, useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { useMay } from '../../shared/api/session';
import type { Run, RunState } from '../../shared/api/types';
import { useNow } from '../../shared/hooks/useNow';
import { count, troubled } from '../../shared/lib/counts';
import { formatCount, formatSpan, spanBetween } from '../../shared/lib/format';
import { Empty } from '../../shared/ui/Empty';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { PauseButton } from '../../shared/ui/PauseButton';
import { QueryView } from '../../shared/ui/QueryView';
import { PausedTag, StateTag } from '../../shared/ui/StateTag';
import { When } from '../../shared/ui/When';
import { isLive, useRuns } from './api';
import { Trigger } from './components/Trigger';
import { ownPause, restOf } from './model/rest';
import styles from './Runs.module.css';

const STATES: RunState[] = ['queued', 'running', 'done', 'failed', 'cancelled'];

export default function RunsPage() {
  const { t } = useTranslation('runs');
  const [params, setParams] = useSearchParams();
  // Of all flows at /runs, of one at /flows/:flowId/runs.
  const { flowId } = useParams();
  const filter = { flow: flowId ?? params.get('flow') ?? '', state: params.get('state') ?? '' };
  const runs = useRuns(filter);
  const flows = useFlows();
  const set = (key: keyof typeof filter, value: string) =>
    setParams((now) => {
      if (value === '') now.delete(key);
      else now.set(key, value);
      return now;
    }, { replace: true });
  const filtered = (flowId === undefined && filter.flow !== '') || filter.state !== '';
  const flow = flows.data?.find(({ id }) => id === flowId);

  return (
    <>
      <PageHeader back={flowId === undefined ? undefined : { to: `/flows/${flowId}/overview`, label: flow?.title ?? t('column.flow') }} title={t('title')} lead={t('lead')} />
      {flowId !== undefined && <FlowTabs flow={flowId} />}
      <div className={panel.tools}>
        {flowId === undefined && (
          <select className={panel.field} value={filter.flow} aria-label={t('filter.flow')} onChange={(event) => set('flow', event.target.value)}>
            <option value="">{t('filter.anyFlow')}</option>
            {flows.data?.map((flow) => (
              <option key={flow.id} value={flow.id}>
                {flow.title}
              </option>
            ))}
          </select>
        )}
        <select className={panel.field} value={filter.state} aria-label={t('filter.state')} onChange={(event) => set('state', event.target.value)}>
          <option value="">{t('filter.anyState')}</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {t(`common:runState.${state}`)}
            </option>
          ))}
        </select>
        {filtered && (
          <Button type="text" onClick={() => setParams({}, { replace: true })}>
            {t('common:action.clear')}
          </Button>
        )}
      </div>
      <div className={panel.panel}>
        <QueryView query={runs}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            if (items.length === 0) return filtered ? <Empty art="search" title={t('noMatch')} /> : <Empty art="dry" title={t('empty.title')} text={t('empty.text')} />;
            return (
              <>
                <RunTable runs={items} />
                {runs.hasNextPage && (
                  <div className={panel.more}>
                    <Button loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
                      {t('common:action.loadMore')}
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </QueryView>
      </div>
    </>
  );
}

function RunTable({ runs }: { runs: Run[] }) {
  const { t, i18n } = useTranslation('runs');
  const now = useNow(1000);
  const mayOperate = useMay('operate');
  const number = (value: number) => formatCount(value, i18n.language);
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('title')}>
        <thead>
          <tr>
            <th scope="col">{t('column.state')}</th>
            <th scope="col">{t('column.flow')}</th>
            <th scope="col">{t('column.trigger')}</th>
            <th scope="col">{t('column.started')}</th>
            <th scope="col">{t('column.took')}</th>
            <th scope="col" className={panel.num}>
              {t('column.pulled')}
            </th>
            <th scope="col" className={panel.num}>
              {t('column.arrived')}
            </th>
            <th scope="col" className={panel.num}>
              {t('column.trouble')}
            </th>
            <th scope="col" className={panel.num}>
              {t('common:docState.retry_at')}
            </th>
            {mayOperate && (
              <th scope="col">
                <span className="kz-sr">{t('common:action.more')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const bad = troubled(run.counts);
            const took = run.state === 'queued' ? undefined : spanBetween(run.startedAt, isLive(run) ? undefined : run.endedAt, now);
            return (
              <tr key={run.id}>
                <td>
                  <span className={styles.states}>
                    <StateTag of="run" state={run.state} />
                    {run.paused === true && <PausedTag title={restOf(run, t)} />}
                  </span>
                </td>
                <td className={styles.flow}>
                  <Link to={`/runs/${run.id}`} className={panel.strong}>
                    {run.flowTitle}
                  </Link>
                  {run.message !== undefined && run.message !== '' && <div className={styles.message}>{run.message}</div>}
                </td>
                <td className={panel.sub}>
                  <Trigger run={run} />
                </td>
                <td className={panel.sub}>
                  <When time={run.startedAt} />
                </td>
                <td className={panel.sub}>{took === undefined ? '–' : formatSpan(took, t)}</td>
                <td className={panel.num}>{number(count(run.counts, 'pulled'))}</td>
                <td className={panel.num}>{number(count(run.counts, 'delivered') + count(run.counts, 'collected'))}</td>
                <td className={`${panel.num} ${bad > 0 ? styles.bad : ''}`}>{number(bad)}</td>
                <td className={panel.num}>{number(count(run.counts, 'retry_at'))}</td>
                {mayOperate && <td className={styles.act}>{isLive(run) && <PauseButton of="run" id={run.id} paused={ownPause(run)} name={run.flowTitle} />}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
