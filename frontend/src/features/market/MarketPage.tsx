import { ImportOutlined, SearchOutlined, UploadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { useConnectors } from '../../shared/api/catalog';
import { useMay } from '../../shared/api/session';
import type { Template } from '../../shared/api/types';
import { useText } from '../../shared/i18n/useText';
import { Empty } from '../../shared/ui/Empty';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { useTemplates } from './api';
import { Registry } from './components/Registry';
import { TemplateCard } from './components/TemplateCard';
import styles from './Market.module.css';

const ImportDialog = lazy(() => import('./components/ImportDialog'));

/** The templates, found by word, industry and system. */
export default function MarketPage() {
  const { t } = useTranslation('market');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const [importing, setImporting] = useState(false);
  return (
    <>
      <PageHeader
        title={t('title')} lead={t('lead')}
        actions={
          mayEdit && (
            <>
              <Button icon={<ImportOutlined aria-hidden="true" />} onClick={() => setImporting(true)}>
                {t('import.open')}
              </Button>
              <Button icon={<UploadOutlined aria-hidden="true" />} onClick={() => void navigate('/market/publish')}>
                {t('publish.open')}
              </Button>
            </>
          )
        }
      />
      <QueryView query={useTemplates()}>{(items) => <Found items={items} />}</QueryView>
      <Registry />
      {importing && (
        <Later onClose={() => setImporting(false)}>
          <ImportDialog onClose={() => setImporting(false)} />
        </Later>
      )}
    </>
  );
}

function Found({ items }: { items: Template[] }) {
  const { t } = useTranslation('market');
  const text = useText();
  const connectors = useConnectors();
  const [params, setParams] = useSearchParams();
  const [q, industry, system, origin] = ['q', 'industry', 'system', 'origin'].map((key) => params.get(key) ?? '') as [string, string, string, string];
  const set = (key: string, value: string) =>
    setParams((now) => {
      if (value === '') now.delete(key);
      else now.set(key, value);
      return now;
    }, { replace: true });
  const titleOf = (id: string) => text(connectors.data?.find((one) => one.id === id)?.title) || id;
  const industries = [...new Set(items.map((one) => text(one.industry)))].filter(Boolean);
  const systems = [...new Set(items.flatMap((one) => one.systems))];
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = items.filter((one) => {
    const said = [text(one.title), text(one.summary), text(one.industry), one.id, ...one.systems.map(titleOf)].join(' ').toLowerCase();
    return (industry === '' || text(one.industry) === industry) && (system === '' || one.systems.includes(system)) && (origin === '' || one.origin === origin) && words.every((word) => said.includes(word));
  });
  return (
    <>
      <div className={panel.tools}>
        <label className={panel.search}>
          <SearchOutlined aria-hidden="true" />
          <input type="search" value={q} placeholder={t('search')} aria-label={t('search')} onChange={(event) => set('q', event.target.value)} />
        </label>
        <select className={panel.field} aria-label={t('system')} value={system} onChange={(event) => set('system', event.target.value)}>
          <option value="">{t('allSystems')}</option>
          {systems.map((one) => (
            <option key={one} value={one}>
              {titleOf(one)}
            </option>
          ))}
        </select>
        <select className={panel.field} aria-label={t('industry')} value={industry} onChange={(event) => set('industry', event.target.value)}>
          <option value="">{t('allIndustries')}</option>
          {industries.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <select className={panel.field} aria-label={t('origin.label')} value={origin} onChange={(event) => set('origin', event.target.value)}>
          <option value="">{t('origin.all')}</option>
          <option value="built-in">{t('origin.builtIn')}</option>
          <option value="workspace">{t('origin.workspace')}</option>
        </select>
        <span role="status" className={panel.sub}>
          {t('found', { count: shown.length })}
        </span>
      </div>
      {shown.length === 0 ? (
        <div className={panel.panel}>
          <Empty art="search" title={t('noMatch')}>
            <Button onClick={() => setParams({}, { replace: true })}>{t('common:action.clear')}</Button>
          </Empty>
        </div>
      ) : (
        <ul className={styles.cards}>
          {shown.map((one) => (
            <li key={one.id}>
              <TemplateCard template={one} titleOf={titleOf} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
