import { PlusOutlined } from '@ant-design/icons';
import type { UseQueryResult } from '@tanstack/react-query';
import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formChoices } from '../../../model/fields';
import { matches } from '../../../model/pinyin';
import { useConnections, useConnectors } from '../../../shared/api/catalog';
import type { Json, Operation } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Later } from '../../../shared/ui/Later';
import panel from '../../../shared/ui/Panel.module.css';
import { TextField } from '../../../shared/ui/TextField';
import { Trouble } from '../../../shared/ui/Trouble';
import { asked, missing, type Side } from '../model/sketch';
import styles from '../NewFlow.module.css';

const ConnectionDrawer = lazy(() => import('../../../shared/connections/ConnectionDrawer'));

interface Props {
  /** What the side does with its system. */
  kind: 'query' | 'write';
  side: Side;
  operation: Operation | undefined;
  judged: boolean;
  /** What of the source came; undefined while it can't be asked. */
  records?: UseQueryResult<{ items?: unknown[] | null }> | undefined;
  start?: string | undefined;
  onStart?: (start: string) => void;
  onChange: (side: Side) => void;
}

/** A system, one of its operations, and what the operation is asked with. */
export function SideStep({ kind, side, operation, judged, records, start, onStart, onChange }: Props) {
  const { t } = useTranslation('newflow');
  const text = useText();
  const connections = useConnections().data ?? [];
  const connectors = useConnectors().data ?? [];
  const [q, setQ] = useState('');
  const [making, setMaking] = useState(false);
  const connectorOf = (name: string) => connectors.find(({ id }) => id === connections.find((one) => one.name === name)?.connector);
  const fitting = connections.filter(({ name }) => connectorOf(name)?.operations.some((one) => one.kind === kind) === true);
  const operations = (connectorOf(side.connection)?.operations ?? []).filter((one) => one.kind === kind);
  const shown = operations.filter((one) => one.name === side.operation || matches(q, text(one.title), one.name));
  const lacking = new Set(missing(operation, side).map(({ field }) => field));
  return (
    <>
      <fieldset className={styles.list}>
        <legend>{t('connection')}</legend>
        {fitting.map(({ name }) => (
          <label key={name}>
            <input type="radio" name={`${kind}-connection`} checked={side.connection === name} onChange={() => onChange({ connection: name, operation: '', params: {} })} />
            <b>{name}</b> {text(connectorOf(name)?.title)}
          </label>
        ))}
        {fitting.length === 0 && <p>{t('noConnection')}</p>}
        <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => setMaking(true)}>
          {t('newConnection')}
        </Button>
      </fieldset>
      {judged && side.connection === '' && <p role="alert" className={styles.wrong}>{t('wrong.connection')}</p>}
      {side.connection !== '' && (
        <fieldset className={styles.list}>
          <legend>{t(`operation.${kind}`)}</legend>
          {operations.length > 6 && <input type="search" className={panel.field} value={q} aria-label={t('find')} placeholder={t('find')} onChange={(event) => setQ(event.target.value)} />}
          {shown.length === 0 && <p>{t('noMatch')}</p>}
          {shown.map((one) => (
            <label key={one.name}>
              <input type="radio" name={`${kind}-operation`} checked={side.operation === one.name} onChange={() => onChange({ ...side, operation: one.name, params: {} })} />
              <b>{text(one.title)}</b> <code>{one.name}</code>
            </label>
          ))}
        </fieldset>
      )}
      {judged && side.connection !== '' && side.operation === '' && <p role="alert" className={styles.wrong}>{t('wrong.operation')}</p>}
      {asked(operation, side).map((field) => {
        const choices = formChoices(operation, field.field);
        const label = text(field.title) || field.field;
        const error = judged && lacking.has(field.field) ? t('wrong.param') : undefined;
        const put = (value: string) => onChange({ ...side, params: { ...side.params, [field.field]: value } });
        if (choices.length === 0) {
          return <TextField key={field.field} label={`${label} *`} hint={text(field.describe) || undefined} value={side.params[field.field] ?? ''} onChange={put} error={error} placeholder={field.default} autoComplete="off" spellCheck={false} />;
        }
        return (
          <label key={field.field} className={styles.field}>
            {label} *
            <select className={panel.field} value={side.params[field.field] ?? ''} aria-invalid={error !== undefined} onChange={(event) => put(event.target.value)}>
              <option value="">{t('choose')}</option>
              {choices.map(({ value, title }) => (
                <option key={value} value={value}>
                  {[text(title), value].filter(Boolean).join(' · ')}
                </option>
              ))}
            </select>
            {error !== undefined && <span role="alert" className={styles.wrong}>{error}</span>}
          </label>
        );
      })}
      {start !== undefined && <TextField type="date" label={t('start')} hint={t('startHint')} value={start} onChange={(value) => onStart?.(value)} error={judged && start === '' ? t('wrong.start') : undefined} />}
      {records !== undefined && <Records records={records} />}
      {making && (
        <Later onClose={() => setMaking(false)}>
          <ConnectionDrawer onClose={() => setMaking(false)} onSaved={(name) => onChange({ connection: name, operation: '', params: {} })} />
        </Later>
      )}
    </>
  );
}

/** The first records of a source, a column for each of its plain fields. */
function Records({ records }: { records: NonNullable<Props['records']> }) {
  const { t } = useTranslation('newflow');
  if (records.error !== null) return <Trouble error={records.error} onRetry={() => void records.refetch()} />;
  if (records.data === undefined) return <p role="status">{t('reading')}</p>;
  const rows = (records.data.items ?? []) as Record<string, Json>[];
  if (rows.length === 0) return <p role="status">{t('noRecords')}</p>;
  const columns = Object.entries(rows[0] ?? {}).filter(([, value]) => value === null || typeof value !== 'object').slice(0, 8).map(([key]) => key);
  return (
    <div className={panel.scroll} tabIndex={0} role="region" aria-label={t('records')}>
      <table className={panel.table} aria-label={t('records')}>
        <caption className={panel.sub}>{t('records')}</caption>
        <thead>
          <tr>
            {columns.map((one) => (
              <th key={one} scope="col">
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {columns.map((one) => (
                <td key={one}>{row[one] === null ? '' : String(row[one])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
