import type { TFunction } from 'i18next';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function formatCount(count: number, language: string): string {
  return new Intl.NumberFormat(language).format(count);
}

/** How large a file is, in the largest unit that it fills. */
export function formatSize(bytes: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return new Intl.NumberFormat(language, { style: 'unit', unit: units[step], unitDisplay: 'short', maximumFractionDigits: 1 }).format(bytes / 1024 ** step);
}

/** A moment in the reader's own zone; an empty or unreadable time gives "". */
export function formatTime(time: string | null | undefined, language: string, zone?: string): string {
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return '';
  return new Intl.DateTimeFormat(language, {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: zone,
  }).format(at);
}

/** A clock elsewhere may go a little ahead of this one. */
const SKEW = 5 * SECOND;

/** How far a moment is from now, in the reader's words: "3 minutes ago". One that has just passed is told by justNow. */
export function formatAgo(time: string | null | undefined, language: string, now: number, justNow?: string): string {
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return '';
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const gap = at - now;
  const far = Math.abs(gap);
  if (far < 45 * SECOND) return gap < SKEW && justNow !== undefined ? justNow : words.format(0, 'second');
  if (far < HOUR) return words.format(Math.trunc(gap / MINUTE) || Math.sign(gap), 'minute');
  if (far < DAY) return words.format(Math.trunc(gap / HOUR), 'hour');
  if (far < 30 * DAY) return words.format(Math.trunc(gap / DAY), 'day');
  return new Intl.DateTimeFormat(language, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/** How long something took, in at most two units. */
export function formatSpan(ms: number, t: TFunction): string {
  if (ms < SECOND) return t('time.ms', { count: Math.max(0, Math.round(ms)) });
  if (ms < MINUTE) return t('time.seconds', { count: Math.round(ms / 100) / 10 });
  const two = (big: string, bigger: number, small: string, smaller: number) => {
    const rest = Math.floor((ms % bigger) / smaller);
    const head = t(`time.${big}`, { count: Math.floor(ms / bigger) });
    return rest === 0 ? head : `${head} ${t(`time.${small}`, { count: rest })}`;
  };
  if (ms < HOUR) return two('minutes', MINUTE, 'seconds', SECOND);
  if (ms < DAY) return two('hours', HOUR, 'minutes', MINUTE);
  return two('days', DAY, 'hours', HOUR);
}

/** The time between two moments; the later one may still be to come. */
export function spanBetween(from: string | null | undefined, to: string | null | undefined, now: number): number | undefined {
  const start = Date.parse(from ?? '');
  if (Number.isNaN(start)) return undefined;
  const end = Date.parse(to ?? '');
  return Math.max(0, (Number.isNaN(end) ? now : end) - start);
}
