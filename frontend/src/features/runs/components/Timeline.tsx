import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, take } from '../../../shared/api/client';
import { keys } from '../../../shared/api/keys';
import type { FlowRequests, Run } from '../../../shared/api/types';
import { formatCount, formatTime } from '../../../shared/lib/format';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { When } from '../../../shared/ui/When';
import { isLive } from '../api';
import styles from '../Runs.module.css';

/** As many windows as the server tells of. */
const MOST = 50;

/** What happened in a run, the first first: it began, windows were read, it ended. */
export function Timeline({ run, nodeName }: { run: Run; nodeName: (id: string) => string }) {
  const { t } = useTranslation('runs');
  const live = isLive(run);
  const query = useQuery({
    queryKey: [...keys.run(run.id), 'timeline'],
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/requests', { params: { path: { id: run.flow }, query: { run: run.id } }, signal })),
    refetchInterval: live ? 5000 : false,
  });
  return (
    <section className={`${panel.panel} ${styles.gap}`} aria-labelledby="run-timeline">
      <div className={panel.head}>
        <h2 id="run-timeline">{t('timeline.title')}</h2>
      </div>
      <QueryView query={query}>
        {({ windows }) => (
          <ol className={styles.timeline}>
            <li>
              <When time={run.startedAt} as="exact" /> <b>{t(run.state === 'queued' ? 'timeline.queued' : 'timeline.started')}</b>
            </li>
            {windows.length >= MOST && <li>{t('timeline.newest', { count: MOST })}</li>}
            {[...windows].reverse().map((window) => (
              <WindowLine key={window.id} window={window} nodeName={nodeName} />
            ))}
            {!live && (
              <li data-state={run.state}>
                <When time={run.endedAt} as="exact" /> <b>{t('timeline.ended')}</b> {run.message}
              </li>
            )}
          </ol>
        )}
      </QueryView>
    </section>
  );
}

function WindowLine({ window, nodeName }: { window: FlowRequests['windows'][number]; nodeName: (id: string) => string }) {
  const { t, i18n } = useTranslation('runs');
  const time = (at: string | null | undefined) => formatTime(at, i18n.language) || '…';
  const number = (n: number) => formatCount(n, i18n.language);
  return (
    <li data-state={window.state}>
      <When time={window.updatedAt} as="exact" /> <b>{nodeName(window.node)}</b>{' '}
      {t(`timeline.${window.state}`, { pages: number(window.pages), rows: number(window.rows), defaultValue: window.state })}
      {(window.from !== undefined || window.to !== undefined) && <span className={panel.sub}> {t('timeline.range', { from: time(window.from), to: time(window.to) })}</span>}
      {window.attempt > 1 && <span className={panel.sub}> {t('timeline.again', { no: window.attempt })}</span>}
    </li>
  );
}
