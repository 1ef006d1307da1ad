import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { formatCount } from '../../../shared/lib/format';
import { Dialog } from '../../../shared/ui/Dialog';
import { Empty } from '../../../shared/ui/Empty';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { When } from '../../../shared/ui/When';
import { useJobs } from './api';
import styles from './Bulk.module.css';

interface Props {
  onChoose: (id: string) => void;
  onClose: () => void;
}

/** The jobs so far. Choosing one shows how it stands. */
export function JobsDialog({ onChoose, onClose }: Props) {
  const { t, i18n } = useTranslation('documents');
  const query = useJobs();
  const number = (value: number) => formatCount(value, i18n.language);
  return (
    <Dialog size="large" title={t('bulk.jobs.title')} submit={t('common:action.close')} onSubmit={onClose} onClose={onClose}>
      <QueryView query={query}>
        {({ pages }) => {
          const jobs = pages.flatMap((page) => page.items);
          if (jobs.length === 0) return <Empty art="dry" title={t('bulk.jobs.none')} />;
          return (
            <div className={panel.scroll}>
              <table className={panel.table} aria-label={t('bulk.jobs.title')}>
                <tbody>
                  {jobs.map((job) => (
                    <tr key={job.id}>
                      <td>
                        <Button type="link" size="small" onClick={() => onChoose(job.id)}>
                          {t(`bulk.job.what.${job.kind}`, { count: job.total, shown: number(job.total) })}
                        </Button>
                      </td>
                      <td>
                        <span data-state={job.state} className={styles.state}>
                          {t(`bulk.job.state.${job.state}`)}
                        </span>
                      </td>
                      <td>{t('bulk.job.done', { shown: number(job.done) })}</td>
                      <td>{t('bulk.job.refused', { shown: number(job.refused) })}</td>
                      <td className={panel.sub}>{[job.actor, job.note].filter(Boolean).join(' · ')}</td>
                      <td className={panel.sub}>
                        <When time={job.createdAt} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {query.hasNextPage && (
                <div className={panel.more}>
                  <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    {t('common:action.loadMore')}
                  </Button>
                </div>
              )}
            </div>
          );
        }}
      </QueryView>
    </Dialog>
  );
}
