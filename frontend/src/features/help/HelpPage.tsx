import { Button } from 'antd';
import { lazy, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams } from 'react-router';
import type { HelpPage as Page, HelpTitle } from '~/shared/api/types';
import { Later } from '~/shared/ui/Later';
import { PageHeader } from '~/shared/ui/PageHeader';
import { PageSkeleton } from '~/shared/ui/PageSkeleton';
import { QueryView } from '~/shared/ui/QueryView';
import { useHelpPage, useHelpTitles } from './api';
import { Contents } from './components/Contents';
import styles from './Help.module.css';

// What reads Markdown comes after the table of contents is there.
const Article = lazy(() => import('~/shared/markdown/Article'));

export default function HelpPage() {
  const { i18n } = useTranslation('help');
  const titles = useHelpTitles(i18n.language);
  const { page } = useParams();
  const id = page ?? titles.data?.[0]?.id;
  const shown = useHelpPage(i18n.language, id);
  return (
    <div className={styles.help} data-help>
      <QueryView query={titles}>
        {(pages) => (
          <>
            <Contents pages={pages} />
            <div className={styles.page}>
              <QueryView query={shown}>{(one) => <Shown page={one} pages={pages} />}</QueryView>
            </div>
          </>
        )}
      </QueryView>
    </div>
  );
}

function Shown({ page, pages }: { page: Page; pages: HelpTitle[] }) {
  const { t } = useTranslation('help');
  const { hash, key } = useLocation();
  const [drawn, setDrawn] = useState('');
  const at = pages.findIndex(({ id }) => id === page.id);

  // The section that the address names, or the begin of another page.
  useEffect(() => {
    if (drawn !== page.text) return;
    const target = hash === '' ? null : document.getElementById(decodeURIComponent(hash.slice(1)));
    if (target === null) document.getElementById('main')?.scrollTo?.({ top: 0 });
    else {
      target.scrollIntoView({ block: 'start' });
      target.focus({ preventScroll: true });
    }
  }, [page.text, drawn, hash, key]);

  return (
    <>
      <PageHeader
        title={page.title}
        actions={
          <Button className={styles.print} onClick={() => window.print()}>
            {t('print')}
          </Button>
        }
      />
      {page.headings.length > 2 && <OnThisPage page={page} />}
      <Later fallback={<PageSkeleton rows={8} />}>
        <Article key={page.id} text={page.text} onDrawn={setDrawn} />
      </Later>
      <nav className={styles.around} aria-label={`${t('previous')} / ${t('next')}`}>
        <Neighbour page={pages[at - 1]} label={t('previous')} />
        <Neighbour page={pages[at + 1]} label={t('next')} />
      </nav>
    </>
  );
}

function OnThisPage({ page }: { page: Page }) {
  const { t } = useTranslation('help');
  return (
    <details className={styles.outline}>
      <summary>{t('onThisPage')}</summary>
      <ul>
        {page.headings.map(({ id, title, level }) => (
          <li key={id} data-level={level}>
            <Link to={`#${id}`}>{title}</Link>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Neighbour({ page, label }: { page: HelpTitle | undefined; label: string }) {
  if (page === undefined) return <span />;
  return (
    <Link to={`/help/${page.id}`}>
      <small>{label}</small>
      {page.title}
    </Link>
  );
}
