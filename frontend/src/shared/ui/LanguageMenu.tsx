import { GlobalOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { LANGUAGES } from '../i18n/setup';
import { setPreferences } from '../lib/preferences.store';
import { Menu } from './Menu';

/** The choice of languages, each in its own words. */
export function LanguageMenu() {
  const { t, i18n } = useTranslation();
  return (
    <Menu
      label={t('top.language')}
      button={<GlobalOutlined aria-hidden="true" />}
      items={LANGUAGES.map((key) => ({
        key,
        label: <span lang={key}>{t(`language.${key}`)}</span>,
        checked: key === i18n.language,
        onSelect: () => {
          setPreferences({ language: key });
          void i18n.changeLanguage(key);
        },
      }))}
    />
  );
}
