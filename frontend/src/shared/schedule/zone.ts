/** The browser may not know a zone that the server does; then its own is shown. */
export function safeZone(zone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}

/** The moments of a schedule in the zone where it counts. */
export const fireFormat = (language: string, zone: string) =>
  new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: safeZone(zone) });
