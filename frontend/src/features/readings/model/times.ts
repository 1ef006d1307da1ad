const DAY = 24 * 60 * 60 * 1000;
/** A source's clock this far from ours is told of (s). */
export const APART = 60;

export type Preset = 'week' | 'month' | 'thisMonth' | 'lastMonth' | 'before';

/**
 * The ranges that people ask for. now is the source's; covered is where what was read
 * begins, and without it there is nothing before that.
 */
export function presets(now: number, covered: string | undefined): { key: Preset; from: number; to: number }[] {
  const date = new Date(now);
  const month = (back: number) => new Date(date.getFullYear(), date.getMonth() - back, 1).getTime();
  const begin = Date.parse(covered ?? '');
  return [
    { key: 'week', from: now - 7 * DAY, to: now },
    { key: 'month', from: now - 30 * DAY, to: now },
    { key: 'thisMonth', from: month(0), to: now },
    { key: 'lastMonth', from: month(1), to: month(0) },
    ...(Number.isNaN(begin) ? [] : [{ key: 'before' as const, from: begin - 30 * DAY, to: begin }]),
  ];
}
