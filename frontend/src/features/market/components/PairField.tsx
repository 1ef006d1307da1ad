import { useTranslation } from 'react-i18next';
import { useId } from 'react';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Market.module.css';
import type { Pair } from '../model/publishing';

interface Props {
  label: string;
  value: Pair;
  /** What stands there where nothing is said. */
  placeholder: { zh: string; en?: string } | undefined;
  onChange: (value: Pair) => void;
  /** More than a line. */
  area?: boolean;
}

/** Words in both languages, beside each other. */
export function PairField({ label, value, placeholder, onChange, area = false }: Props) {
  const { t } = useTranslation('market');
  const id = useId();
  const Box = area ? 'textarea' : 'input';
  return (
    <div role="group" aria-labelledby={id} className={styles.twice}>
      <span id={id}>{label}</span>
      {(['zh', 'en'] as const).map((language) => (
        <label key={language}>
          <small>{t(`publish.in.${language}`)}</small>
          <Box className={panel.field} lang={language} value={value[language]} placeholder={placeholder?.[language]} onChange={(event) => onChange({ ...value, [language]: event.target.value })} {...(area && { rows: 5 })} />
        </label>
      ))}
    </div>
  );
}
