import { useTranslation } from 'react-i18next';
import { CRON_PRESETS } from '../../../model/cron';
import { ScheduleWords } from '../../../shared/schedule/Plan';
import { TextField } from '../../../shared/ui/TextField';
import styles from '../NewFlow.module.css';

interface Props {
  title: string;
  schedule: string;
  judged: boolean;
  onChange: (part: { title?: string; schedule?: string }) => void;
}

/** How the flow is called and when it runs by itself. */
export function NameStep({ title, schedule, judged, onChange }: Props) {
  const { t } = useTranslation('newflow');
  return (
    <>
      <TextField label={t('name')} value={title} onChange={(value) => onChange({ title: value })} maxLength={120} autoComplete="off" error={judged && title.trim() === '' ? t('wrong.name') : undefined} />
      <fieldset className={styles.list}>
        <legend>{t('schedule')}</legend>
        {CRON_PRESETS.slice(0, 5).map((cron) => (
          <label key={cron}>
            <input type="radio" name="schedule" checked={schedule === cron} onChange={() => onChange({ schedule: cron })} /> <ScheduleWords crons={[cron]} />
          </label>
        ))}
        <label>
          <input type="radio" name="schedule" checked={schedule === ''} onChange={() => onChange({ schedule: '' })} /> {t('byHand')}
        </label>
      </fieldset>
      <p>{t('afterwards')}</p>
    </>
  );
}
