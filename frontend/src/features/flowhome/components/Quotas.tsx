import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import { When } from '../../../shared/ui/When';
import { useQuotas } from '../api';
import styles from '../Flowhome.module.css';

/** How many calls the flow's connections have left. */
export function Quotas({ names }: { names: readonly string[] }) {
  const { t, i18n } = useTranslation('flowhome');
  const found = useQuotas(names);
  if (names.length === 0) return <Empty art="dry" title={t('quota.none')} />;
  const number = (n: number) => formatCount(n, i18n.language);
  return (
    <ul className={styles.quotas}>
      {names.map((name, i) => {
        const { data, error } = found[i] ?? {};
        return (
          <li key={name}>
            <Link to="/connectors">{name}</Link>
            {data?.interrupted !== undefined && (
              <p data-tone="err">
                {data.interrupted.message} {t('quota.tries')} <When time={data.interrupted.nextAt} as="exact" />
              </p>
            )}
            {data?.pausedUntil !== undefined && (
              <p data-tone="warn">
                {t('quota.paused')} <When time={data.pausedUntil} as="exact" />
              </p>
            )}
            {data?.limits.map((limit) => (
              <p key={`${limit.calls}/${limit.perMs}/${limit.perOperation === true}`} data-tone={limit.used >= limit.allowed ? 'warn' : undefined}>
                <meter className={styles.meter} min={0} max={Math.max(1, limit.allowed)} value={Math.min(limit.used, limit.allowed)} aria-hidden="true" />{' '}
                {t(limit.perOperation === true ? 'quota.leftEach' : 'quota.left', { left: number(Math.max(0, limit.allowed - limit.used)), allowed: number(limit.allowed), span: formatSpan(limit.withinMs, t) })}
              </p>
            ))}
            {data !== undefined && data.limits.length === 0 && data.interrupted === undefined && <p>{t('quota.free')}</p>}
            {error !== undefined && error !== null && <p data-tone="warn">{t('quota.unknown')}</p>}
          </li>
        );
      })}
    </ul>
  );
}
