import { CheckCircleFilled, CloseCircleFilled, FolderOpenOutlined, QuestionCircleFilled, SafetyCertificateFilled, StopOutlined, TeamOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { PluginStatus } from '../../../shared/api/types';
import styles from '../Plugins.module.css';

const LOOKS: Record<PluginStatus, { tone: string; icon: ReactNode }> = {
  core: { tone: 'ok', icon: <SafetyCertificateFilled aria-hidden="true" /> },
  signed: { tone: 'ok', icon: <CheckCircleFilled aria-hidden="true" /> },
  community: { tone: 'info', icon: <TeamOutlined aria-hidden="true" /> },
  unsigned: { tone: 'warn', icon: <QuestionCircleFilled aria-hidden="true" /> },
  modified: { tone: 'err', icon: <CloseCircleFilled aria-hidden="true" /> },
  revoked: { tone: 'err', icon: <StopOutlined aria-hidden="true" /> },
  loose: { tone: 'quiet', icon: <FolderOpenOutlined aria-hidden="true" /> },
};

/** How far a package can be trusted, as icon, word and colour. */
export function StatusTag({ status, by = '' }: { status: PluginStatus; by?: string | undefined }) {
  const { t } = useTranslation('plugins');
  const { tone, icon } = LOOKS[status];
  return (
    <span className={styles.tag} data-tone={tone} title={by === '' ? t(`status.${status}.text`) : t('status.by', { name: by })}>
      {icon}
      {t(`status.${status}.title`)}
    </span>
  );
}
