import { Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import type { Text } from '~/shared/api/types';
import { matches } from '~/model/pinyin';
import styles from './Editors.module.css';

interface Props {
  label: string;
  value: string;
  choices: readonly { value: string; title: Text }[];
  placeholder: string;
  disabled: boolean;
  invalid?: boolean;
  /** What another value than the listed ones is called; it can be typed. */
  other: (typed: string) => string;
  onChange: (value: string) => void;
}

/** One of the values that a vendor documents, or any other that is typed. */
export function ValueChoice({ label, value, choices, placeholder, disabled, invalid = false, other, onChange }: Props) {
  const text = useText();
  const [query, setQuery] = useState('');
  const typed = query.trim();
  const options = choices.map((choice) => ({ value: choice.value, label: `${text(choice.title)} ${choice.value}` }));
  if (value !== '' && !choices.some((choice) => choice.value === value)) options.push({ value, label: value });
  if (typed !== '' && !options.some((option) => option.value === typed)) options.push({ value: typed, label: other(typed) });
  return (
    <Select
      className={styles.choice}
      showSearch={{ searchValue: query, onSearch: setQuery, filterOption: (wanted, option) => matches(wanted, option?.label, option?.value) }}
      aria-label={label}
      value={value || undefined}
      disabled={disabled}
      {...(invalid ? { status: 'error' as const } : {})}
      placeholder={placeholder}
      popupMatchSelectWidth={false}
      options={options}
      onChange={(next: string) => {
        setQuery('');
        onChange(next);
      }}
    />
  );
}

/** The documented values of a field whose value is none of the value language. */
export const enumOf = (declared: { enum?: { value: string; title: Text }[] } | undefined, value: string): { value: string; title: Text }[] =>
  value.includes('{{') || value.startsWith('_') ? [] : (declared?.enum ?? []);

/** Says that another value is taken as it is written. */
export function useOther(): (typed: string) => string {
  const { t } = useTranslation('designer');
  return (typed) => t('params.otherValue', { value: typed, interpolation: { escapeValue: false } });
}
