import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from '../Help.module.css';

const SHOWN = 2000;

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
      {done ? <CheckOutlined aria-hidden="true" /> : <CopyOutlined aria-hidden="true" />}
      <span className="kz-sr" role="status">
        {done ? t('copied') : ''}
      </span>
    </button>
  );
}
