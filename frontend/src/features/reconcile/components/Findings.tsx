import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { asApiError } from '../../../shared/api/errors';
import type { DocumentState, Reconciliation, ReconciliationFinding, ReconciliationRun } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { Empty } from '../../../shared/ui/Empty';
import { PageSkeleton } from '../../../shared/ui/PageSkeleton';
import panel from '../../../shared/ui/Panel.module.css';
import { StateTag } from '../../../shared/ui/StateTag';
import { type Kind, KINDS, useFindings } from '../api';
import styles from '../Reconcile.module.css';

/** The documents that are not the same on both sides. */
export function Findings({ check, run }: { check: Reconciliation; run: ReconciliationRun }) {
  const { t, i18n } = useTranslation('reconcile');
  const [params, setParams] = useSearchParams();
  const kind = KINDS.find((one) => one === params.get('kind'));
  const found = useFindings(check.id, run, kind);
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const choose = (next: Kind | undefined) => setParams((before) => {
    if (next === undefined) before.delete('kind');
    else before.set('kind', next);
    return before;
  }, { replace: true });
  return (
    <section className={`${panel.panel} ${styles.gap}`} aria-labelledby="reconcile-findings">
      <div className={panel.head}>
        <h2 id="reconcile-findings">{t('findings')}</h2>
        <div className={styles.kinds} role="group" aria-label={t('findings')}>
          {[undefined, ...KINDS].map((one) => (
            <button key={one ?? 'all'} type="button" aria-pressed={kind === one} onClick={() => choose(one)}>
              {one === undefined ? t('all') : `${t(`kind.${one}`)} ${formatCount(run.counts[one] ?? 0, i18n.language)}`}
            </button>
          ))}
        </div>
      </div>
      {found.error !== null && <Banner tone="err" title={asApiError(found.error).message}>{asApiError(found.error).hint}</Banner>}
      {found.isPending ? <PageSkeleton /> : rows.length === 0 ? <Empty title={t('nothing')} text={t('nothingText')} /> : (
        <div className={panel.scroll}>
          <table className={panel.table} aria-labelledby="reconcile-findings">
            <thead>
              <tr>
                <th scope="col">{t('column.kind')}</th>
                <th scope="col">{check.spec.key.title || t('column.key')}</th>
                <th scope="col">{t('column.what')}</th>
                <th scope="col">{t('column.state')}</th>
              </tr>
            </thead>
            <tbody>{rows.map((finding) => <Row key={finding.no} finding={finding} />)}</tbody>
          </table>
        </div>
      )}
      {found.hasNextPage && <div className={styles.more}><Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t('common:action.more')}</Button></div>}
    </section>
  );
}

function Row({ finding }: { finding: ReconciliationFinding }) {
  const { t } = useTranslation('reconcile');
  return (
    <tr>
      <td><span className={styles.kind} data-kind={finding.kind}>{t(`kind.${finding.kind}`)}</span></td>
      <td className={styles.key}>
        {finding.document === undefined ? finding.key : <Link to={`/docs/${finding.document}`} className={panel.strong}>{finding.key}</Link>}
        {finding.number !== finding.key && <div className={panel.sub}>{finding.number}</div>}
      </td>
      <td>
        {(finding.kind === 'doubled' || finding.kind === 'missing') && finding.target > 0 && <div>{t('times', { source: finding.source, target: finding.target })}</div>}
        {finding.differences?.map(({ title, source, target }, i) => (
          <div key={i}>{title}: <span className={styles.value}>{source || t('blank')}</span> → <span className={styles.value}>{target || t('blank')}</span></div>
        ))}
      </td>
      <td>{finding.state === undefined ? finding.kind === 'missing' && <span className={panel.sub}>{t('neverRead')}</span> : <StateTag of="document" state={finding.state as DocumentState} />}</td>
    </tr>
  );
}
