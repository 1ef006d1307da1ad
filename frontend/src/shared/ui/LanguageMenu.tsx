import { Dropdown } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { Language } from '../api/types';
import { LANGUAGES } from '../i18n/setup';
import { setPreferences } from '../lib/preferences.store';

/** Opens the choice of languages, each in its own words. */
export function LanguageMenu({ children }: { children: ReactElement }) {
  const { t, i18n } = useTranslation();
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectable: true,
        selectedKeys: [i18n.language],
        items: LANGUAGES.map((key) => ({ key, label: <span lang={key}>{t(`language.${key}`)}</span> })),
        onClick: ({ key }) => {
          setPreferences({ language: key as Language });
          void i18n.changeLanguage(key);
        },
      }}
    >
      {children}
    </Dropdown>
  );
}
