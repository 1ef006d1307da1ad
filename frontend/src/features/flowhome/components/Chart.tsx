import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { FlowOverview } from '../../../shared/api/types';
import { useDark } from '../../../shared/hooks/useDark';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { columnsOf, type Figure, LINES } from '../model/figures';
import styles from '../Flowhome.module.css';

const HEIGHT = 180;

interface Props {
  figure: Figure;
  points: FlowOverview['points'];
  /** How long a step is (s). */
  step: number;
}

/** A figure over time. What it shows stands in a table beside it as well. */
export default function Chart({ figure, points, step }: Props) {
  const { t, i18n } = useTranslation('flowhome');
  const dark = useDark();
  const host = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number>();
  const data = useMemo(() => columnsOf(points, figure), [points, figure]);
  const { language } = i18n;

  useEffect(() => {
    const box = host.current;
    if (box === null) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const value = (n: number) => (figure === 'latency' ? formatSpan(n, t) : new Intl.NumberFormat(language, { notation: 'compact' }).format(n));
    const moment = new Intl.DateTimeFormat(language, step >= 86_400 ? { month: 'numeric', day: 'numeric' } : step >= 3600 ? { month: 'numeric', day: 'numeric', hour: '2-digit', hourCycle: 'h23' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    const axis = { stroke: colour('--kz-text-3'), grid: { stroke: colour('--kz-border'), width: 1 }, ticks: { show: false }, font: `12px ${colour('--kz-font') || 'sans-serif'}` };
    const chart = new uPlot(
      {
        width: box.clientWidth || 480, height: HEIGHT, legend: { show: false }, cursor: { drag: { x: false, y: false }, y: false },
        scales: { y: { range: (_chart, _low, high) => [0, Math.max(high * 1.1, 1)] } },
        axes: [
          { ...axis, space: 72, values: (_chart, splits) => splits.map((second) => moment.format(second * 1000)) },
          { ...axis, size: 64, values: (_chart, splits) => splits.map((n) => (Number.isInteger(n) || figure === 'latency' ? value(n) : '')) },
        ],
        series: [
          {},
          ...LINES[figure].map((line) => ({
            stroke: colour(line.colour), width: 2, fill: `${colour(line.colour)}1f`, spanGaps: false,
            // A step between two without calls has no line to lie on.
            points: { show: figure === 'latency', size: 5, fill: colour(line.colour) },
          })),
        ],
        hooks: { setCursor: [(chart) => setAt(chart.cursor.idx ?? undefined)] },
      },
      data as uPlot.AlignedData,
      box,
    );
    const watcher = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [data, figure, step, dark, language, t]);

  const point = at === undefined ? undefined : points[at];
  return (
    <>
      <ul className={styles.legend} aria-hidden="true">
        {LINES[figure].map(({ key, colour }) => (
          <li key={key}>
            <span style={{ background: `var(${colour})` }} />
            {t(`line.${key}`)}
            {point !== undefined && <b className="kz-num">{figure === 'latency' ? formatSpan(point[key], t) : formatCount(point[key], language)}</b>}
          </li>
        ))}
      </ul>
      <div ref={host} className={styles.canvas} aria-hidden="true" />
    </>
  );
}
