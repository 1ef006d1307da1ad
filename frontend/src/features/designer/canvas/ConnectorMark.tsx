import { useText } from '~/shared/i18n/useText';
import type { Connector } from '~/shared/api/types';
import { ConnectorIcon } from '~/shared/ui/ConnectorIcon';
import styles from './ConnectorMark.module.css';

const TONES = 6;

/** A connector's own icon, or its first letter on a colour that stays the same. */
export function ConnectorMark({ connector, size = 20 }: { connector: Connector; size?: number }) {
  const text = useText();
  const title = text(connector.title) || connector.id;
  const box = { width: size, height: size, fontSize: size * 0.55 };
  const tone = [...connector.id].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0) % TONES;
  return (
    <ConnectorIcon icon={connector.icon} title={title} className={styles.icon} style={box}>
      <span className={styles.mark} style={box} data-tone={tone} title={title}>
        {[...title][0]}
      </span>
    </ConnectorIcon>
  );
}
