import { ArrowRightOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import styles from '../Home.module.css';

interface Props {
  to: string;
  icon: ReactNode;
  tone?: 'err' | 'warn' | 'quiet';
  title: string;
  children?: ReactNode;
  /** How many, or since when. */
  measure?: ReactNode;
}

/** One thing that waits for a person, with the way there. */
export function Need({ to, icon, tone = 'err', title, children, measure }: Props) {
  return (
    <li>
      <Link className={styles.need} data-quiet={tone === 'quiet'} to={to}>
        <span className={styles.needIcon} data-tone={tone} aria-hidden="true">
          {icon}
        </span>
        <span className={styles.needWords}>
          <b>{title}</b>
          {children !== undefined && <span>{children}</span>}
        </span>
        {measure !== undefined && <span className={styles.needCount}>{measure}</span>}
        <ArrowRightOutlined aria-hidden="true" />
      </Link>
    </li>
  );
}
