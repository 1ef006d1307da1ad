import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Home } from '../../../shared/api/types';
import { NEEDS_YOU } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { healthsOf } from '../model/needs';
import styles from '../Home.module.css';

/** The workspace in figures: flows by health, documents by where they are. */
export function Health({ home: { states, verdicts } }: { home: Home }) {
  const { t, i18n } = useTranslation('home');
  const groups = healthsOf(verdicts);
  const number = (value: number) => formatCount(value, i18n.language);
  const waiting = NEEDS_YOU.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  const figures = [
    { key: 'needs', value: waiting, to: '/docs?state=needs_decision,rejected,unmapped', tone: waiting > 0 ? 'err' : 'ok' },
    { key: 'retry', value: states.retry_at ?? 0, to: '/docs?state=retry_at', tone: (states.retry_at ?? 0) > 0 ? 'warn' : 'quiet' },
    { key: 'moving', value: (states.waiting ?? 0) + (states.claimed ?? 0) + (states.held ?? 0), to: '/docs?state=waiting,claimed,held', tone: 'info' },
    { key: 'delivered', value: (states.delivered ?? 0) + (states.collected ?? 0), to: '/docs?state=delivered,collected', tone: 'ok' },
  ];
  return (
    <section className={styles.health} aria-label={t('health.title')}>
      <div className={styles.flows}>
        <p className={styles.caption}>{t('health.flows')}</p>
        <p className={styles.big}>{number(groups.reduce((sum, { size }) => sum + size, 0))}</p>
        <div className={styles.bar} aria-hidden="true">
          {groups.map(({ health, size }) => (
            <span key={health} data-health={health} style={{ flexGrow: size }} />
          ))}
        </div>
        <ul className={styles.legend}>
          {groups.map(({ health, size }) => (
            <li key={health} data-health={health}>
              {t(`health.${health}`)} <b className="kz-num">{size}</b>
            </li>
          ))}
        </ul>
      </div>
      {figures.map(({ key, value, to, tone }) => (
        <Link key={key} to={to} className={styles.figure} data-tone={tone}>
          <span className={styles.caption}>{t(`health.${key}`)}</span>
          <span className={styles.big}>{number(value)}</span>
          <span className={styles.note}>{t(`health.${key}Note`)}</span>
        </Link>
      ))}
    </section>
  );
}
