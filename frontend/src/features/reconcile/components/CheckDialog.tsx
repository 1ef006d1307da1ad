import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import { useFlows } from '../../../shared/api/flowNames';
import type { ComparedField, Reconciliation, ReconciliationBody } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { Later } from '../../../shared/ui/Later';
import panel from '../../../shared/ui/Panel.module.css';
import { TextField } from '../../../shared/ui/TextField';
import { useReconciliationActions, useSourceNodes } from '../api';
import styles from '../Reconcile.module.css';

const NextFirings = lazy(() => import('../../../shared/schedule/NextFirings'));

const blank: ComparedField = { title: '', source: '', target: '' };
const fresh = (): ReconciliationBody => ({
  title: '', source: { flow: '', node: '' }, target: { flow: '', node: '' }, spec: { key: blank, fields: [], sums: [], groups: [] }, days: 7, margin: 1, zone: 'Asia/Shanghai',
});

/** What of a comparison people say. */
function bodyOf({ title, source, target, spec, days, margin, schedule, zone }: Reconciliation): ReconciliationBody {
  return { title, source, target, spec, days, ...(margin !== undefined && { margin }), ...(schedule !== undefined && { schedule }), ...(zone !== undefined && { zone }) };
}

interface Props {
  check?: Reconciliation;
  onDone: (id: string) => void;
  onClose: () => void;
}

/** Makes or changes a comparison. */
export function CheckDialog({ check, onDone, onClose }: Props) {
  const { t } = useTranslation('reconcile');
  const [body, setBody] = useState(() => (check === undefined ? fresh() : bodyOf(check)));
  const [seen] = useState(check?.version ?? 0); // that of what is edited: the page goes on reading
  const { create, save } = useReconciliationActions();
  const { error, isPending } = check === undefined ? create : save;
  const refusal = error === null ? undefined : asApiError(error);
  const at = (path: string) => (refusal?.path === path ? [refusal.message, refusal.hint].filter(Boolean).join(' ') : undefined);
  const change = (part: Partial<ReconciliationBody>) => setBody({ ...body, ...part });
  const list = (name: 'fields' | 'sums' | 'groups') => ({
    name, rows: body.spec[name] ?? [], refused: refusal?.path?.startsWith(`${name}.`) === true ? refusal.message : undefined,
    onChange: (rows: ComparedField[]) => change({ spec: { ...body.spec, [name]: rows } }),
  });
  const send = () => {
    const sent = { ...body, ...(body.schedule === '' && { schedule: undefined }) } as ReconciliationBody;
    if (check === undefined) create.mutate(sent, { onSuccess: ({ id }) => onDone(id) });
    else save.mutate({ id: check.id, version: seen, body: sent }, { onSuccess: ({ id }) => onDone(id) });
  };
  return (
    <Dialog title={t(check === undefined ? 'new' : 'edit')} size="large" dismissable={false} submit={t('common:action.save')} cancel={t('common:action.cancel')} pending={isPending} onSubmit={send} onClose={onClose}>
      {refusal !== undefined && <Banner tone="err" title={refusal.message}>{refusal.hint}</Banner>}
      <TextField label={t('form.title')} value={body.title} onChange={(title) => change({ title })} maxLength={120} autoComplete="off" placeholder={t('form.titleExample')} error={at('title')} />
      <div className={styles.pair}>
        <NodeChoice label={t('form.source')} hint={t('form.sourceHint')} value={body.source} onChange={(source) => change({ source })} error={at('source')} />
        <NodeChoice label={t('form.target')} hint={t('form.targetHint')} value={body.target} onChange={(target) => change({ target })} error={at('target')} />
      </div>
      <div className={styles.pair}>
        <TextField label={t('form.keySource')} value={body.spec.key.source} onChange={(source) => change({ spec: { ...body.spec, key: { ...body.spec.key, source } } })} placeholder="{{o_id}}" spellCheck={false} error={at('key.source')} />
        <TextField label={t('form.keyTarget')} value={body.spec.key.target} onChange={(target) => change({ spec: { ...body.spec, key: { ...body.spec.key, target } } })} placeholder="{{FBillNo}}" spellCheck={false} error={at('key.target')} />
      </div>
      <Rows {...list('fields')} kinds />
      <Rows {...list('sums')} />
      <Rows {...list('groups')} kinds />
      <div className={styles.pair}>
        <TextField label={t('form.days')} type="number" min={1} max={400} value={String(body.days)} onChange={(days) => change({ days: Number(days) })} hint={t('form.daysHint')} error={at('days')} />
        <TextField label={t('form.margin')} type="number" min={0} max={60} value={String(body.margin ?? 0)} onChange={(margin) => change({ margin: Number(margin) })} hint={t('form.marginHint')} />
      </div>
      <TextField label={t('form.schedule')} value={body.schedule ?? ''} onChange={(schedule) => change({ schedule })} placeholder="0 2 * * *" spellCheck={false} autoComplete="off" hint={t('form.scheduleHint')} error={at('schedule')} />
      {(body.schedule ?? '') !== '' && (
        <Later>
          <NextFirings cron={body.schedule ?? ''} timezone={body.zone ?? ''} />
        </Later>
      )}
    </Dialog>
  );
}

interface NodeProps {
  label: string;
  hint: string;
  value: { flow: string; node: string };
  onChange: (value: { flow: string; node: string }) => void;
  error: string | undefined;
}

/** Chooses a source node of a flow; a flow with one source has no choice of it. */
function NodeChoice({ label, hint, value, onChange, error }: NodeProps) {
  const { t } = useTranslation('reconcile');
  const id = useId();
  const flows = useFlows();
  const nodes = useSourceNodes(value.flow);
  const [first] = nodes.data ?? [];
  const known = first === undefined || nodes.data?.some(({ id: node }) => node === value.node) === true;
  useEffect(() => {
    if (!known) onChange({ ...value, node: first.id });
  });
  return (
    <div className={styles.rows}>
      <label htmlFor={id}>{label}</label>
      <select id={id} className={panel.field} value={value.flow} aria-describedby={`${id}-hint`} aria-invalid={error !== undefined} onChange={(event) => onChange({ flow: event.target.value, node: '' })}>
        <option value="">{t('form.choose')}</option>
        {flows.data?.map((flow) => <option key={flow.id} value={flow.id}>{flow.title}</option>)}
      </select>
      {nodes.data !== undefined && nodes.data.length > 1 && (
        <select className={panel.field} aria-label={t('form.node', { label })} value={value.node} onChange={(event) => onChange({ ...value, node: event.target.value })}>
          {nodes.data.map((node) => <option key={node.id} value={node.id}>{node.title ?? node.id}</option>)}
        </select>
      )}
      <p id={`${id}-hint`} className={panel.sub}>{error ?? (nodes.data?.length === 0 ? t('form.noSource') : hint)}</p>
    </div>
  );
}

interface RowsProps {
  name: 'fields' | 'sums' | 'groups';
  rows: ComparedField[];
  kinds?: boolean;
  refused: string | undefined;
  onChange: (rows: ComparedField[]) => void;
}

/** Pairs of values: a name, and what it is on either side. */
function Rows({ name, rows, kinds = false, refused, onChange }: RowsProps) {
  const { t } = useTranslation('reconcile');
  const put = (no: number, part: Partial<ComparedField>) => onChange(rows.map((row, i) => (i === no ? { ...row, ...part } : row)));
  return (
    <fieldset className={styles.rows}>
      <legend>{t(`form.${name}`)}</legend>
      {rows.map((row, no) => (
        <div key={no} className={styles.row}>
          <input className={panel.field} value={row.title} aria-label={t('form.rowTitle', { no: no + 1 })} placeholder={t('form.rowTitleExample')} onChange={(event) => put(no, { title: event.target.value })} />
          <input className={panel.field} value={row.source} spellCheck={false} aria-label={t('form.rowSource', { no: no + 1 })} placeholder={t('form.rowSourceExample', { field: '{{amount}}' })} onChange={(event) => put(no, { source: event.target.value })} />
          <input className={panel.field} value={row.target} spellCheck={false} aria-label={t('form.rowTarget', { no: no + 1 })} placeholder={t('form.rowTargetExample', { field: '{{FAmount}}' })} onChange={(event) => put(no, { target: event.target.value })} />
          {kinds && (
            <select className={panel.field} value={row.kind ?? 'text'} aria-label={t('form.rowKind', { no: no + 1 })} onChange={(event) => put(no, { kind: event.target.value })}>
              {(['text', 'number', 'day'] as const).map((kind) => <option key={kind} value={kind}>{t(`form.kind.${kind}`)}</option>)}
            </select>
          )}
          <Button type="text" icon={<DeleteOutlined aria-hidden="true" />} aria-label={t('form.removeRow', { no: no + 1 })} onClick={() => onChange(rows.filter((_, i) => i !== no))} />
        </div>
      ))}
      {refused !== undefined && <p role="alert" className={styles.bad}>{refused}</p>}
      <div>
        <Button size="small" icon={<PlusOutlined aria-hidden="true" />} onClick={() => onChange([...rows, blank])}>{t(`form.add.${name}`)}</Button>
      </div>
    </fieldset>
  );
}
