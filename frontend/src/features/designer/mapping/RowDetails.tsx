import { useQuery } from '@tanstack/react-query';
import { Checkbox, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { useCodeTables } from '~/shared/api/catalog';
import type { Json } from '~/shared/api/types';
import { isObject } from '~/model/document';
import { type Line, lineMode, tableOf } from '~/model/mapping';
import { shortText } from '~/model/sampleTree';
import { explainMapping } from '../api';
import { current, documentNow } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Mapping.module.css';

type Change = { [member: string]: Json | undefined };

interface Props {
  line: Line;
  disabled: boolean;
  onChange: (change: Change) => void;
}

/** The settings of a row beside its value, and the way to that. */
export function RowDetails(props: Props) {
  return (
    <>
      <Options {...props} />
      <Why line={props.line} />
    </>
  );
}

function Options({ line, disabled, onChange }: Props) {
  const { t } = useTranslation('designer');
  const tables = useCodeTables();
  const row = line.row ?? {};
  const table = tableOf(line.row);
  const known = tables.data ?? [];
  const looks = table.name !== undefined || lineMode(line) === 'lookup' || line.value.includes('_findCollection');
  const choice = (member: string, value: Json | undefined, values: readonly string[]) => (
    <label>
      <span>{t(`mapping.${member}`)}</span>
      <Select
        size="small"
        disabled={disabled}
        value={typeof value === 'string' ? value : ''}
        options={['', ...values].map((one) => ({ value: one, label: t(`mapping.${member}s.${one === '' ? 'default' : one}`) }))}
        onChange={(next: string) => onChange({ [member]: next === '' ? undefined : next })}
      />
    </label>
  );
  return (
    <>
      <label>
        <span>{t('mapping.table')}</span>
        <Select
          size="small"
          showSearch
          allowClear
          disabled={disabled}
          value={table.name}
          loading={tables.isPending}
          placeholder={t('mapping.noTable')}
          status={table.name !== undefined && tables.data !== undefined && !known.some((one) => one.name === table.name) ? 'error' : ''}
          options={known.map((one) => ({ value: one.name, label: one.title === '' || one.title === one.name ? one.name : `${one.title} (${one.name})` }))}
          onChange={(next: string | undefined) => onChange({ table: next, ...(next === undefined ? { direction: undefined, onMiss: undefined, onMany: undefined } : {}) })}
        />
      </label>
      {table.name !== undefined && choice('direction', table.direction, ['reverse'])}
      {looks && choice('onMiss', table.onMiss, table.name === undefined ? ['park', 'empty', 'error'] : ['park', 'empty', 'error', 'keep'])}
      {looks && choice('onMany', table.onMany, ['newest', 'error'])}
      <Checkbox disabled={disabled} checked={row.omitEmpty === false} onChange={(event) => onChange({ omitEmpty: event.target.checked ? false : undefined })}>
        {t('mapping.sendEmpty')}
      </Checkbox>
      <Checkbox disabled={disabled || line.declared?.required === true} checked={line.required || row.required === true} onChange={(event) => onChange({ required: event.target.checked ? true : undefined })}>
        {t('mapping.mustHave')}
      </Checkbox>
    </>
  );
}

const place = (field: string) => field.replaceAll(/\[\d+\]/g, '');

/** The steps from the sample to the value. */
function Why({ line }: { line: Line }) {
  const { t } = useTranslation('designer');
  const { id, input } = useNodeContext();
  const field = line.path.map((step) => step.split('#')[0]).join('.');
  const { data, error, isPending } = useQuery({
    queryKey: ['explain', id, field, line.value, input],
    enabled: input !== undefined && isObject(input),
    retry: false,
    queryFn: ({ signal }) => explainMapping(current().flow.id, documentNow(), id, input ?? null, signal),
  });
  if (input === undefined) return <p className={styles.note}>{t('mapping.whySample')}</p>;
  if (isPending) return <p className={styles.note}>{t('mapping.whyWait')}</p>;
  if (error !== null) return <p className={styles.note} data-wrong>{error.message}</p>;
  const found = data.find((one) => place(one.field) === field);
  if (found === undefined) return null;
  return (
    <div className={styles.why}>
      <strong>{t('mapping.why')}</strong>
      <ol>
        {found.why.map((step, n) => (
          <li key={n}>
            <i>{t(`mapping.steps.${step.step}`)}</i> <code>{shortText(step.name, 80)}</code> <span>{step.value === undefined ? t('mapping.nothing') : shortText(step.value, 60)}</span>
          </li>
        ))}
        <li data-wrong={found.fault !== undefined}>
          <i>{t('mapping.result')}</i> <span>{found.fault === undefined ? (found.value === undefined ? t('mapping.leftOut') : shortText(found.value, 120)) : found.fault.message}</span>
        </li>
      </ol>
    </div>
  );
}
