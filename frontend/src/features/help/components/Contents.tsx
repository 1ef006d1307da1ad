import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import type { HelpTitle } from '~/shared/api/types';
import styles from '../Help.module.css';
import { type Found, search } from '../model/search';

/** All pages by chapter; while something is searched, those that match with their sections. */
export function Contents({ pages }: { pages: HelpTitle[] }) {
  const { t } = useTranslation('help');
  const [query, setQuery] = useState('');
  const found = query.trim() === '' ? pages.map((page): Found => ({ page, headings: [] })) : search(pages, query.trim());
  const chapters = [...new Set(found.map(({ page }) => page.chapter))];
  const count = found.reduce((sum, { headings }) => sum + Math.max(1, headings.length), 0);
  return (
    <nav className={styles.contents} aria-label={t('contents')}>
      <input type="search" className={styles.search} value={query} placeholder={t('search')} aria-label={t('search')} onChange={(event) => setQuery(event.target.value)} />
      <p className={query.trim() === '' ? 'kz-sr' : styles.found} role="status">
        {query.trim() === '' ? '' : found.length === 0 ? t('noMatch') : t('found', { count })}
      </p>
      {chapters.map((chapter) => (
        <section key={chapter}>
          <h2>{t(`chapter.${chapter}`)}</h2>
          <ul>
            {found.filter(({ page }) => page.chapter === chapter).map(({ page, headings }) => (
              <li key={page.id}>
                <NavLink to={`/help/${page.id}`}>{page.title}</NavLink>
                {headings.length > 0 && (
                  <ul>
                    {headings.map((heading) => (
                      <li key={heading.id}>
                        <NavLink to={`/help/${page.id}#${heading.id}`} className={styles.section} aria-current={undefined}>
                          {heading.title}
                        </NavLink>
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
