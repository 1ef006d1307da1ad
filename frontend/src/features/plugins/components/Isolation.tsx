import { LockOutlined, UnlockOutlined, WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { PluginIsolation } from '../../../shared/api/types';
import tag from '../../../shared/ui/Tag.module.css';
import styles from '../Plugins.module.css';

const TONES: Record<PluginIsolation['level'], string> = { L1: 'ok', partial: 'warn', L0: 'err', unknown: 'quiet' };

/** How well a connector's process is isolated, as icon, word and colour. */
export function IsolationTag({ isolation: { level } }: { isolation: PluginIsolation }) {
  const { t } = useTranslation('plugins');
  return (
    <span className={tag.tag} data-tone={TONES[level]} title={t(`isolation.level.${level}.text`)}>
      {level === 'L1' ? <LockOutlined aria-hidden="true" /> : level === 'unknown' ? <UnlockOutlined aria-hidden="true" /> : <WarningFilled aria-hidden="true" />}
      {t(`isolation.level.${level}.title`)}
    </span>
  );
}

/** What confines the process, what is missing and why, and which systems it may reach. */
export function Isolation({ isolation }: { isolation: PluginIsolation }) {
  const { t } = useTranslation('plugins');
  if (isolation.level === 'unknown') {
    return null;
  }
  const confined = isolation.inForce.includes('network');
  return (
    <details className={styles.operations} open={isolation.missing.length > 0}>
      <summary>
        {t('isolation.title')} · {t(`isolation.level.${isolation.level}.title`)}
      </summary>
      <ul>
        {isolation.inForce.map((part) => (
          <li key={part}>
            <span className={tag.tag} data-tone="ok">
              {t(`isolation.part.${part}.title`)}
            </span>{' '}
            {t(`isolation.part.${part}.text`)}
          </li>
        ))}
        {isolation.missing.map(({ part, reason }) => (
          <li key={part}>
            <span className={tag.tag} data-tone="warn">
              {t('isolation.without', { part: t(`isolation.part.${part}.title`) })}
            </span>{' '}
            {part === 'network' && !isolation.hostsDeclared ? t('isolation.undeclared') : reason}
          </li>
        ))}
      </ul>
      {confined && <p className={styles.says}>{isolation.hosts.length === 0 ? t('isolation.nowhere') : t('isolation.hosts', { hosts: isolation.hosts.join(', ') })}</p>}
    </details>
  );
}
