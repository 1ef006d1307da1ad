import { Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import NextFirings from '~/shared/schedule/NextFirings';
import { cronWords } from '~/shared/schedule/words';
import { CRON_FIELDS, CRON_PRESETS, splitCron, withCronField } from '~/model/cron';
import styles from './Settings.module.css';

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
  const presets = CRON_PRESETS.map((preset) => ({ value: preset as string, label: cronWords(preset, i18n.language, t) }));
  return (
    <div>
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
