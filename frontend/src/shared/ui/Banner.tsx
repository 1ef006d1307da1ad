import { CheckCircleFilled, CloseCircleFilled, InfoCircleFilled, WarningFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import styles from './Banner.module.css';

const ICONS = { ok: <CheckCircleFilled aria-hidden="true" />, err: <CloseCircleFilled aria-hidden="true" />, warn: <WarningFilled aria-hidden="true" />, info: <InfoCircleFilled aria-hidden="true" /> };

interface Props {
  tone: keyof typeof ICONS;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}

/** A message in the flow of the page. */
export function Banner({ tone, title, children, actions }: Props) {
  return (
    <div className={styles.banner} data-tone={tone} role={tone === 'err' ? 'alert' : 'status'}>
      <span className={styles.icon} aria-hidden="true">
        {ICONS[tone]}
      </span>
      <div className={styles.words}>
        {title !== undefined && <strong>{title}</strong>}
        {children}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
