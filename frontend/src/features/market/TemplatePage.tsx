import { CopyOutlined } from '@ant-design/icons';
import { lazy, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { Button } from 'antd';
import { readDocument, titleOf } from '../../model/document';
import { useMay } from '../../shared/api/session';
import type { Json, TemplateDetail } from '../../shared/api/types';
import { useText } from '../../shared/i18n/useText';
import { JsonTree } from '../../shared/ui/JsonTree';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { Tabs } from '../../shared/ui/Tabs';
import { useTemplate } from './api';
import { Needs } from './components/Needs';
import styles from './Market.module.css';

// What reads Markdown or draws a flow comes after the page is there.
const ForeignArticle = lazy(() => import('~/shared/markdown/ForeignArticle'));
const FlowSketch = lazy(() => import('./components/FlowSketch'));
const FieldList = lazy(() => import('./components/FieldList'));

/** All that a person judges a template by before it is copied. */
export default function TemplatePage() {
  const { t } = useTranslation('market');
  const { templateId = '' } = useParams();
  const template = useTemplate(templateId);
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
    { key: 'samples', label: t('tab.samples'), content: template.samples.map((one, n) => (
      <section key={n} className={styles.pair}>
        <div>
          <h3>{text(one.title) || t('sample.given')}</h3>
          <JsonTree text={JSON.stringify(one.given)} label={t('sample.given')} />
        </div>
        <div>
          <h3>{t('sample.expected')}</h3>
          <JsonTree text={JSON.stringify(one.expected)} label={t('sample.expected')} />
        </div>
      </section>
    )) },
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
          mayEdit && (
            <Button type="primary" icon={<CopyOutlined aria-hidden="true" />} onClick={() => void navigate(`/market/${template.id}/copy`)}>
              {t('copy.open')}
            </Button>
          )
        }
      />
      {!mayEdit && <p className={panel.sub}>{t('copy.denied')}</p>}
      <div className={styles.columns}>
        <div className={`${panel.panel} ${styles.box}`}>
          <Tabs label={text(template.title)} tabs={tabs} active={params.get('tab') ?? 'about'} onChange={(tab) => setParams({ tab }, { replace: true })} />
        </div>
        <aside className={styles.aside} aria-label={t('facts')}>
          <Needs template={template} />
          <section className={`${panel.panel} ${styles.box}`}>
            <h2>{t('facts')}</h2>
            <dl className={styles.facts}>
              <dt>{t('fact.version')}</dt>
              <dd>{template.version}</dd>
              <dt>{t('fact.industry')}</dt>
              <dd>{text(template.industry)}</dd>
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
