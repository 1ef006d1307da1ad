import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { FlowSummary } from '../api/types';
import { fireFormat } from './zone';

// The raw expression stands there until its words come, and where they do not.
const CronWords = lazy(() => import('./CronWords').catch(() => ({ default: ({ crons }: { crons: readonly string[] }) => <code>{crons.join(' · ')}</code> })));

/** Schedules in words, once they are there. */
export function ScheduleWords({ crons }: { crons: readonly string[] }) {
  return (
    <Suspense fallback={<code>{crons.join(' · ')}</code>}>
      <CronWords crons={crons} />
    </Suspense>
  );
}

interface Props {
  plan: NonNullable<FlowSummary['schedule']>;
  /** How many of the next firings are told. */
  most?: number;
}

/** When a flow starts by itself: in words, and the next times in the flow's own zone. */
export function Plan({ plan: { crons, timezone, next }, most = 3 }: Props) {
  const { t, i18n } = useTranslation();
  const format = fireFormat(i18n.language, timezone);
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <ScheduleWords crons={crons} />
      {next.length === 0 ? (
        <div>{t('schedule.stopped')}</div>
      ) : (
        <div>
          {t('schedule.next')}{' '}
          {next.slice(0, most).map((time, i) => (
            <span key={time}>
              {i > 0 && t('schedule.and')}
              <time dateTime={time} title={`${format.format(Date.parse(time))} ${timezone}`}>
                {format.format(Date.parse(time))}
              </time>
            </span>
          ))}
          {timezone !== own && <> ({timezone})</>}
        </div>
      )}
    </>
  );
}
