import { useMutation } from '@tanstack/react-query';
import { Input, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '~/shared/api/errors';
import { useText } from '~/shared/i18n/useText';
import type { Field, Json, Operation } from '~/shared/api/types';
import { isObject } from '~/model/document';
import { Banner } from '~/shared/ui/Banner';
import { Dialog } from '~/shared/ui/Dialog';
import panel from '~/shared/ui/Panel.module.css';
import dialogs from '../dialogs/Dialogs.module.css';
import { type Draft, draftOfSample, draftsOfFile, saveDerived, useAdopt } from './api';

interface Props {
  node: string;
  connector: string;
  /** The operations that may be the base, and the one that the node has. */
  bases: readonly Pick<Operation, 'name' | 'kind' | 'title'>[];
  base: string;
  onClose: () => void;
}

const SHOWN = 200;

interface Row extends Pick<Field, 'title' | 'type'> {
  path: string;
  request: boolean;
}

/** The fields of a draft in the order of the sheet, those inside of others behind them. */
function rowsOf(body: Json): Row[] {
  const walk = (fields: Json | undefined, request: boolean, prefix: string): Row[] =>
    (Array.isArray(fields) ? fields.filter(isObject) : []).flatMap((one) => {
      const path = prefix + String(one.field);
      return [{ path, request, title: one.title as Field['title'], type: one.type as Field['type'] }, ...walk(one.children, request, `${path}.`)];
    });
  return isObject(body) ? [...walk(body.request, true, ''), ...walk(body.response, false, '')] : [];
}

/** Makes derived operations of a sample or of a sheet of fields; the node uses the first. */
export default function NewOperation({ node, connector, bases, base: usual, onClose }: Props) {
  const { t } = useTranslation('designer');
  const words = useText();
  const adopt = useAdopt(node);
  const [by, setBy] = useState<'sample' | 'file'>('sample');
  const [base, setBase] = useState(bases.some((one) => one.name === usual) ? usual : (bases[0]?.name ?? ''));
  const [form, setForm] = useState('');
  const [sample, setSample] = useState('');
  const request = bases.find((one) => one.name === base)?.kind !== 'query';

  const look = useMutation({ mutationFn: (drafts: () => Promise<Draft[]>) => drafts() });
  const save = useMutation({
    mutationFn: async (drafts: Draft[]) => {
      const made: Draft[] = [];
      for (const one of drafts) made.push(await saveDerived(one));
      return made;
    },
    onSuccess: ([first]) => {
      if (first !== undefined) adopt(first);
      onClose();
    },
  });
  const drafts = look.data ?? [];
  const fault = look.error ?? save.error;
  const changed = () => {
    look.reset();
    save.reset();
  };
  let parsed: Json | undefined;
  try {
    parsed = sample.trim() === '' ? undefined : (JSON.parse(sample) as Json);
  } catch {
    parsed = undefined;
  }
  const unreadable = sample.trim() !== '' && parsed === undefined;
  const ready = by === 'sample' && parsed !== undefined && form.trim() !== '' && base !== '';
  const submit = () => {
    if (drafts.length > 0) save.mutate(drafts);
    else if (ready) look.mutate(async () => [await draftOfSample(connector, base, form.trim(), parsed ?? null, request)]);
  };

  return (
    <Dialog
      title={t('derived.title')}
      size="large"
      submit={t(drafts.length > 0 ? 'derived.save' : 'derived.look', { count: drafts.length })}
      cancel={t('common:action.cancel')}
      pending={look.isPending || save.isPending}
      disabled={drafts.length === 0 && !ready}
      dismissable={sample === '' && drafts.length === 0}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className={dialogs.stack}>
        <p>{t('derived.lead')}</p>
        {fault !== null && (
          <Banner tone="err" title={asApiError(fault).message}>
            {[asApiError(fault).hint, ...Object.entries(fieldErrors(fault)).map(([path, words]) => `${path}: ${words}`).slice(0, 5)].filter(Boolean).join(' ')}
          </Banner>
        )}
        <Segmented<'sample' | 'file'>
          aria-label={t('derived.by')}
          value={by}
          options={[{ value: 'sample', label: t('derived.sample') }, { value: 'file', label: t('derived.file') }]}
          onChange={(next) => {
            setBy(next);
            changed();
          }}
        />
        {by === 'sample' ? (
          <>
            <label className={dialogs.label}>
              {t('derived.base')}
              <Select
                aria-label={t('derived.base')}
                getPopupContainer={(trigger) => trigger.parentElement ?? document.body}
                value={base || undefined}
                options={bases.map((one) => ({ value: one.name, label: `${words(one.title)} ${one.name}` }))}
                onChange={(next: string) => {
                  setBase(next);
                  changed();
                }}
              />
            </label>
            <label className={dialogs.label}>
              {t('derived.form')}
              <Input
                value={form}
                placeholder="SAL_SaleOrder"
                onChange={(event) => {
                  setForm(event.target.value);
                  changed();
                }}
              />
            </label>
            <label className={dialogs.label}>
              {t(request ? 'derived.sent' : 'derived.answered')}
              <Input.TextArea
                value={sample}
                rows={drafts.length > 0 ? 4 : 8}
                spellCheck={false}
                status={unreadable ? 'error' : ''}
                onChange={(event) => {
                  setSample(event.target.value);
                  changed();
                }}
              />
              {unreadable && <span role="alert">{t('derived.unreadable')}</span>}
            </label>
          </>
        ) : (
          <label className={dialogs.label}>
            {t('derived.columns')}
            <input
              type="file"
              accept=".xlsx,.xlsm,.csv"
              aria-label={t('derived.pick')}
              onChange={(event) => {
                const file = event.target.files?.[0];
                changed();
                if (file !== undefined) look.mutate(() => draftsOfFile(connector, file));
              }}
            />
          </label>
        )}
        {drafts.map((draft) => {
          const rows = rowsOf(draft.body);
          return (
            <div key={draft.name}>
              <p className={dialogs.heading}>{t('derived.fields', { name: draft.name, count: rows.length })}</p>
              <div className={dialogs.changes}>
                <table className={panel.table} aria-label={draft.name}>
                  <tbody>
                    {rows.slice(0, SHOWN).map((row) => (
                      <tr key={`${String(row.request)} ${row.path}`}>
                        <td>{t(row.request ? 'derived.request' : 'derived.response')}</td>
                        <td><code>{row.path}</code></td>
                        <td>{words(row.title)}</td>
                        <td>{row.type}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </div>
          );
        })}
      </div>
    </Dialog>
  );
}
