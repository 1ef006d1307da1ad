import {
  BulbOutlined, DesktopOutlined, GlobalOutlined, InfoCircleOutlined, KeyOutlined, LogoutOutlined, MoonOutlined, QuestionCircleOutlined,
  SunOutlined, UserOutlined,
} from '@ant-design/icons';
import { App, Button, Dropdown } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useLeave, useSession } from '../shared/api/session';
import { setPreferences, type ThemeChoice, usePreferences } from '../shared/lib/preferences.store';
import { LanguageMenu } from '../shared/ui/LanguageMenu';
import { GoTo } from './GoTo';
import styles from './TopBar.module.css';

const THEMES: Record<ThemeChoice, { icon: React.ReactNode }> = {
  light: { icon: <SunOutlined /> },
  dark: { icon: <MoonOutlined /> },
  system: { icon: <DesktopOutlined /> },
};

export function TopBar() {
  const { t } = useTranslation();
  const { data: session } = useSession();
  const theme = usePreferences((state) => state.theme);
  const navigate = useNavigate();
  const leave = useLeave();
  const { modal } = App.useApp();

  const about = () =>
    modal.info({
      title: t('product.full'),
      icon: <InfoCircleOutlined />,
      content: (
        <div>
          <p>{t('product.about')}</p>
          <p className={styles.version}>{t('product.version', { version: session?.version ?? '' })}</p>
        </div>
      ),
      okText: t('action.close'),
    });

  return (
    <header className={styles.bar}>
      <div className={styles.workspace} title={t('top.workspace')}>
        <span className={styles.dot} aria-hidden="true" />
        <span className="kz-sr">{t('top.workspace')}</span>
        {session?.workspace.name}
      </div>
      <GoTo />
      <div className={styles.tools}>
        <LanguageMenu>
          <Button type="text" icon={<GlobalOutlined />} aria-label={t('top.language')} title={t('top.language')} />
        </LanguageMenu>
        <Dropdown
          trigger={['click']}
          menu={{
            selectable: true,
            selectedKeys: [theme],
            items: (Object.keys(THEMES) as ThemeChoice[]).map((key) => ({ key, label: t(`theme.${key}`), icon: THEMES[key].icon })),
            onClick: ({ key }) => setPreferences({ theme: key as ThemeChoice }),
          }}
        >
          <Button type="text" icon={THEMES[theme].icon} aria-label={t('top.theme')} title={t('top.theme')} />
        </Dropdown>
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'start', label: t('top.quickStart'), icon: <BulbOutlined />, onClick: () => void navigate('/?start=1') },
              { key: 'about', label: t('top.about'), icon: <InfoCircleOutlined />, onClick: about },
            ],
          }}
        >
          <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t('top.help')} title={t('top.help')} />
        </Dropdown>
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'who', disabled: true, label: `${session?.user.name ?? ''} · ${t(`role.${session?.user.role ?? 'viewer'}`)}` },
              { type: 'divider' },
              { key: 'tokens', label: t('top.tokens'), icon: <KeyOutlined />, onClick: () => void navigate('/tokens') },
              { key: 'leave', label: t('top.logout'), icon: <LogoutOutlined />, onClick: () => void leave() },
            ],
          }}
        >
          <Button type="text" className={styles.me} aria-label={t('top.me', { name: session?.user.name ?? '' })}>
            <span className={styles.avatar} aria-hidden="true">
              {session === undefined ? <UserOutlined /> : [...session.user.name][0]?.toUpperCase()}
            </span>
            {session?.user.name}
          </Button>
        </Dropdown>
      </div>
    </header>
  );
}
