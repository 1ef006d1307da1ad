import { SearchOutlined } from '@ant-design/icons';
import { Input, type InputRef } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import styles from './TopBar.module.css';

/** Finds a document by its number from anywhere: Ctrl+K, number, Enter. */
export function GoTo() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const field = useRef<InputRef>(null);
  const navigate = useNavigate();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && !event.isComposing) {
        event.preventDefault();
        field.current?.focus({ cursor: 'all' });
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <Input
      ref={field}
      className={styles.goto}
      value={text}
      allowClear
      prefix={<SearchOutlined aria-hidden="true" />}
      suffix={<kbd className={styles.kbd}>Ctrl K</kbd>}
      placeholder={t('top.find')}
      aria-label={t('top.find')}
      onChange={(event) => setText(event.target.value)}
      onPressEnter={(event) => {
        if (event.nativeEvent.isComposing || text.trim() === '') return;
        void navigate(`/docs?number=${encodeURIComponent(text.trim())}`);
      }}
    />
  );
}
