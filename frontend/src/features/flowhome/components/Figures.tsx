import { lazy, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { FlowOverview } from '../../../shared/api/types';
import { formatCount, formatSpan, formatTime } from '../../../shared/lib/format';
import { Later } from '../../../shared/ui/Later';
import { PageSkeleton } from '../../../shared/ui/PageSkeleton';
import panel from '../../../shared/ui/Panel.module.css';
import { type Figure, FIGURES, isFlat, LINES, totalsOf } from '../model/figures';
import styles from '../Flowhome.module.css';

// The drawing comes when there is something to draw.
const Chart = lazy(() => import('./Chart'));

/** What went through, what failed and how long it took: drawn, and as one table. */
export function Figures({ overview: { points, stepSeconds } }: { overview: FlowOverview }) {
  const { t, i18n } = useTranslation('flowhome');
  return (
    <>
      <div className={styles.figures}>
        {FIGURES.map((figure) => (
          <FigureView key={figure} figure={figure} points={points} step={stepSeconds} />
        ))}
      </div>
      <details className={styles.table}>
        <summary>{t('table.show')}</summary>
        <div className={panel.scroll} tabIndex={0} role="region" aria-label={t('table.title')}>
          <table className={panel.table} aria-label={t('table.title')}>
            <thead>
              <tr>
                <th scope="col">{t('table.at')}</th>
                {FIGURES.flatMap((figure) => LINES[figure].map(({ key }) => (
                  <th key={key} scope="col" className={panel.num}>
                    {t(`line.${key}`)}
                  </th>
                )))}
              </tr>
            </thead>
            <tbody>
              {points.map((point) => (
                <tr key={point.at}>
                  <th scope="row">{formatTime(point.at, i18n.language)}</th>
                  {FIGURES.flatMap((figure) => LINES[figure].map(({ key }) => (
                    <td key={key} className={panel.num}>
                      {figure !== 'latency' ? formatCount(point[key], i18n.language) : point.calls === 0 ? '–' : formatSpan(point[key], t)}
                    </td>
                  )))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function FigureView({ figure, points, step }: { figure: Figure; points: FlowOverview['points']; step: number }) {
  const { t, i18n } = useTranslation('flowhome');
  const id = useId();
  const totals = totalsOf(points, figure).map((total) => (figure === 'latency' ? formatSpan(total, t) : formatCount(total, i18n.language)));
  return (
    <section className={`${panel.panel} ${styles.figure}`} aria-labelledby={id}>
      <h2 id={id}>{t(`figure.${figure}.title`)}</h2>
      <p className={panel.sub}>{t(`figure.${figure}.sum`, { first: totals[0], second: totals[1] })}</p>
      {isFlat(points, figure) ? (
        <p className={styles.flat}>{t(`figure.${figure}.none`)}</p>
      ) : (
        <Later fallback={<PageSkeleton />}>
          <Chart figure={figure} points={points} step={step} />
        </Later>
      )}
    </section>
  );
}
