import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, take } from '../api/client';
import { asApiError } from '../api/errors';
import { useDelayed } from '../hooks/useDelayed';
import styles from './NextFirings.module.css';
import { cronWords } from './words';
import { fireFormat } from './zone';

/** The next five firings of a schedule in a zone; refused where it is none. */
function useNextFirings(cron: string, timezone: string) {
  return useQuery({
    queryKey: ['schedules', 'next', cron, timezone],
    enabled: cron.trim() !== '',
    staleTime: 30_000,
    retry: false,
    queryFn: async ({ signal }) => (await take(api.GET('/schedules/next', { params: { query: { cron, timezone } }, signal }))).times,
  });
}

/** What is being typed as a schedule: in words, and when it fires next by the server's reckoning. */
export default function NextFirings({ cron, timezone }: { cron: string; timezone: string }) {
  const { t, i18n } = useTranslation();
  const quiet = useDelayed(cron);
  const next = useNextFirings(quiet, timezone);
  if (next.error !== null) return <p className={styles.quiet}>{asApiError(next.error).hint || t('schedule.none')}</p>;
  if (next.data === undefined) return null;
  const format = fireFormat(i18n.language, timezone);
  return (
    <div className={styles.next} aria-live="polite">
      <b>{cronWords(quiet, i18n.language, t)}</b>
      {next.data.length > 0 && (
        <>
          <span>{t('schedule.nextFive', { zone: timezone })}</span>
          <ol aria-label={t('schedule.nextFive', { zone: timezone })}>
            {next.data.map((time) => (
              <li key={time}>
                <time dateTime={time}>{format.format(Date.parse(time))}</time>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
