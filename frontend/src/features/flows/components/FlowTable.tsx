import { BranchesOutlined, CaretRightOutlined, CopyOutlined, DashboardOutlined, DeleteOutlined, EditOutlined, FileSearchOutlined, HistoryOutlined, MoreOutlined, NumberOutlined, PauseCircleOutlined, PauseOutlined, PlayCircleOutlined, ShopOutlined, ThunderboltOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { usePausedFlows, usePausing } from '../../../shared/api/pauses';
import { useMay } from '../../../shared/api/session';
import type { FlowSummary, PausedFlow } from '../../../shared/api/types';
import { useMappingDocument } from '../../../shared/hooks/useMappingDocument';
import { useStopOffer } from '../../../shared/hooks/useStopOffer';
import { count, NEEDS_YOU } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import { Menu } from '../../../shared/ui/Menu';
import { NumbersDialog } from '../../../shared/ui/NumbersDialog';
import panel from '../../../shared/ui/Panel.module.css';
import { Plan } from '../../../shared/schedule/Plan';
import { PausedTag, StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useFlowActions } from '../api';
import styles from './FlowTable.module.css';
import { TitleDialog } from './TitleDialog';

export function FlowTable({ flows }: { flows: FlowSummary[] }) {
  const { t } = useTranslation('flows');
  const resting = usePausedFlows();
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('title')}>
        <thead>
          <tr>
            <th scope="col">{t('column.flow')}</th>
            <th scope="col">{t('column.state')}</th>
            <th scope="col">{t('column.last')}</th>
            <th scope="col">{t('column.needs')}</th>
            <th scope="col">{t('column.next')}</th>
            <th scope="col">
              <span className="kz-sr">{t('common:action.more')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow) => (
            <FlowRow key={flow.id} flow={flow} rest={resting.get(flow.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  flow: FlowSummary;
  /** Set while the flow is paused. */
  rest: PausedFlow | undefined;
}

function FlowRow({ flow, rest }: RowProps) {
  const { t, i18n } = useTranslation('flows');
  const number = (value: number) => formatCount(value, i18n.language);
  const run = flow.lastRun;
  const needs = NEEDS_YOU.reduce((sum, state) => sum + (flow.attention?.[state] ?? 0), 0);
  return (
    <tr>
      <td className={styles.flow}>
        <Link to={`/flows/${flow.id}/design`} className={panel.strong}>
          {flow.title}
        </Link>
        <div className={panel.sub}>
          <code>{flow.name}</code>
          {flow.publishedVersion > 0 && <span>{t('version', { no: flow.publishedVersion })}</span>}
          {flow.dirty && flow.publishedVersion > 0 && <span className={styles.dirty}>{t('dirty')}</span>}
          {flow.blocking > 0 && <span className={styles.blocking}>{t('blocking', { count: flow.blocking })}</span>}
        </div>
      </td>
      <td>
        <span className={styles.enabled} data-on={flow.enabled}>
          {flow.enabled ? <PlayCircleOutlined aria-hidden="true" /> : <PauseCircleOutlined aria-hidden="true" />}
          {t(flow.enabled ? 'enabled' : flow.publishedVersion === 0 ? 'unpublished' : 'disabled')}
        </span>
        {rest !== undefined && <PausedTag title={[t('common:pause.by', { actor: rest.actor }), rest.note].filter(Boolean).join(' · ')} />}
        {flow.preparing !== undefined && (
          <div className={panel.sub} title={t('preparingWhy')}>
            {t('preparing', { percent: flow.preparing })}
          </div>
        )}
      </td>
      <td>
        {run === undefined ? (
          <span className={panel.sub}>{t('neverRun')}</span>
        ) : (
          <Link to={`/runs/${run.id}`} className={styles.last}>
            <StateTag of="run" state={run.state} />
            <span className={panel.sub}>
              {t('arrived', { shown: number(count(run.counts, 'delivered') + count(run.counts, 'collected')) })} · <When time={run.startedAt} />
            </span>
          </Link>
        )}
      </td>
      <td>
        {needs === 0 ? (
          <span className={panel.sub}>{t('common:state.none')}</span>
        ) : (
          <Link to={`/flows/${flow.id}/docs?state=needs_decision,rejected,unmapped`} className={styles.needs}>
            {t('needs', { count: needs, shown: number(needs) })}
          </Link>
        )}
      </td>
      <td className={styles.plan}>{flow.schedule === undefined ? <span className={panel.sub}>{t('noSchedule')}</span> : <Plan plan={flow.schedule} most={1} />}</td>
      <td className={styles.menu}>
        <RowMenu flow={flow} rest={rest} />
      </td>
    </tr>
  );
}

function RowMenu({ flow, rest }: RowProps) {
  const { t } = useTranslation('flows');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const mayOperate = useMay('operate');
  const { ask, tell, toast } = useDialogs();
  const { copy, setEnabled, run, remove } = useFlowActions();
  const pausing = usePausing('flow');
  const stopOffer = useStopOffer();
  const mappingDocument = useMappingDocument();
  const [copying, setCopying] = useState(false);
  const [fetching, setFetching] = useState(false);
  const refused = (error: unknown) => tell(noticeOf(error, t('common:trouble.offline.title')));

  const items = [
    { key: 'open', label: t(mayEdit ? 'action.open' : 'action.look'), icon: <EditOutlined aria-hidden="true" />, onSelect: () => void navigate(`/flows/${flow.id}/design`) },
    { key: 'overview', label: t('action.overview'), icon: <DashboardOutlined aria-hidden="true" />, onSelect: () => void navigate(`/flows/${flow.id}/overview`) },
    { key: 'docs', label: t('action.docs'), icon: <FileSearchOutlined aria-hidden="true" />, onSelect: () => void navigate(`/flows/${flow.id}/docs`) },
    { key: 'reading', label: t('action.reading'), icon: <HistoryOutlined aria-hidden="true" />, onSelect: () => void navigate(`/flows/${flow.id}/reading`) },
    { key: 'versions', label: t('common:flowTabs.versions'), icon: <BranchesOutlined aria-hidden="true" />, onSelect: () => void navigate(`/flows/${flow.id}/versions`) },
    ...mappingDocument({ flow: flow.id, title: flow.title }),
    ...(mayOperate
      ? [
          {
            key: 'run', label: t('action.run'), icon: <ThunderboltOutlined aria-hidden="true" />, disabled: flow.publishedVersion === 0,
            onSelect: () => run.mutate(flow.id, { onSuccess: ({ id }) => void navigate(`/runs/${id}`), onError: refused }),
          },
          { key: 'numbers', label: t('common:numbers.title'), icon: <NumberOutlined aria-hidden="true" />, disabled: flow.publishedVersion === 0, onSelect: () => setFetching(true) },
          {
            key: 'pause', label: t(rest === undefined ? 'common:pause.pause' : 'common:pause.resume'), disabled: flow.publishedVersion === 0 && rest === undefined,
            icon: rest === undefined ? <PauseOutlined aria-hidden="true" /> : <CaretRightOutlined aria-hidden="true" />,
            onSelect: () => pausing.mutate({ id: flow.id, pause: rest === undefined }, { onSuccess: () => toast(t(rest === undefined ? 'common:pause.paused' : 'common:pause.resumed')), onError: refused }),
          },
        ]
      : []),
    ...(mayEdit
      ? [
          {
            key: 'enable', label: t(flow.enabled ? 'action.disable' : 'action.enable'), disabled: !flow.enabled && flow.publishedVersion === 0,
            icon: flow.enabled ? <PauseCircleOutlined aria-hidden="true" /> : <PlayCircleOutlined aria-hidden="true" />,
            onSelect: () =>
              setEnabled.mutate({ id: flow.id, enabled: !flow.enabled }, {
                onSuccess: () => {
                  toast(t(flow.enabled ? 'done.disabled' : 'done.enabled', { title: flow.title }), 'ok', () => setEnabled.mutate({ id: flow.id, enabled: flow.enabled }, { onError: refused }));
                  if (flow.enabled) stopOffer(flow.id).catch(refused);
                },
                onError: refused,
              }),
          },
          { key: 'publish-template', label: t('action.template'), icon: <ShopOutlined aria-hidden="true" />, onSelect: () => void navigate(`/market/publish?flow=${flow.id}`) },
          { key: 'copy', label: t('action.copy'), icon: <CopyOutlined aria-hidden="true" />, onSelect: () => setCopying(true) },
          {
            key: 'delete', label: t('common:action.delete'), icon: <DeleteOutlined aria-hidden="true" />, danger: true,
            onSelect: () =>
              ask({
                title: t('delete.title', { title: flow.title }), text: t(flow.enabled ? 'delete.enabled' : 'delete.text'), submit: t('common:action.delete'), danger: true,
                onConfirm: () => remove.mutateAsync(flow.id).then(() => toast(t('done.deleted', { title: flow.title }))),
              }),
          },
        ]
      : []),
  ];
  return (
    <>
      <Menu label={t('menuOf', { title: flow.title })} button={<MoreOutlined aria-hidden="true" />} items={items} />
      {fetching && <NumbersDialog flow={flow.id} title={flow.title} onClose={() => setFetching(false)} />}
      {copying && (
        <TitleDialog
          heading={t('action.copy')} label={t('titleOf')} submit={t('action.copyDo')} initial={t('copyTitle', { title: flow.title })} mutation={copy}
          onSubmit={(title) => copy.mutate({ id: flow.id, title }, { onSuccess: (made) => { setCopying(false); void navigate(`/flows/${made.id}/design`); } })}
          onClose={() => setCopying(false)}
        />
      )}
    </>
  );
}
