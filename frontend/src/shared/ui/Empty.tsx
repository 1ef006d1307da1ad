import type { ReactNode } from 'react';
import styles from './Trouble.module.css';
import { Illustration, type IllustrationName } from './Illustration';

interface Props {
  art?: IllustrationName;
  title: string;
  text?: string;
  /** The next step. */
  children?: ReactNode;
}

/** Nothing to show, and what to do about it. */
export function Empty({ art = 'wells', title, text, children }: Props) {
  return (
    <div className={styles.box}>
      <Illustration name={art} />
      <h2 className={styles.title}>{title}</h2>
      {text !== undefined && <p className={styles.text}>{text}</p>}
      {children !== undefined && <div className={styles.next}>{children}</div>}
    </div>
  );
}
