import { ConnectorIcon } from '../ui/ConnectorIcon';
import styles from './Connections.module.css';

const TINTS = 5;

/** A connector's sign: its icon, or the first letter of its name on a tint of its own. */
export function ConnectorMark({ id, title, icon }: { id: string; title: string; icon: string | undefined }) {
  const tint = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % TINTS;
  return (
    <ConnectorIcon icon={icon} className={styles.icon}>
      <span className={styles.mark} data-tint={tint} aria-hidden="true">
        {[...(title || id)][0]?.toUpperCase()}
      </span>
    </ConnectorIcon>
  );
}
