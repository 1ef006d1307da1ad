import { CopyOutlined } from '@ant-design/icons';
import { lazy, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { Button } from 'antd';
import { readDocument, titleOf } from '../../model/document';
import { useMay } from '../../shared/api/session';
import type { Json, TemplateDetail } from '../../shared/api/types';
import { useText } from '../../shared/i18n/useText';
import { Banner } from '../../shared/ui/Banner';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { Tabs } from '../../shared/ui/Tabs';
import { TrustTag } from '../../shared/ui/TrustTag';
import { When } from '../../shared/ui/When';
import { useTemplate } from './api';
import { Needs } from './components/Needs';
import { OwnTools } from './components/OwnTools';
import styles from './Market.module.css';

// What reads Markdown or draws a flow comes after the page is there.
const ForeignArticle = lazy(() => import('~/shared/markdown/ForeignArticle'));
const FlowSketch = lazy(() => import('./components/FlowSketch'));
const FieldList = lazy(() => import('./components/FieldList'));
const SamplePairs = lazy(() => import('./components/SamplePairs'));

/** All that a person judges a template by before it is copied. */
export default function TemplatePage() {
  const { t } = useTranslation('market');
  const { templateId = '' } = useParams();
  const [params] = useSearchParams();
  const template = useTemplate(templateId, params.get('version') ?? '');
  return (
    <>
      {template.data === undefined && <PageHeader title={t('title')} back={{ to: '/market', label: t('title') }} />}
      <QueryView query={template}>{(found) => <Shown template={found} />}</QueryView>
    </>
  );
}

function Shown({ template }: { template: TemplateDetail }) {
  const { t } = useTranslation('market');
  const text = useText();
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const [params, setParams] = useSearchParams();
  const asked = params.get('version') ?? '';
  const put = (key: string, value: string) =>
    setParams((now) => {
      now.set(key, value);
      return now;
    }, { replace: true });
  const resolve = useCallback(() => undefined, []);
  const docs = template.documents.map((one) => readDocument(one as Json));
  const tabs = [
    { key: 'about', label: t('tab.about'), content: <Later><ForeignArticle text={text(template.docs)} resolve={resolve} /></Later> },
    { key: 'flows', label: t('tab.flows', { count: docs.length }), content: (
      <Later>
        {docs.map((doc, n) => (
          <section key={n} className={styles.part}>
            <h3>{titleOf(doc)}</h3>
            <FlowSketch doc={doc} />
          </section>
        ))}
      </Later>
    ) },
    { key: 'fields', label: t('tab.fields'), content: (
      <Later>
        {docs.map((doc, n) => (
          <section key={n} className={styles.part}>
            <h3>{titleOf(doc)}</h3>
            <FieldList doc={doc} />
          </section>
        ))}
      </Later>
    ) },
    ...(template.samples.length > 0 ? [{ key: 'samples', label: t('tab.samples'), content: <Later><SamplePairs samples={template.samples} /></Later> }] : []),
    { key: 'changes', label: t('tab.changes'), content: (
      <dl className={styles.changes}>
        {template.changelog.map(({ version, text: said }) => (
          <div key={version}>
            <dt>{version}</dt>
            <dd>{text(said)}</dd>
          </div>
        ))}
      </dl>
    ) },
  ];
  return (
    <>
      <PageHeader
        title={text(template.title)} back={{ to: '/market', label: t('title') }} lead={text(template.summary)}
        actions={
          <>
            <OwnTools template={template} />
            {mayEdit && (
              <Button type="primary" icon={<CopyOutlined aria-hidden="true" />} disabled={template.fault !== undefined} onClick={() => void navigate(`/market/${template.id}/copy${asked === '' ? '' : `?version=${asked}`}`)}>
                {t('copy.open')}
              </Button>
            )}
          </>
        }
      />
      {!mayEdit && <p className={panel.sub}>{t('copy.denied')}</p>}
      {template.fault !== undefined && (
        <Banner tone="err" title={template.fault.message}>
          {template.fault.hint}
        </Banner>
      )}
      <div className={styles.columns}>
        <div className={`${panel.panel} ${styles.box}`}>
          <Tabs label={text(template.title)} tabs={tabs} active={params.get('tab') ?? 'about'} onChange={(tab) => put('tab', tab)} />
        </div>
        <aside className={styles.aside} aria-label={t('facts')}>
          <Needs template={template} />
          <section className={`${panel.panel} ${styles.box}`}>
            <h2>{t('facts')}</h2>
            <dl className={styles.facts}>
              <dt>{t('fact.version')}</dt>
              <dd>
                {template.versions.length > 1 ? (
                  <select className={panel.field} aria-label={t('fact.version')} value={template.version} onChange={(event) => put('version', event.target.value)}>
                    {template.versions.map((one) => (
                      <option key={one}>{one}</option>
                    ))}
                  </select>
                ) : (
                  template.version
                )}
              </dd>
              <dt>{t('fact.status')}</dt>
              <dd>
                <TrustTag status={template.status} by={template.signer} loose="template" />
              </dd>
              {template.publishedAt !== undefined && (
                <>
                  <dt>{t(template.imported ? 'fact.imported' : 'fact.published')}</dt>
                  <dd>
                    <When time={template.publishedAt} /> {template.publishedBy}
                  </dd>
                </>
              )}
              {text(template.industry) !== '' && (
                <>
                  <dt>{t('fact.industry')}</dt>
                  <dd>{text(template.industry)}</dd>
                </>
              )}
              <dt>{t('fact.author')}</dt>
              <dd>{template.author}</dd>
              <dt>{t('fact.licence')}</dt>
              <dd>{template.licence}</dd>
            </dl>
            <Link to="/help/market">{t('help')}</Link>
          </section>
        </aside>
      </div>
    </>
  );
}
