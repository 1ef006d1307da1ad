import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { FlowRequests } from '../../../shared/api/types';
import { formatCount, formatTime } from '../../../shared/lib/format';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import { Empty } from '../../../shared/ui/Empty';
import panel from '../../../shared/ui/Panel.module.css';
import { PausedTag, StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useReadingOrders } from '../api';
import styles from '../Flowhome.module.css';
import { Order } from './Order';
import { PageRequests } from './PageRequests';

interface Props {
  flow: string;
  published: boolean;
  requests: FlowRequests;
  nodeName: (id: string) => string;
}

/** What a flow reads, or read last: windows and the pages that came. */
export function Requests({ flow, published, requests, nodeName }: Props) {
  const { t, i18n } = useTranslation('flowhome');
  const { run, pulling, paused, orders, windows, pages } = requests;
  const mayOperate = useMay('operate');
  const { ask, tell, toast } = useDialogs();
  const { start, cancel, pause } = useReadingOrders(flow, run?.id ?? '');
  const onError = (error: unknown) => tell(noticeOf(error, t('common:trouble.offline.title')));
  const number = (n: number) => formatCount(n, i18n.language);
  const time = (at: string | null | undefined) => formatTime(at, i18n.language);
  const going = run !== undefined && (run.state === 'queued' || run.state === 'running');
  const startOrder = published ? { allowed: !pulling, message: t('requests.reading') } : { allowed: false, message: t('requests.unpublished') };
  return (
    <>
      <section className={`${panel.panel} ${styles.reading}`} aria-label={t('requests.run')}>
        {run === undefined ? (
          <span>{t('requests.never')}</span>
        ) : (
          <span className={styles.readingFacts} aria-live="polite">
            <StateTag of="run" state={run.state} />
            {paused && <PausedTag />}
            <Link to={`/runs/${run.id}`}>{t('requests.runNo', { id: run.id })}</Link>
            <When time={run.startedAt} />
            <span>{t(pulling ? 'requests.pulling' : 'requests.pulled')}</span>
            {run.message !== undefined && run.message !== '' && <b className={styles.bad}>{run.message}</b>}
          </span>
        )}
        {mayOperate && (
          <span className={styles.orders}>
            <Order label={t('requests.start')} of={t('requests.run')} may={startOrder} busy={start.isPending} onOrder={() => start.mutate(undefined, { onSuccess: () => toast(t('requests.started')), onError })} />
            {going && orders !== undefined && (
              <>
                <Order label={t(paused ? 'common:pause.resume' : 'common:pause.pause')} of={t('requests.runNo', { id: run.id })} may={paused ? orders.resume : orders.pause} busy={pause.isPending} onOrder={() => pause.mutate(!paused, { onError })} />
                <Order
                  label={t('requests.cancel')} of={t('requests.runNo', { id: run.id })} may={orders.cancel} danger busy={cancel.isPending}
                  onOrder={() => ask({ title: t('requests.cancelTitle'), text: t('requests.cancelText'), submit: t('requests.cancelDo'), danger: true, onConfirm: () => cancel.mutateAsync() })}
                />
              </>
            )}
          </span>
        )}
      </section>
      {windows.length === 0 ? (
        <Empty art="dry" title={t('requests.none')} text={t('requests.noneText')} />
      ) : (
        <>
          <h2 className={styles.heading}>{t('requests.windows')}</h2>
          <div className={`${panel.panel} ${panel.scroll}`} tabIndex={0} role="region" aria-label={t('requests.windows')}>
            <table className={panel.table} aria-label={t('requests.windows')}>
              <thead>
                <tr>
                  {(['source', 'state', 'kind', 'range', 'attempt', 'updated'] as const).map((column) => (
                    <th key={column} scope="col">
                      {t(`requests.column.${column}`)}
                    </th>
                  ))}
                  {(['pages', 'rows'] as const).map((column) => (
                    <th key={column} scope="col" className={panel.num}>
                      {t(`requests.column.${column}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {windows.map((window) => (
                  <tr key={window.id}>
                    <td className={panel.strong}>{nodeName(window.node)}</td>
                    <td>{t(`requests.state.${window.state}`, { defaultValue: window.state })}</td>
                    <td>{t(`requests.kind.${window.kind}`, { defaultValue: window.kind })}</td>
                    <td>{window.from === undefined && window.to === undefined ? '–' : t('requests.range', { from: time(window.from) || '…', to: time(window.to) || '…' })}</td>
                    <td>{t('requests.attempt', { no: window.attempt })}</td>
                    <td>
                      <When time={window.updatedAt} />
                    </td>
                    <td className={panel.num}>{number(window.pages)}</td>
                    <td className={panel.num}>{number(window.rows)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <h2 className={styles.heading}>{t('requests.pages')}</h2>
          <div className={`${panel.panel} ${panel.scroll}`} tabIndex={0} role="region" aria-label={t('requests.pages')}>
            <table className={panel.table} aria-label={t('requests.pages')}>
              <thead>
                <tr>
                  <th scope="col">{t('requests.column.source')}</th>
                  <th scope="col">{t('requests.column.page')}</th>
                  <th scope="col">{t('requests.column.came')}</th>
                  {(['rows', 'accepted', 'unchanged', 'ignored', 'dropped', 'total'] as const).map((column) => (
                    <th key={column} scope="col" className={panel.num}>
                      {t(`requests.column.${column}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {pages.map((page) => (
                  <tr key={`${page.window} ${page.attempt} ${page.no}`}>
                    <td className={panel.strong}>{nodeName(page.node)}</td>
                    <td>{t(page.attempt > 1 ? 'requests.pageAgain' : 'requests.page', { no: page.no, attempt: page.attempt })}</td>
                    <td>
                      <When time={page.at} as="exact" />
                    </td>
                    {(['rows', 'accepted', 'unchanged', 'ignored', 'dropped'] as const).map((column) => (
                      <td key={column} className={panel.num}>
                        {number(page[column])}
                      </td>
                    ))}
                    <td className={panel.num}>{page.total === undefined ? '–' : number(page.total)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <PageRequests flow={flow} reading={pulling} nodeName={nodeName} />
          {run !== undefined && (
            <p className={styles.foot}>
              <Link to={`/docs?run=${run.id}`}>{t('requests.documents')}</Link>
            </p>
          )}
        </>
      )}
    </>
  );
}
