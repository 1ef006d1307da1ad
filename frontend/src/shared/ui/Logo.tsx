import styles from './Logo.module.css';

/** Three wells, their shafts, and the channel that joins them under the ground. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path className={styles.shaft} d="M7 9.500v4.600M16 9.500v8.600M25 9.500v12.600" />
      <path className={styles.channel} d="M3 12.800C12 14.500 20 20 29 24.500" />
      <g className={styles.well}>
        <circle cx="7" cy="7" r="2.600" />
        <circle cx="16" cy="7" r="2.600" />
        <circle cx="25" cy="7" r="2.600" />
      </g>
    </svg>
  );
}
