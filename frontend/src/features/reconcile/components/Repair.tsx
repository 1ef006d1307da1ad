import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError } from '../../../shared/api/errors';
import { useMay } from '../../../shared/api/session';
import type { Reconciliation, ReconciliationRun } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { When } from '../../../shared/ui/When';
import { useMissingPlan, useReconciliationActions } from '../api';
import styles from '../Reconcile.module.css';

const WAYS = ['fetch', 'retry', 'restore', 'moved'] as const;

/** Has the missing documents written, after it was said what becomes of each. */
export function Repair({ check, run }: { check: Reconciliation; run: ReconciliationRun }) {
  const { t } = useTranslation('reconcile');
  const mayOperate = useMay('operate');
  const [open, setOpen] = useState(false);
  const plan = useMissingPlan(check.id, run, open);
  const { repair } = useReconciliationActions();
  if (!open && (repair.data !== undefined || run.repairedAt !== undefined)) {
    return (
      <Banner tone="ok" title={t('repair.done')}>
        {run.repairedAt !== undefined && <When time={run.repairedAt} as="exact" />} {t('repair.next')} {repair.data?.runs.map((id) => <Link key={id} to={`/runs/${id}`}>{t('repair.run', { id })}</Link>)}{' '}
        <Link to={`/flows/${check.source.flow}/docs`}>{t('repair.documents')}</Link>
      </Banner>
    );
  }
  if (!mayOperate) return null;
  const nothing = plan.data !== undefined && plan.data.fetch + plan.data.retry + plan.data.restore === 0;
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t('repair.do', { count: run.counts.missing ?? 0 })}</Button>
      {open && (
        <Dialog title={t('repair.title')} submit={t('repair.confirm')} cancel={t('common:action.cancel')} pending={repair.isPending || plan.isPending} disabled={nothing || plan.isError} onSubmit={() => repair.mutate(run.id, { onSuccess: () => setOpen(false) })} onClose={() => setOpen(false)}>
          {(repair.error ?? plan.error) !== null && <Banner tone="err" title={asApiError(repair.error ?? plan.error).message}>{asApiError(repair.error ?? plan.error).hint}</Banner>}
          <p>{t('repair.text')}</p>
          {plan.data !== undefined && (
            <dl className={styles.plan}>
              {WAYS.filter((way) => plan.data[way] > 0).map((way) => <div key={way}><dt>{t(`repair.${way}`)}</dt><dd className="kz-num">{plan.data[way]}</dd></div>)}
            </dl>
          )}
        </Dialog>
      )}
    </>
  );
}
