import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImportLine } from '../model/importing';
import styles from './Import.module.css';

/** The rows of what was given with their fates; those that need a look come alone at first. */
export function ImportLines({ lines }: { lines: ImportLine[] }) {
  const { t } = useTranslation('flows');
  const [all, setAll] = useState(false);
  const rows = lines.filter(({ fate }) => fate !== 'text' && fate !== 'outline');
  const shown = all ? lines.filter(({ text }) => text.trim() !== '') : rows.filter(({ fate, why }) => fate !== 'understood' || why !== undefined);
  if (rows.length === 0) return null;
  return (
    <>
      <label>
        <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> {t('import.all')}
      </label>
      {shown.length === 0 && <p>{t('import.nothingLeft')}</p>}
      <ul className={styles.lines}>
        {shown.map((line) => (
          <li key={`${line.line ?? 0} ${line.path ?? ''}`} data-fate={line.fate}>
            <b>{t(`import.fate.${line.fate}`)}</b>
            <code>{line.path ?? line.text}</code>
            {line.where !== undefined && <span>→ {line.where}</span>}
            {line.why !== undefined && <p>{line.why}</p>}
            {line.hint !== undefined && <p>{line.hint}</p>}
          </li>
        ))}
      </ul>
    </>
  );
}
