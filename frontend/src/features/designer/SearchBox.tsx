import { SearchOutlined } from '@ant-design/icons';
import type { ComponentProps } from 'react';
import styles from './Controls.module.css';

/** A plain search field: the canvas opens before the library's own inputs are there. */
export function SearchBox({ label, ...rest }: { label: string } & Omit<ComponentProps<'input'>, 'className' | 'type' | 'placeholder'>) {
  return (
    <span className={styles.search}>
      <SearchOutlined aria-hidden="true" />
      <input {...rest} type="text" aria-label={label} placeholder={label} spellCheck={false} autoComplete="off" />
    </span>
  );
}
