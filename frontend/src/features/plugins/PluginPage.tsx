import { lazy, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams, useSearchParams } from 'react-router';
import type { Plugin, PluginPage as Page } from '../../shared/api/types';
import { useText } from '../../shared/i18n/useText';
import { Banner } from '../../shared/ui/Banner';
import { Empty } from '../../shared/ui/Empty';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import { PageSkeleton } from '../../shared/ui/PageSkeleton';
import panel from '../../shared/ui/Panel.module.css';
import { nodePage } from '../../shared/ui/nodePage';
import { QueryView } from '../../shared/ui/QueryView';
import { Tabs } from '../../shared/ui/Tabs';
import { TrustTag } from '../../shared/ui/TrustTag';
import { usePluginPages, usePlugins } from './api';
import { PluginIcon } from './components/PluginIcon';
import { leadsTo } from './model';
import styles from './Plugins.module.css';

// What reads Markdown comes after the page is there.
const ForeignArticle = lazy(() => import('~/shared/markdown/ForeignArticle'));

/** What comes with a plugin to read: of the version that serves, or of another one. */
export default function PluginPage() {
  const { pluginId = '' } = useParams();
  const plugins = usePlugins();
  return (
    <QueryView query={plugins}>
      {({ items }) => {
        const plugin = items.find(({ id }) => id === pluginId);
        if (plugin === undefined) return <Missing />;
        return <Shown plugin={plugin} />;
      }}
    </QueryView>
  );
}

function Missing() {
  const { t } = useTranslation('plugins');
  return (
    <>
      <PageHeader title={t('title')} back={{ to: '/plugins', label: t('title') }} />
      <Empty title={t('pages.missing')} text={t('pages.missingText')}>
        <Link to="/plugins">{t('pages.toList')}</Link>
      </Empty>
    </>
  );
}

function Shown({ plugin }: { plugin: Plugin }) {
  const { t, i18n } = useTranslation('plugins');
  const text = useText();
  const [params, setParams] = useSearchParams();
  const title = text(plugin.title) || plugin.id;
  const wanted = params.get('version') ?? plugin.serves;
  const version = plugin.versions.find((one) => one.version === wanted) ?? plugin.versions[0];
  const pages = usePluginPages(plugin.id, version?.version, i18n.language);
  const go = (key: string, value: string) => setParams((before) => ({ ...Object.fromEntries(before), [key]: value }));
  return (
    <>
      <PageHeader
        title={title} back={{ to: '/plugins', label: t('title') }}
        marks={
          <>
            <PluginIcon plugin={plugin} />
            {version !== undefined && <TrustTag status={version.status} by={version.keyName} />}
          </>
        }
        lead={[version !== undefined && `${t('version')} ${version.version}`, version?.publisher].filter(Boolean).join(' · ')}
        actions={
          plugin.versions.length > 1 && (
            <label className={styles.choice}>
              {t('version')}
              <select value={version?.version} onChange={(event) => go('version', event.target.value)}>
                {[...new Set(plugin.versions.map((one) => one.version))].map((one) => (
                  <option key={one} value={one}>
                    {one === plugin.serves ? t('pages.serves', { version: one }) : one}
                  </option>
                ))}
              </select>
            </label>
          )
        }
      />
      {plugin.nodes.length > 0 && <NodeLinks plugin={plugin} />}
      <div className={panel.panel}>
        <QueryView query={pages}>
          {(all) =>
            all.length === 0 ? (
              <Empty title={t('pages.empty')} text={t('pages.emptyText')}>
                <Link to="/plugins">{t('pages.toList')}</Link>
              </Empty>
            ) : (
              <Pages all={all} active={params.get('page') ?? ''} label={t('pages.of', { title })} onGo={(id) => go('page', id)} />
            )
          }
        </QueryView>
      </div>
    </>
  );
}

/** The nodes that it brings, each with its page of the reference. */
function NodeLinks({ plugin }: { plugin: Plugin }) {
  const { t } = useTranslation('plugins');
  const text = useText();
  return (
    <p className={styles.nodes}>
      {t('brings')}
      {plugin.nodes.map(({ type, title }) => (
        <Link key={type} to={`/help/${nodePage(type)}`}>
          {text(title) || type}
        </Link>
      ))}
    </p>
  );
}

function Pages({ all, active, label, onGo }: { all: Page[]; active: string; label: string; onGo: (id: string) => void }) {
  const { t } = useTranslation('plugins');
  const named = (page: Page) => (page.kind === 'guide' ? page.title || page.id : t(`pages.kind.${page.kind}`));
  const shown = all.find(({ id }) => id === active) ?? all[0];
  return (
    <Tabs
      label={label} active={shown?.id ?? ''} onChange={onGo}
      tabs={all.map((page) => ({ key: page.id, label: named(page), content: <One page={page} all={all} /> }))}
    />
  );
}

function One({ page, all }: { page: Page; all: Page[] }) {
  const { t } = useTranslation('plugins');
  const [params] = useSearchParams();
  const resolve = useCallback(
    (href: string) => leadsTo(href, page.id, all, (id) => `?${new URLSearchParams({ ...Object.fromEntries(params), page: id }).toString()}`),
    [page.id, all, params],
  );
  if (page.fault !== undefined) return <div className={styles.article}><Banner tone="err" title={page.fault.message}>{page.fault.hint}</Banner></div>;
  if (page.text.trim() === '') return <p className={styles.article}>{t('pages.blank')}</p>;
  return (
    <div className={styles.article}>
      <Later fallback={<PageSkeleton rows={8} />}>
        <ForeignArticle text={page.text} resolve={resolve} />
      </Later>
    </div>
  );
}
