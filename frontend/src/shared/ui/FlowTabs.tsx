import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import styles from './FlowTabs.module.css';

const PLACES = ['overview', 'design', 'docs', 'runs', 'queue', 'dry-run', 'reading', 'versions'] as const;

/** The pages of one flow, as links: each has an address of its own. */
export function FlowTabs({ flow }: { flow: string }) {
  const { t } = useTranslation();
  return (
    <nav className={styles.bar} aria-label={t('flowTabs.label')}>
      <ul>
        {PLACES.map((place) => (
          <li key={place}>
            <NavLink to={`/flows/${flow}/${place}`} className={styles.tab}>
              {t(`flowTabs.${place}`)}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
