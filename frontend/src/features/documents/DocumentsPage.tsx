import { HistoryOutlined, NumberOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { useMay, useSession } from '../../shared/api/session';
import { toField } from '../../shared/lib/times';
import { ExportMenu } from '../../shared/ui/ExportMenu';
import { FlowTabs } from '../../shared/ui/FlowTabs';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import { PageSkeleton } from '../../shared/ui/PageSkeleton';
import { QueryView } from '../../shared/ui/QueryView';
import { fetchExport, useDocuments, useFacets } from './api';
import { BulkBar } from './bulk/BulkBar';
import { ErrorGroups } from './components/ErrorGroups';
import { FilterBar } from './components/FilterBar';
import styles from './Documents.module.css';
import { type Change, readColumns, readFilter } from './model/filter';
import { remembered } from './model/remembered';

// Its rows come after it: their code is on its way while they are asked for.
const gridCode = import('./components/DocumentGrid').then((part) => ({ default: part.DocumentGrid }));
gridCode.catch(() => undefined); // told where it is drawn
const DocumentGrid = lazy(() => gridCode);
// What opens later comes later.
const DecisionQueue = lazy(async () => ({ default: (await import('./decision/DecisionQueue')).DecisionQueue }));
const GroupCard = lazy(async () => ({ default: (await import('./components/GroupCard')).GroupCard }));
const NoDocuments = lazy(async () => ({ default: (await import('./components/NoDocuments')).NoDocuments }));
const Looks = lazy(async () => ({ default: (await import('./views/Looks')).Looks }));
const JobPanel = lazy(async () => ({ default: (await import('./bulk/JobPanel')).JobPanel }));
const JobsDialog = lazy(async () => ({ default: (await import('./bulk/JobsDialog')).JobsDialog }));
const NumbersDialog = lazy(async () => ({ default: (await import('../../shared/ui/NumbersDialog')).NumbersDialog }));

/** What is asked for is not asked for again meanwhile. */
const ONE = { cancelRefetch: false };

/** The ledger: of all flows at /docs, of one at /flows/:flowId/docs. */
export default function DocumentsPage() {
  const { t } = useTranslation('documents');
  const { flowId } = useParams();
  const [params, setParams] = useSearchParams();
  const filter = readFilter(params, flowId);
  const at = params.get('at') ?? '';
  const me = useSession().data?.user.id ?? '';
  const columns = readColumns(params) ?? remembered(me, filter.flow);
  const showing = { at, columns };
  const filterKey = JSON.stringify([filter, showing]);
  const documents = useDocuments(filter, showing);
  const above = documents.data?.pages[0]?.above ?? 0;
  const facets = useFacets(filter.flow ?? '');
  const flows = useFlows();
  const mayOperate = useMay('operate');
  // A selection belongs to what was on the screen when it was made.
  const [selection, setSelection] = useState<{ of: string; ids: ReadonlySet<string> }>({ of: filterKey, ids: new Set() });
  const selected = selection.of === filterKey ? selection.ids : new Set<string>();
  const [fetching, setFetching] = useState(false);
  const [listing, setListing] = useState(false);
  // In the address, so that a job is still in sight after the page was loaded again.
  const job = params.get('job') ?? '';
  const queued = filter.state === 'needs_decision' && params.get('view') === 'queue';
  const narrowed = Object.keys(filter).length > (flowId === undefined ? 0 : 1);
  const group = facets.data?.codes.find(({ state, code }) => filter.code === code && filter.state === state);
  const flow = flows.data?.find(({ id }) => id === flowId);

  const set = (changes: Change) =>
    setParams((now) => {
      for (const [key, value] of Object.entries(changes)) {
        if (value === '') now.delete(key);
        else now.set(key, value);
      }
      return now;
    }, { replace: true });

  return (
    <div className={styles.page}>
      <PageHeader
        back={flowId === undefined ? undefined : { to: `/flows/${flowId}/overview`, label: flow?.title ?? t('flow') }}
        title={t(flowId === undefined ? 'title' : 'flowTitle')}
        lead={t(flowId === undefined ? 'lead' : 'flowLead')}
        actions={
          <>
            <ExportMenu name={`${flow?.title ?? t('title')} ${toField(new Date().toISOString()).slice(0, 10)}`} fetch={(format, signal) => fetchExport(filter, columns, format, signal)} />
            <Button data-coach="ledger-tools" icon={<HistoryOutlined aria-hidden="true" />} onClick={() => setListing(true)}>
              {t('bulk.jobs.title')}
            </Button>
            {mayOperate && flow !== undefined && flow.publishedVersion > 0 && (
              <Button icon={<NumberOutlined aria-hidden="true" />} onClick={() => setFetching(true)}>
                {t('common:numbers.title')}
              </Button>
            )}
          </>
        }
      />
      {flowId !== undefined && <FlowTabs flow={flowId} />}
      {fetching && flow !== undefined && (
        <Later onClose={() => setFetching(false)}>
          <NumbersDialog flow={flow.id} title={flow.title} onClose={() => setFetching(false)} />
        </Later>
      )}
      {listing && (
        <Later onClose={() => setListing(false)}>
          <JobsDialog
            onChoose={(id) => {
              setListing(false);
              set({ job: id });
            }}
            onClose={() => setListing(false)}
          />
        </Later>
      )}
      {job !== '' && (
        <Later fallback={<PageSkeleton rows={1} />}>
          <JobPanel key={job} id={job} onClose={() => set({ job: '' })} />
        </Later>
      )}
      <Later fallback={<div className={styles.looks} />}>
        <Looks me={me} flowId={flowId} columns={columns} scrolled={above > 0} onChange={set} />
      </Later>
      <FilterBar filter={filter} fixedFlow={flowId !== undefined} facets={facets.data} flows={flows.data ?? []} period={params.get('period') ?? ''} onChange={set} />
      <ErrorGroups groups={facets.data?.codes ?? []} filter={filter} onChange={set} />
      {group !== undefined && (
        <Later>
          <GroupCard key={`${group.state} ${group.code}`} group={group} filter={filter} onStarted={({ id }) => set({ job: id })} />
        </Later>
      )}
      {filter.state === 'needs_decision' && (
        <div className={styles.views}>
          <Button size="small" aria-pressed={queued} onClick={() => set({ view: queued ? '' : 'queue' })}>
            {t(queued ? 'decision.asList' : 'decision.asQueue')}
          </Button>
        </div>
      )}
      {mayOperate && !queued && (
        <BulkBar
          selected={selected}
          filter={narrowed ? filter : undefined}
          onUnselect={() => setSelection({ of: filterKey, ids: new Set() })}
          onStarted={({ id }) => {
            setSelection({ of: filterKey, ids: new Set() });
            set({ job: id });
          }}
        />
      )}
      <div className={styles.ledger}>
        <QueryView query={documents}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            if (items.length === 0 && !documents.hasPreviousPage) {
              return (
                <Later>
                  <NoDocuments filtered={narrowed || at !== ''} onClear={() => setParams({}, { replace: true })} />
                </Later>
              );
            }
            if (queued) {
              return (
                <Later fallback={<PageSkeleton />}>
                  <DecisionQueue documents={items} hasMore={documents.hasNextPage} loading={documents.isFetchingNextPage} onMore={() => void documents.fetchNextPage()} />
                </Later>
              );
            }
            return (
              <Later fallback={<PageSkeleton />}>
                <DocumentGrid
                  key={filterKey}
                  documents={items}
                  showFlow={flowId === undefined}
                  selected={mayOperate ? selected : undefined}
                  onSelect={(ids) => setSelection({ of: filterKey, ids })}
                  hasMore={documents.hasNextPage}
                  loading={documents.isFetchingNextPage || documents.isFetchingPreviousPage}
                  onMore={() => void documents.fetchNextPage(ONE)}
                  above={above}
                  hasNewer={documents.hasPreviousPage}
                  onNewer={() => void documents.fetchPreviousPage(ONE)}
                  begun={at !== ''}
                  flow={filter.flow ?? ''}
                  columns={columns}
                />
              </Later>
            );
          }}
        </QueryView>
      </div>
    </div>
  );
}
