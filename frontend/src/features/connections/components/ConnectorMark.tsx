import styles from '../Connections.module.css';

const TINTS = 5;

/** A connector's sign: the first letter of its name on a tint of its own. Icons of plugins are not trusted to be harmless. */
export function ConnectorMark({ id, title }: { id: string; title: string }) {
  const tint = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % TINTS;
  return (
    <span className={styles.mark} data-tint={tint} aria-hidden="true">
      {[...(title || id)][0]?.toUpperCase()}
    </span>
  );
}
