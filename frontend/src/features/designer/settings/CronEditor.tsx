import { Input, Select } from 'antd';
import { toString as inWords } from 'cronstrue';
import 'cronstrue/locales/zh_CN';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { CRON_FIELDS, CRON_PRESETS, splitCron, withCronField } from '~/model/cron';
import { useNextFirings } from '../api';
import { useQuiet } from '../useQuiet';
import styles from './Settings.module.css';

const QUIET = 300;

interface Props {
  value: string;
  timezone: string;
  disabled: boolean;
  invalid: boolean;
  onChange: (value: string) => void;
}

/** A schedule of five fields: in words, and when it fires next by the server's reckoning. */
export function CronEditor({ value, timezone, disabled, invalid, onChange }: Props) {
  const { t, i18n } = useTranslation('designer');
  const [typing, setTyping] = useState(false);
  // The box somebody types in stays while it has the focus, also when five fields come about.
  const fields = typing ? undefined : splitCron(value);
  const presets = CRON_PRESETS.map((preset) => ({ value: preset as string, label: words(preset, i18n.language) }));
  return (
    <div className={styles.cron}>
      <div className={styles.cronRow}>
        <Select size="small" className={styles.presets} aria-label={t('cron.preset')} value={presets.some((one) => one.value === value) ? value : undefined} placeholder={t('cron.own')} disabled={disabled} popupMatchSelectWidth={false} options={presets} onChange={onChange} />
        {fields === undefined ? (
          <Input size="small" className={styles.mono} aria-label={t('cron.expression')} status={invalid ? 'error' : undefined} value={value} disabled={disabled} spellCheck={false} autoComplete="off" onFocus={() => setTyping(true)} onBlur={() => setTyping(false)} onChange={(event) => onChange(event.target.value)} />
        ) : (
          CRON_FIELDS.map((name, i) => (
            <label key={name} className={styles.cronField}>
              <Input size="small" className={styles.mono} status={invalid ? 'error' : undefined} value={fields[i]} disabled={disabled} spellCheck={false} autoComplete="off" onChange={(event) => onChange(withCronField(fields, i, event.target.value))} />
              <small>{t(`cron.field.${name}`)}</small>
            </label>
          ))
        )}
      </div>
      <NextFirings cron={value} timezone={timezone} />
    </div>
  );
}

function NextFirings({ cron, timezone }: { cron: string; timezone: string }) {
  const { t, i18n } = useTranslation('designer');
  const quiet = useQuiet(cron, QUIET);
  const next = useNextFirings(quiet, timezone);
  if (next.error !== null) return <p className={styles.quiet}>{asApiError(next.error).hint || t('cron.none')}</p>;
  if (next.data === undefined) return null;
  const format = new Intl.DateTimeFormat(i18n.language, { month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: safeZone(timezone) });
  return (
    <div className={styles.next} aria-live="polite">
      <b>{words(quiet, i18n.language)}</b>
      {next.data.length > 0 && (
        <>
          <span>{t('cron.next', { zone: timezone })}</span>
          <ol aria-label={t('cron.next', { zone: timezone })}>
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

/** The browser may not know a zone that the server does; then its own is shown. */
function safeZone(zone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}

function words(cron: string, language: string): string {
  return inWords(cron, { locale: language === 'en' ? 'en' : 'zh_CN', use24HourTimeFormat: true, throwExceptionOnParseError: false });
}
