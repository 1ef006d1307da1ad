import { QueryClientProvider } from '@tanstack/react-query';
import { ConfigProvider } from 'antd';
import type { Locale } from 'antd/es/locale';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RouterProvider } from 'react-router';
import { useDark } from '../shared/hooks/useDark';
import { useStill } from '../shared/hooks/useStill';
import { DialogsProvider } from '../shared/ui/DialogsProvider';
import { ErrorBoundary } from './ErrorBoundary';
import { makeQueryClient } from './queryClient';
import { makeRouter } from './routes';
import { themeConfig } from './theme';

const locales: Record<string, () => Promise<{ default: Locale }>> = {
  'zh-CN': () => import('antd/es/locale/zh_CN'),
  en: () => import('antd/es/locale/en_US'),
};

export function App({ nonce }: { nonce: string }) {
  const { i18n } = useTranslation();
  const dark = useDark();
  const still = useStill();
  const [client] = useState(makeQueryClient);
  const [router] = useState(makeRouter);
  const [locale, setLocale] = useState<Locale>();
  const theme = useMemo(() => themeConfig(dark, still), [dark, still]);

  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);
  useEffect(() => {
    document.documentElement.lang = i18n.language;
    let wanted = true;
    void locales[i18n.language]?.().then((found) => {
      if (wanted) setLocale(found.default);
    });
    return () => {
      wanted = false;
    };
  }, [i18n.language]);

  return (
    <ConfigProvider theme={theme} locale={locale} csp={{ nonce }} button={{ autoInsertSpace: false }} wave={{ disabled: still }}>
      <DialogsProvider>
        <ErrorBoundary>
          <QueryClientProvider client={client}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </ErrorBoundary>
      </DialogsProvider>
    </ConfigProvider>
  );
}
