import {
  ApiOutlined, BulbOutlined, DatabaseOutlined, DesktopOutlined, InfoCircleOutlined, KeyOutlined, LogoutOutlined, MoonOutlined, QuestionCircleOutlined, SunOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { may, useLeave, useSession } from '../shared/api/session';
import { guideOf, useGuides } from '../shared/lib/guides.store';
import { setPreferences, type ThemeChoice, usePreferences } from '../shared/lib/preferences.store';
import { useDialogs } from '../shared/ui/dialogs';
import { LanguageMenu } from '../shared/ui/LanguageMenu';
import { Menu } from '../shared/ui/Menu';
import { GoTo } from './GoTo';
import styles from './TopBar.module.css';

const THEMES: Record<ThemeChoice, ReactNode> = { light: <SunOutlined aria-hidden="true" />, dark: <MoonOutlined aria-hidden="true" />, system: <DesktopOutlined aria-hidden="true" /> };

export function TopBar() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  const theme = usePreferences((state) => state.theme);
  const navigate = useNavigate();
  const leave = useLeave();
  const { tell, toast } = useDialogs();
  const { pathname } = useLocation();
  const name = session?.user.name ?? '';

  const about = () =>
    tell({ title: t('product.full'), text: `${t('product.about')}\n${t('product.version', { version: session?.version ?? '' })}` });

  const guide = guideOf(pathname);
  const showAround = () => {
    // A place may have its guide only now and then, as a node that maps nothing.
    if (guide === undefined || document.querySelector(`[data-coach^="${guide}-"]`) === null) toast(t('top.noGuide'), 'note');
    else useGuides.setState({ replay: guide });
  };

  return (
    <header className={styles.bar}>
      <div className={styles.workspace} title={t('top.workspace')}>
        <span className={styles.dot} aria-hidden="true" />
        <span className="kz-sr">{t('top.workspace')}</span>
        {session?.workspace.name}
      </div>
      <GoTo />
      <div className={styles.tools}>
        <LanguageMenu />
        <Menu
          label={t('top.theme')}
          button={THEMES[theme]}
          items={(Object.keys(THEMES) as ThemeChoice[]).map((key) => ({
            key, label: t(`theme.${key}`), icon: THEMES[key], checked: key === theme, onSelect: () => setPreferences({ theme: key }),
          }))}
        />
        <Menu
          label={t('top.help')}
          button={<QuestionCircleOutlined aria-hidden="true" />}
          items={[
            { key: 'reference', label: t('top.reference'), icon: <QuestionCircleOutlined aria-hidden="true" />, onSelect: () => void navigate('/help') },
            { key: 'start', label: t('top.quickStart'), icon: <BulbOutlined aria-hidden="true" />, onSelect: () => void navigate('/?start=1') },
            ...(guide === undefined ? [] : [{ key: 'guide', label: t('top.guide'), icon: <BulbOutlined aria-hidden="true" />, onSelect: showAround }]),
            ...(pathname.includes('/design') ? [] : [{ key: 'keys', label: t('top.keys'), icon: <KeyOutlined aria-hidden="true" />, onSelect: () => useGuides.setState({ keys: true }) }]),
            { key: 'about', label: t('top.about'), icon: <InfoCircleOutlined aria-hidden="true" />, onSelect: about },
          ]}
        />
        <Menu
          label={t('top.me', { name })}
          className={styles.me}
          heading={`${name} · ${t(`role.${session?.user.role ?? 'viewer'}`)}`}
          button={
            <>
              <span className={styles.avatar} aria-hidden="true" data-letter={[...name][0]?.toUpperCase()} />
              {name}
            </>
          }
          items={[
            ...(may(session, 'administer') ? [{ key: 'tokens', label: t('top.tokens'), icon: <KeyOutlined aria-hidden="true" />, onSelect: () => void navigate('/tokens') }] : []),
            { key: 'plugins', label: t('top.plugins'), icon: <ApiOutlined aria-hidden="true" />, onSelect: () => void navigate('/plugins') },
            { key: 'retention', label: t('top.retention'), icon: <DatabaseOutlined aria-hidden="true" />, onSelect: () => void navigate('/retention') },
            { key: 'leave', label: t('top.logout'), icon: <LogoutOutlined aria-hidden="true" />, onSelect: () => void leave() },
          ]}
        />
      </div>
    </header>
  );
}
