import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Markdown.module.css';

const SHOWN = 2000;
// Drawn here, for an icon that this page shares would have to be loaded by all.
const TWO_SHEETS = 'M5.5 2.5h7v8h-7zM10.5 13.5h-7v-8';
const DONE = 'M3 8.5l3.5 3.5L13 4.5';

export function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation('help');
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SHOWN);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button type="button" className={styles.copy} aria-label={t('copy')} title={t('copy')} onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}>
      <svg width="15" height="15" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
        <path d={done ? DONE : TWO_SHEETS} />
      </svg>
      <span className="kz-sr" role="status">
        {done ? t('copied') : ''}
      </span>
    </button>
  );
}
