import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { BulkJob } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { When } from '../../../shared/ui/When';
import { useJob, useMoveJob, useRefusals } from './api';
import styles from './Bulk.module.css';

interface Props {
  id: string;
  onClose: () => void;
}

/** How far a job is, what it could not do, and the ways to hold it up. */
export function JobPanel({ id, onClose }: Props) {
  const { t } = useTranslation('documents');
  const query = useJob(id);
  return (
    <section className={styles.job} aria-label={t('bulk.job.title')}>
      <QueryView query={query}>{(job) => <Job job={job} />}</QueryView>
      <Button size="small" type="text" className={styles.close} onClick={onClose}>
        {t('bulk.job.hide')}
      </Button>
    </section>
  );
}

function Job({ job }: { job: BulkJob }) {
  const { t, i18n } = useTranslation('documents');
  const { ask, tell } = useDialogs();
  const mayOperate = useMay('operate');
  const move = useMoveJob(job.id);
  const [listed, setListed] = useState(false);
  const number = (value: number) => formatCount(value, i18n.language);
  const moveTo = (verb: 'pause' | 'resume') => move.mutate(verb, { onError: (error) => tell(noticeOf(error, t('common:trouble.offline.title'))) });
  const going = job.state === 'running' || job.state === 'paused';
  return (
    <>
      <div className={styles.jobHead}>
        <b>{t(`bulk.job.what.${job.kind}`, { count: job.total, shown: number(job.total) })}</b>
        <span data-state={job.state} className={styles.state}>
          {t(`bulk.job.state.${job.state}`)}
        </span>
        <span className={styles.quiet}>
          {job.actor} · <When time={job.createdAt} />
          {job.note !== undefined && job.note !== '' && ` · ${job.note}`}
        </span>
      </div>
      <progress className={styles.progress} max={Math.max(job.total, 1)} value={job.done + job.refused} aria-label={t('bulk.job.progress')} />
      <div className={styles.numbers} aria-live="polite">
        <span>{t('bulk.job.done', { shown: number(job.done) })}</span>
        <span data-bad={job.refused > 0}>{t('bulk.job.refused', { shown: number(job.refused) })}</span>
        <span>{t(job.state === 'cancelled' ? 'bulk.job.untouched' : 'bulk.job.left', { shown: number(job.left) })}</span>
        {job.stoppedBy !== undefined && job.stoppedBy !== '' && <span className={styles.quiet}>{t(`bulk.job.by.${job.state === 'cancelled' ? 'cancelled' : 'paused'}`, { actor: job.stoppedBy })}</span>}
        {mayOperate && job.state === 'running' && (
          <Button size="small" loading={move.isPending} onClick={() => moveTo('pause')}>
            {t('common:pause.pause')}
          </Button>
        )}
        {mayOperate && job.state === 'paused' && (
          <Button size="small" loading={move.isPending} onClick={() => moveTo('resume')}>
            {t('common:pause.resume')}
          </Button>
        )}
        {mayOperate && going && (
          <Button
            size="small" danger disabled={move.isPending}
            onClick={() => ask({ title: t('bulk.job.cancelTitle'), text: t('bulk.job.cancelText'), submit: t('bulk.job.cancel'), cancel: t('bulk.job.keep'), danger: true, onConfirm: () => move.mutateAsync('cancel') })}
          >
            {t('bulk.job.cancel')}
          </Button>
        )}
        {job.refused > 0 && (
          <Button size="small" type="link" aria-expanded={listed} onClick={() => setListed(!listed)}>
            {t(listed ? 'bulk.job.hideRefusals' : 'bulk.job.showRefusals')}
          </Button>
        )}
      </div>
      {job.message !== undefined && job.message !== '' && <p className={styles.stuck}>{t('bulk.job.stuck', { why: job.message })}</p>}
      {listed && <Refusals id={job.id} />}
    </>
  );
}

function Refusals({ id }: { id: string }) {
  const { t } = useTranslation('documents');
  const query = useRefusals(id, true);
  return (
    <QueryView query={query}>
      {({ pages }) => (
        <div className={styles.refusals}>
          <table className={panel.table} aria-label={t('bulk.job.refusals')}>
            <tbody>
              {pages.flatMap((page) => page.items).map((one) => (
                <tr key={one.id}>
                  <td>
                    <Link to={`/docs/${one.id}`}>{one.number || one.key || `#${one.id}`}</Link>
                  </td>
                  <td className={panel.sub}>{one.flow}</td>
                  <td>{one.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {query.hasNextPage && (
            <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t('common:action.loadMore')}
            </Button>
          )}
        </div>
      )}
    </QueryView>
  );
}
