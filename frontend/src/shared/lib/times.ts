const two = (n: number) => String(n).padStart(2, '0');

/** A moment as a field for a time takes it, in the reader's zone. */
export function toField(at: number | string | undefined): string {
  const date = new Date(at ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return '';
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** What such a field holds as the interface takes it; undefined where it holds no moment. */
export function fromField(text: string): string | undefined {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z');
}

/** The name of the reader's zone, for times are in it. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The day a number of days before another, as 2026-01-31 in the reader's zone. */
export function dayBefore(today: Date, days: number): string {
  const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
