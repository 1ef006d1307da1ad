import type { FlowOverview } from '../../../shared/api/types';

type Point = FlowOverview['points'][number];

export const FIGURES = ['throughput', 'failures', 'latency'] as const;
export type Figure = (typeof FIGURES)[number];

export interface Line {
  /** A member of the catalogue and of a point. */
  key: 'accepted' | 'delivered' | 'failed' | 'retrying' | 'medianMs' | 'slowMs';
  /** A colour of the theme. */
  colour: string;
}

export const LINES: Record<Figure, readonly Line[]> = {
  throughput: [{ key: 'accepted', colour: '--kz-info' }, { key: 'delivered', colour: '--kz-ok' }],
  failures: [{ key: 'failed', colour: '--kz-err' }, { key: 'retrying', colour: '--kz-warn' }],
  latency: [{ key: 'medianMs', colour: '--kz-primary' }, { key: 'slowMs', colour: '--kz-violet' }],
};

/** A figure as columns: seconds, then a column for each line. A step without a call has no time. */
export function columnsOf(points: readonly Point[], figure: Figure): [number[], ...(number | null)[][]] {
  return [points.map(({ at }) => Date.parse(at) / 1000), ...LINES[figure].map(({ key }) => points.map((point) => (figure === 'latency' && point.calls === 0 ? null : point[key])))];
}

/** What a figure comes to: sums of what was counted, and the worst of what was measured. */
export function totalsOf(points: readonly Point[], figure: Figure): number[] {
  return LINES[figure].map(({ key }) => points.reduce((total, point) => (figure === 'latency' ? Math.max(total, point[key]) : total + point[key]), 0));
}

/** Whether there is anything to draw. */
export const isFlat = (points: readonly Point[], figure: Figure): boolean => totalsOf(points, figure).every((total) => total === 0);
