import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LanguageMenu } from '../../shared/ui/LanguageMenu';
import { Logo } from '../../shared/ui/Logo';
import styles from './AuthFrame.module.css';

const WELLS = [70, 190, 310, 430];

/** The page before the session: the product at the left, the form at the right. */
export function AuthFrame({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  const { t } = useTranslation('auth');
  return (
    <div className={styles.page}>
      <section className={styles.scene} aria-label={t('common:product.full')}>
        <div className={styles.brand}>
          <Logo size={36} />
          <span>
            Karez<small>{t('common:product.tag')}</small>
          </span>
        </div>
        <div className={styles.pitch}>
          <p className={styles.claim}>{t('claim')}</p>
          <p>{t('common:product.about')}</p>
        </div>
        <svg className={styles.art} viewBox="0 0 500 260" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
          <circle cx="404" cy="44" r="26" className={styles.sun} />
          <path className={styles.dune} d="M0 96c70-38 130-44 206-22s150 20 206-6 72-16 88-10v202H0z" />
          <path className={styles.ground} d="M0 112c96-16 170 6 270 2s152-10 230 2v144H0z" />
          {WELLS.map((x, i) => (
            <g key={x}>
              <path className={styles.mound} d={`M${x - 26} 116q26-27 52 0z`} />
              <ellipse className={styles.mouth} cx={x} cy="103" rx="11" ry="4.500" />
              <path className={styles.shaft} d={`M${x} 108V${158 + i * 15}`} />
            </g>
          ))}
          <path className={styles.bed} d="M-10 152L510 217" />
          <path className={styles.water} d="M-10 152L510 217" />
        </svg>
      </section>
      <main className={styles.side}>
        <div className={styles.language}>
          <LanguageMenu />
        </div>
        <div className={styles.form}>
          <h1>{title}</h1>
          <p className={styles.lead}>{lead}</p>
          {children}
        </div>
      </main>
    </div>
  );
}
