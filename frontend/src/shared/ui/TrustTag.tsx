import { CheckCircleFilled, CloseCircleFilled, FolderOpenOutlined, QuestionCircleFilled, SafetyCertificateFilled, StopOutlined, TeamOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { TrustStatus } from '../api/types';
import styles from './Tag.module.css';

const LOOKS: Record<TrustStatus, { tone: string; icon: ReactNode }> = {
  core: { tone: 'ok', icon: <SafetyCertificateFilled aria-hidden="true" /> },
  signed: { tone: 'ok', icon: <CheckCircleFilled aria-hidden="true" /> },
  community: { tone: 'info', icon: <TeamOutlined aria-hidden="true" /> },
  unsigned: { tone: 'warn', icon: <QuestionCircleFilled aria-hidden="true" /> },
  modified: { tone: 'err', icon: <CloseCircleFilled aria-hidden="true" /> },
  revoked: { tone: 'err', icon: <StopOutlined aria-hidden="true" /> },
  loose: { tone: 'quiet', icon: <FolderOpenOutlined aria-hidden="true" /> },
};

/** How far a package can be trusted, as icon, word and colour. loose says what no package stands behind. */
export function TrustTag({ status, by = '', loose = 'connector' }: { status: TrustStatus; by?: string | undefined; loose?: 'connector' | 'template' }) {
  const { t } = useTranslation();
  const { tone, icon } = LOOKS[status];
  const words = status === 'loose' ? (`trust.loose.${loose}` as const) : (`trust.${status}` as const);
  return (
    <span className={styles.tag} data-tone={tone} title={by === '' ? t(`${words}.text`) : t('trust.by', { name: by })}>
      {icon}
      {t(`${words}.title`)}
    </span>
  );
}
