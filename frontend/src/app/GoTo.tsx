import { SearchOutlined } from '@ant-design/icons';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import styles from './TopBar.module.css';

/** Finds a document by its number from anywhere: Ctrl+K, number, Enter. */
export function GoTo() {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && !event.isComposing) {
        event.preventDefault();
        field.current?.focus();
        field.current?.select();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <form
      role="search"
      className={styles.goto}
      onSubmit={(event) => {
        event.preventDefault();
        const number = field.current?.value.trim() ?? '';
        if (number !== '') void navigate(`/docs?number=${encodeURIComponent(number)}`);
      }}
    >
      <SearchOutlined aria-hidden="true" />
      <input ref={field} type="search" placeholder={t('top.find')} aria-label={t('top.find')} aria-keyshortcuts="Control+K" />
      <kbd aria-hidden="true">Ctrl K</kbd>
    </form>
  );
}
