import { lazy, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams } from 'react-router';
import { useNodeName } from '../../shared/api/nodeNames';
import { AttentionTag, StateTag } from '../../shared/ui/StateTag';
import { HelpLink } from '../../shared/ui/HelpLink';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import { PageSkeleton } from '../../shared/ui/PageSkeleton';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { When } from '../../shared/ui/When';
import { useDocument } from './api';
import { Actions } from './components/Actions';
import { Bill } from './components/Bill';
import { Deliveries } from './components/Deliveries';
import { ProblemCard } from './components/ProblemCard';
import { PurgedNotice } from './components/PurgedNotice';
import styles from './Document.module.css';
import type { LedgerDocument } from './model/detail';

// The page's facts and buttons are there first; its long parts come after them.
const Attempts = lazy(async () => ({ default: (await import('../../shared/attempts/Attempts')).Attempts }));
const DecisionPanel = lazy(async () => ({ default: (await import('./decision/DecisionPanel')).DecisionPanel }));
const LineagePanel = lazy(async () => ({ default: (await import('./lineage/LineagePanel')).LineagePanel }));
const Errands = lazy(async () => ({ default: (await import('./components/Errands')).Errands }));
const Timeline = lazy(async () => ({ default: (await import('./history/Timeline')).Timeline }));
const PayloadTabs = lazy(async () => ({ default: (await import('./components/PayloadTabs')).PayloadTabs }));

export default function DocumentPage() {
  const { documentId = '' } = useParams();
  const query = useDocument(documentId);
  return <QueryView query={query}>{(document) => <DocumentView key={document.id} document={document} />}</QueryView>;
}

/** Deliveries of which a person may know more than the system. */
const OPEN = ['unknown', 'needs_decision'];

const deliveryKey = (one: { node: string; part: number } | undefined) => (one === undefined ? '' : `${one.node}/${one.part}`);

function DocumentView({ document }: { document: LedgerDocument }) {
  const { t } = useTranslation('documents');
  const [chosen, setChosen] = useState('');
  const delivery = document.deliveries.find((one) => deliveryKey(one) === chosen) ?? document.deliveries[0];
  const name = document.number || document.key;
  const nodeName = useNodeName(document.flow, document.version);
  const { hash } = useLocation();
  useEffect(() => {
    // A link to a part of the page: the parts come when their data does.
    if (hash === '') return undefined;
    const timer = setTimeout(() => window.document.getElementById(hash.slice(1))?.scrollIntoView({ block: 'start' }), 300);
    return () => clearTimeout(timer);
  }, [hash]);
  return (
    <>
      <PageHeader
        back={{ to: '/docs', label: t('title') }}
        title={name}
        marks={
          <>
            <StateTag of="document" state={document.state} />
            {document.attention?.map((mark) => <AttentionTag key={mark} mark={mark} />)}
          </>
        }
        lead={
          <span className={styles.facts}>
            <Link to={`/flows/${document.flow}/design`}>{document.flowTitle}</Link>
            <span>
              {t('key')} <code>{document.key}</code>
            </span>
            <span>{t('rev', { no: document.rev })}</span>
            {document.version > 0 && <span>{t('version', { no: document.version })}</span>}
            {document.run !== '' && <Link to={`/runs/${document.run}`}>{t('run', { id: document.run })}</Link>}
            {document.targetNumber !== undefined && document.targetNumber !== '' && (
              <span>
                {t('target')} <code>{document.targetNumber}</code>
              </span>
            )}
            <span>
              {t('updated')} <When time={document.updatedAt} />
            </span>
          </span>
        }
        actions={<Actions document={document} delivery={delivery} />}
      />
      {(document.newer ?? 0) > 0 && <p className={styles.newer}>{t('newerWaiting', { count: document.newer })}</p>}
      <PurgedNotice document={document} />
      {document.problem !== undefined && <ProblemCard problem={document.problem} nodeName={nodeName} />}
      {(document.state === 'needs_decision' || document.deliveries.some(({ state }) => OPEN.includes(state))) && (
        <Later fallback={<PageSkeleton rows={3} />}>
          <DecisionPanel id={document.id} nodeName={nodeName} />
        </Later>
      )}
      <div className={styles.columns}>
        <div className={styles.main}>
          <section className={`${panel.panel} ${styles.payloads}`} aria-label={t('payloads')}>
            <Later fallback={<PageSkeleton rows={9} />}>
              <PayloadTabs key={deliveryKey(delivery)} document={document} delivery={delivery} />
            </Later>
          </section>
          <Later fallback={<PageSkeleton rows={3} />}>
            <Attempts document={document} nodeName={nodeName} />
          </Later>
          <Later>
            <LineagePanel document={document} />
          </Later>
        </div>
        <div className={styles.side}>
          <section className={panel.panel} aria-labelledby="document-timeline">
            <div className={panel.head}>
              <h2 id="document-timeline">{t('timeline.title')}</h2>
            </div>
            <Later fallback={<PageSkeleton rows={3} />}>
              <Timeline document={document} nodeName={nodeName} />
            </Later>
          </section>
          <Bill document={document} />
          <section className={panel.panel} aria-labelledby="document-deliveries">
            <div className={panel.head}>
              <h2 id="document-deliveries">{t('deliveries.title')}</h2>
              <HelpLink to="delivery-states" title={t('deliveries.title')} />
            </div>
            <Deliveries document={document} chosen={deliveryKey(delivery)} nodeName={nodeName} onChoose={(one) => setChosen(deliveryKey(one))} />
          </section>
          <Later>
            <Errands id={document.id} nodeName={nodeName} />
          </Later>
        </div>
      </div>
    </>
  );
}
