import { useTranslation } from 'react-i18next';
import { cronWords } from './words';

/** Schedules in words. Comes later: the words of a language are many. */
export default function CronWords({ crons }: { crons: readonly string[] }) {
  const { t, i18n } = useTranslation();
  return <span title={crons.join('\n')}>{crons.map((cron) => cronWords(cron, i18n.language, t)).join(t('schedule.and'))}</span>;
}
