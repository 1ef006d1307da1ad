import { useTranslation } from 'react-i18next';
import type { Text } from '../api/types';

/** Reads a text that a manifest or a declaration carries in both languages. */
export function textIn(text: Text | undefined, language: string): string {
  if (text === undefined) return '';
  return (language === 'en' ? text.en || text.zh : text.zh || text.en) ?? '';
}

export function useText(): (text: Text | undefined) => string {
  const { i18n } = useTranslation();
  return (text) => textIn(text, i18n.language);
}
