import { lazy } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { Later } from '../../../shared/ui/Later';
import { PageSkeleton } from '../../../shared/ui/PageSkeleton';
import panel from '../../../shared/ui/Panel.module.css';
import type { LedgerDocument } from '../model/detail';
import { useLineage } from './api';
import styles from './Lineage.module.css';

const LineageGraph = lazy(() => import('./LineageGraph'));

/** Where a document came from and what became of it, over several flows. */
export function LineagePanel({ document }: { document: LedgerDocument }) {
  const { t } = useTranslation('documents');
  const { data: graph, error } = useLineage(document.id, document.updatedAt ?? '');
  if (graph === undefined && error === null) return null;
  return (
    <section className={panel.panel} aria-labelledby="document-lineage">
      <div className={panel.head}>
        <h2 id="document-lineage">{t('lineage.title')}</h2>
      </div>
      {error !== null && <Banner tone="err">{asApiError(error).message}</Banner>}
      {graph?.cut.map((why) => (
        <p key={why} className={styles.cut}>
          {t(`lineage.cut.${why}`, { defaultValue: why })}
        </p>
      ))}
      {graph !== undefined && graph.edges.length === 0 && <p className={styles.empty}>{t('lineage.none')}</p>}
      {graph !== undefined && graph.edges.length > 0 && (
        <Later fallback={<PageSkeleton rows={3} />}>
          <LineageGraph graph={graph} />
        </Later>
      )}
    </section>
  );
}
