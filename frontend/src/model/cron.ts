/** The five fields of a schedule, in their order. */
export const CRON_FIELDS = ['minute', 'hour', 'day', 'month', 'weekday'] as const;
export type CronField = (typeof CRON_FIELDS)[number];

/** The five fields of an expression; undefined for a tag such as @hourly and for what is none. */
export function splitCron(text: string): string[] | undefined {
  if (text.startsWith('@')) return undefined;
  const fields = text.split(' ');
  return fields.length === 5 ? fields : undefined;
}

/** Puts a field in its place; a whole expression that was pasted into a field replaces all. */
export function withCronField(fields: readonly string[], index: number, value: string): string {
  const whole = value.trim().split(/\s+/);
  if (whole.length === 5 || whole[0]?.startsWith('@') === true) return whole.join(' ');
  return fields.with(index, value.replace(/\s+/g, '')).join(' ');
}

/** Schedules that many flows have. */
export const CRON_PRESETS = ['*/5 * * * *', '*/10 * * * *', '*/30 * * * *', '0 * * * *', '0 2 * * *', '0 9 * * 1-5', '0 2 * * 1', '0 2 1 * *'] as const;
