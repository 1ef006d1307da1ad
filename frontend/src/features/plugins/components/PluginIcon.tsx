import { ApiOutlined } from '@ant-design/icons';
import type { Plugin } from '../../../shared/api/types';
import { ConnectorIcon } from '../../../shared/ui/ConnectorIcon';
import styles from '../Plugins.module.css';

/** A plugin's icon, or one for all that have none. Its name stands beside it. */
export function PluginIcon({ plugin }: { plugin: Plugin }) {
  return (
    <ConnectorIcon icon={plugin.icon} className={styles.icon}>
      <span className={styles.noIcon} aria-hidden="true">
        <ApiOutlined />
      </span>
    </ConnectorIcon>
  );
}
