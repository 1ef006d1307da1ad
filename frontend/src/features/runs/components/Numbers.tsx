import { useTranslation } from 'react-i18next';
import type { Run } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import styles from '../Runs.module.css';

/** What a run that fetches by number did not find. The list is known when the sources are read. */
export function Missing({ run }: { run: Run }) {
  const { t } = useTranslation('runs');
  const missing = run.missing ?? [];
  if (missing.length === 0) return null;
  return (
    <div className={styles.gap}>
      <Banner tone="warn" title={t('numbers.missing', { count: missing.length })}>
        <p>{t('numbers.why')}</p>
        <ul className={styles.numbers} tabIndex={0} aria-label={t('numbers.missing', { count: missing.length })}>
          {missing.map((number) => (
            <li key={number}>
              <code>{number}</code>
            </li>
          ))}
        </ul>
      </Banner>
    </div>
  );
}

/** How many documents a run fetches by number, among the facts about it. */
export function Asked({ run }: { run: Run }) {
  const { t } = useTranslation('runs');
  const asked = run.numbers?.length ?? 0;
  if (asked === 0) return null;
  const all = run.state === 'done' && (run.missing ?? []).length === 0;
  return <span title={run.numbers?.join(', ')}>{t(all ? 'numbers.all' : 'numbers.asked', { count: asked })}</span>;
}
