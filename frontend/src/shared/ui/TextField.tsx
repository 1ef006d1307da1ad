import { EyeInvisibleOutlined, EyeOutlined } from '@ant-design/icons';
import { type InputHTMLAttributes, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './TextField.module.css';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  hint?: string | undefined;
}

/** A labelled line of text with its error beneath; a password can be looked at. */
export function TextField({ label, value, onChange, error, hint, type = 'text', ...rest }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [seen, setSeen] = useState(false);
  const secret = type === 'password';
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box} data-invalid={error !== undefined}>
        <input
          {...rest}
          id={id}
          type={secret && seen ? 'text' : type}
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={error !== undefined || hint !== undefined ? `${id}-note` : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
        {secret && (
          <button type="button" aria-label={t(seen ? 'action.hidePassword' : 'action.showPassword')} aria-pressed={seen} onClick={() => setSeen(!seen)}>
            {seen ? <EyeInvisibleOutlined aria-hidden="true" /> : <EyeOutlined aria-hidden="true" />}
          </button>
        )}
      </div>
      {(error ?? hint) !== undefined && (
        <p id={`${id}-note`} className={error === undefined ? styles.hint : styles.error} role={error === undefined ? undefined : 'alert'}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
