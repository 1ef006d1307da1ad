import { CheckCircleFilled, ClockCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { CountSlot, DocumentState, Run } from '../../../shared/api/types';
import { balance, count, LEFT_OUT, PLACES } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import styles from '../Runs.module.css';

const TONES: Partial<Record<DocumentState, string>> = {
  delivered: 'ok', collected: 'ok', rejected: 'err', needs_decision: 'err', unmapped: 'warn', retry_at: 'warn', waiting: 'info', claimed: 'info', held: 'violet',
};

/** What was pulled flows into what was accepted, and that into where documents are. Both sides add up. */
export function Balance({ run }: { run: Run }) {
  const { t, i18n } = useTranslation('runs');
  const { counts } = run;
  const number = (value: number) => formatCount(value, i18n.language);
  const accepted = count(counts, 'accepted');
  const places = PLACES.filter((state) => count(counts, state) > 0);
  const open = balance(counts);
  const even = run.balanced && open.balanced;

  const term = (slot: CountSlot) => (
    <li key={slot} className={styles.term}>
      <span>{t(`common:count.${slot}`, { defaultValue: slot })}</span>
      <b>{number(count(counts, slot))}</b>
    </li>
  );

  return (
    <div className={styles.balance}>
      <div className={styles.stages}>
        <div className={styles.stage}>
          <span className={styles.caption}>{t('common:count.pulled')}</span>
          <b className={styles.total}>{number(count(counts, 'pulled'))}</b>
          <ul className={styles.terms} aria-label={t('balance.leftOut')}>
            {LEFT_OUT.map(term)}
          </ul>
        </div>
        <svg className={styles.channel} viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
          <path d="M0 12C40 12 60 24 100 24" data-flowing={run.pulling} />
        </svg>
        <div className={styles.stage}>
          <span className={styles.caption}>{t('common:count.accepted')}</span>
          <b className={styles.total}>{number(accepted)}</b>
          <span className={styles.even} data-even={even}>
            {even ? <CheckCircleFilled aria-hidden="true" /> : <ClockCircleOutlined aria-hidden="true" />}
            {even ? t('balance.even') : t('balance.open', { count: Math.abs(open.pulled) + Math.abs(open.accepted) })}
          </span>
        </div>
        <svg className={styles.channel} viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
          <path d="M0 12C40 12 60 24 100 24" data-flowing={run.state === 'running'} />
        </svg>
        <div className={styles.places}>
          <div className={styles.bar} aria-hidden="true">
            {places.map((state) => (
              <span key={state} data-tone={TONES[state] ?? 'quiet'} style={{ flexGrow: count(counts, state) }} />
            ))}
          </div>
          {places.length === 0 ? (
            <p className={styles.caption}>{t('balance.none')}</p>
          ) : (
            <ul className={styles.placeList}>
              {places.map((state) => (
                <li key={state} data-tone={TONES[state] ?? 'quiet'}>
                  <Link to={`/docs?run=${run.id}&state=${state}`}>
                    <span>{t(`common:docState.${state}`)}</span>
                    <b>{number(count(counts, state))}</b>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </div>
  );
}
