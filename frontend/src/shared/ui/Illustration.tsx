import styles from './Illustration.module.css';

export type IllustrationName = 'wells' | 'clear' | 'search' | 'blocked' | 'dry' | 'closed';

const WELLS = [44, 92, 140, 188];
/** Where the sloping channel runs under x. */
const channel = (x: number) => 86 + (x - 30) * 0.16;

/** Our own drawings: the wells of a karez, joined under the sand, in the state that fits. */
export function Illustration({ name, size = 200 }: { name: IllustrationName; size?: number }) {
  const dry = name === 'dry' || name === 'blocked';
  return (
    <svg className={styles.art} width={size} height={size * 0.62} viewBox="0 0 232 144" aria-hidden="true" focusable="false">
      <circle className={styles.sun} cx="186" cy="26" r="13" />
      <path className={styles.far} d="M0 56c28-16 54-20 84-10s52 10 84-2 46-8 64 0v90H0z" />
      <path className={styles.near} d="M0 62c40-8 70 4 116 0s78-8 116 2v66a14 14 0 0 1-14 14H14a14 14 0 0 1-14-14z" />
      {WELLS.map((x, i) => (
        <g key={x}>
          <path className={styles.mound} d={`M${x - 14} 64q14-15 28 0z`} />
          <ellipse className={styles.mouth} cx={x} cy="57" rx="6.500" ry="2.600" />
          <path className={dry && i > 1 ? styles.shaftDry : styles.shaft} d={`M${x} 60V${channel(x)}`} />
        </g>
      ))}
      <path className={styles.bed} d={`M14 ${channel(14)}L222 ${channel(222)}`} />
      <path className={styles.water} d={dry ? `M14 ${channel(14)}L112 ${channel(112)}` : `M14 ${channel(14)}L222 ${channel(222)}`} />
      {name === 'blocked' && <path className={styles.stop} d="M110 92l16 16m0-16-16 16" />}
      {name === 'dry' && <path className={styles.gap} d="M122 100h12m8 2h8m8 2h6" />}
      {name === 'clear' && (
        <g>
          <circle className={styles.badge} cx="116" cy="30" r="15" />
          <path className={styles.tick} d="M109 30.500l5 5 9-10" />
        </g>
      )}
      {name === 'search' && (
        <g>
          <circle className={styles.lens} cx="113" cy="27" r="12" />
          <path className={styles.handle} d="M122 36l9 9" />
        </g>
      )}
      {name === 'closed' && (
        <g>
          <rect className={styles.lock} x="103" y="24" width="26" height="20" rx="4" />
          <path className={styles.lens} d="M108 24v-5a8 8 0 0 1 16 0v5" />
        </g>
      )}
    </svg>
  );
}
