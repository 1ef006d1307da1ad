import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Link } from 'react-router';
import styles from './PageHeader.module.css';

interface Props {
  title: string;
  lead?: ReactNode;
  /** Where the page belongs to. */
  back?: { to: string; label: string };
  /** Tags beside the title. */
  marks?: ReactNode;
  actions?: ReactNode;
}

/** The head of a page; its title is the document's, too. */
export function PageHeader({ title, lead, back, marks, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · Karez`;
  }, [title]);
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        {back !== undefined && (
          <Link to={back.to} className={styles.back}>
            ← {back.label}
          </Link>
        )}
        <div className={styles.line}>
          <h1 className={styles.title}>{title}</h1>
          {marks}
        </div>
        {lead !== undefined && <div className={styles.lead}>{lead}</div>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
