import {
  ApiOutlined, AuditOutlined, DashboardOutlined, FileSearchOutlined, MenuFoldOutlined, MenuUnfoldOutlined, PartitionOutlined, PlayCircleOutlined, ShopOutlined, SwapOutlined,
} from '@ant-design/icons';
import { type ComponentType, lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink, Outlet, useMatches } from 'react-router';
import { setPreferences, usePreferences } from '../shared/lib/preferences.store';
import { Logo } from '../shared/ui/Logo';
import { LiveContext } from '../shared/hooks/useLive';
import { LiveBanner } from './LiveBanner';
import styles from './Shell.module.css';
import { TopBar } from './TopBar';
import { useWorkspaceEvents } from './useWorkspaceEvents';

// Nobody waits for it: what cannot be had is simply not shown.
const Guides = lazy((): Promise<{ default: ComponentType }> => import('./Guides').catch(() => ({ default: () => null })));

const PLACES = [
  { to: '/', key: 'home', icon: <DashboardOutlined aria-hidden="true" /> },
  { to: '/flows', key: 'flows', icon: <PartitionOutlined aria-hidden="true" /> },
  { to: '/market', key: 'market', icon: <ShopOutlined aria-hidden="true" /> },
  { to: '/runs', key: 'runs', icon: <PlayCircleOutlined aria-hidden="true" /> },
  { to: '/docs', key: 'docs', icon: <FileSearchOutlined aria-hidden="true" /> },
  { to: '/reconcile', key: 'reconcile', icon: <AuditOutlined aria-hidden="true" /> },
  { to: '/codes', key: 'codes', icon: <SwapOutlined aria-hidden="true" /> },
  { to: '/connectors', key: 'connectors', icon: <ApiOutlined aria-hidden="true" /> },
] as const;

/** The frame of every page behind the login: rail, top bar, live state. */
export function Shell() {
  const { t } = useTranslation();
  const live = useWorkspaceEvents();
  // A canvas needs the width, so pages that bleed fold the rail; the choice itself is kept.
  const bleed = useMatches().some((match) => (match.handle as { bleed?: boolean } | undefined)?.bleed === true);
  const chosen = usePreferences((state) => state.railOpen);
  const open = chosen && !bleed;
  return (
    <LiveContext value={live}>
      <a className={styles.skip} href="#main">
        {t('nav.skip')}
      </a>
      <div className={styles.frame} data-rail={open ? 'open' : 'folded'}>
        <nav className={styles.rail} aria-label={t('nav.label')}>
          <Link to="/" className={styles.brand} title={t('product.home')} aria-label={open ? undefined : t('product.home')}>
            <Logo />
            {open && (
              <span className={styles.name}>
                Karez<small>{t('product.tag')}</small>
              </span>
            )}
          </Link>
          <ul className={styles.places}>
            {PLACES.map(({ to, key, icon }) => (
              <li key={key}>
                <NavLink to={to} end={to === '/'} className={styles.place} title={open ? undefined : t(`nav.${key}`)} aria-label={open ? undefined : t(`nav.${key}`)}>
                  <span className={styles.icon} aria-hidden="true">
                    {icon}
                  </span>
                  {open && <span className={styles.label}>{t(`nav.${key}`)}</span>}
                </NavLink>
              </li>
            ))}
          </ul>
          <svg className={styles.water} viewBox="0 0 216 90" preserveAspectRatio="none" aria-hidden="true">
            <path d="M0 20C60 24 140 48 216 62" />
            <path d="M36 -10V22M108 -10V38M180 -10V54" />
          </svg>
          {!bleed && (
            <button
              type="button"
              className={styles.fold}
              onClick={() => setPreferences({ railOpen: !chosen })}
              aria-expanded={open}
              aria-label={t(open ? 'nav.fold' : 'nav.unfold')}
            >
              {open ? <MenuFoldOutlined aria-hidden="true" /> : <MenuUnfoldOutlined aria-hidden="true" />}
            </button>
          )}
        </nav>
        <div className={styles.stage}>
          <TopBar />
          <LiveBanner state={live} />
          <main id="main" className={bleed ? styles.bleed : styles.main} tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Suspense fallback={null}>
        <Guides />
      </Suspense>
    </LiveContext>
  );
}
