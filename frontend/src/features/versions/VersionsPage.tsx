import { DownloadOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link, useParams, useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import type { FlowHistory } from '../../shared/api/types';
import { ChangesView } from '../../shared/changes/ChangesView';
import { useMappingDocument } from '../../shared/hooks/useMappingDocument';
import { Empty } from '../../shared/ui/Empty';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { Menu } from '../../shared/ui/Menu';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { useDiff, useHistory } from './api';
import { VersionTable } from './components/VersionTable';
import styles from './Versions.module.css';

/** The published versions of a flow: who changed what, how they differ, and going back to one. */
export default function VersionsPage() {
  const { t } = useTranslation('versions');
  const { flowId = '' } = useParams();
  const flow = useFlows().data?.find(({ id }) => id === flowId);
  const history = useHistory(flowId);
  return (
    <>
      <PageHeader back={{ to: `/flows/${flowId}/overview`, label: flow?.title ?? t('flow') }} title={t('title')} lead={t('lead')} actions={<MappingDocument flow={flowId} title={flow?.title ?? ''} />} />
      <FlowTabs flow={flowId} />
      <QueryView query={history}>
        {(found) => (found.items.length === 0 ? <Unpublished flow={flowId} /> : <Versions flow={flowId} title={flow?.title ?? ''} history={found} />)}
      </QueryView>
    </>
  );
}

function MappingDocument({ flow, title }: { flow: string; title: string }) {
  const { t } = useTranslation('versions');
  const items = useMappingDocument();
  return (
    <Menu
      label={t('common:mappingDocument.name')}
      className={styles.button}
      button={
        <>
          <DownloadOutlined aria-hidden="true" /> {t('common:mappingDocument.name')}
        </>
      }
      items={items({ flow, title })}
    />
  );
}

function Unpublished({ flow }: { flow: string }) {
  const { t } = useTranslation('versions');
  return (
    <Empty title={t('empty.title')} text={t('empty.text')}>
      <Link to={`/flows/${flow}/design`}>{t('empty.next')}</Link>
    </Empty>
  );
}

/** What is compared when nobody chose: the draft with what runs, or the newest two. */
function chosenOf(history: FlowHistory, params: URLSearchParams) {
  const [newest, before] = history.items;
  const to = params.get('to') ?? (history.dirty ? 'draft' : String(newest?.no ?? 'draft'));
  return { from: params.get('from') ?? (to === 'draft' ? String(newest?.no ?? 'nothing') : before === undefined ? 'nothing' : String(before.no)), to };
}

function Versions({ flow, title, history }: { flow: string; title: string; history: FlowHistory }) {
  const { t } = useTranslation('versions');
  const [params, setParams] = useSearchParams();
  const { from, to } = chosenOf(history, params);
  const choose = (change: Record<string, string>) =>
    setParams((now) => {
      for (const [key, value] of Object.entries({ from, to, ...change })) now.set(key, value);
      return now;
    }, { replace: true });
  const options = history.items.map(({ no, note }) => ({ value: String(no), label: [t('version', { no }), note].filter(Boolean).join(' · ') }));
  return (
    <div className={styles.stack}>
      <VersionTable flow={flow} title={title} history={history} onCompare={(no, with_) => choose({ from: no, to: with_ })} />
      <section className={panel.panel} aria-label={t('diff.title')}>
        <header className={panel.head}>
          <h2>{t('diff.title')}</h2>
          <div className={styles.choice}>
            <label>
              {t('diff.from')}{' '}
              <select className={panel.field} value={from} onChange={(event) => choose({ from: event.target.value })}>
                <option value="nothing">{t('diff.nothing')}</option>
                {options.map(({ value, label }) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
            <label>
              {t('diff.to')}{' '}
              <select className={panel.field} value={to} onChange={(event) => choose({ to: event.target.value })}>
                <option value="draft">{t('draft')}</option>
                {options.map(({ value, label }) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          </div>
        </header>
        <div className={panel.body}>
          <Difference flow={flow} from={from} to={to} />
        </div>
      </section>
    </div>
  );
}

function Difference({ flow, from, to }: { flow: string; from: string; to: string }) {
  const diff = useDiff(flow, from, to);
  return <QueryView query={diff}>{(found) => <ChangesView diff={found} />}</QueryView>;
}
