import { useText } from '~/shared/i18n/useText';
import type { Line } from '~/model/mapping';
import styles from './Mapping.module.css';

interface Props {
  lines: readonly Line[];
  places: ReadonlyMap<string, number>;
  /** The first row that is in sight. */
  first: number;
  onGo: (index: number) => void;
}

/** The rows above a line that have been scrolled away. */
function parentsOf(lines: readonly Line[], places: ReadonlyMap<string, number>, first: number): number[] {
  const top = lines[first];
  if (top === undefined || first === 0) return [];
  const above = top.path.slice(0, -1).flatMap((_, i) => places.get(top.path.slice(0, i + 1).join('.')) ?? []);
  // The parents cover as many rows as they are: what they cover may be the last of theirs.
  const under = lines[first + above.length];
  return above.filter((i) => under === undefined || under.id.startsWith(`${lines[i]?.id ?? ''}.`));
}

/** Lists stay in sight while their lines pass; who does not see them hears the level of each row. */
export function StuckParents({ lines, places, first, onGo }: Props) {
  const text = useText();
  const stuck = parentsOf(lines, places, first);
  if (stuck.length === 0) return null;
  return (
    <div className={styles.stuck} aria-hidden="true">
      {stuck.map((i) => {
        const line = lines[i];
        return line === undefined ? null : (
          <div key={line.id} className={styles.stuckRow} style={{ paddingLeft: 10 + line.depth * 18 }} onClick={() => onGo(i)}>
            <code>{line.field}</code> <span>{text(line.title)}</span> <code>{line.value}</code>
          </div>
        );
      })}
    </div>
  );
}
