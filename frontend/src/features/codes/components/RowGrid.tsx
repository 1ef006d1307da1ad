import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import type { CodeRow } from '../../../shared/api/types';
import { useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import { usePut } from '../api';
import styles from '../Codes.module.css';

const LONGEST_NOTE = 500;

interface Props {
  table: string;
  rows: CodeRow[];
  /** Whether a new row can be written at the top. */
  adding: boolean;
  /** Undefined when nothing may be changed. */
  selected: ReadonlySet<string> | undefined;
  onSelect: (sources: ReadonlySet<string>) => void;
}

/** The refusal's words: what is wrong with the row, or with the whole request. */
function refusal(error: unknown): string | undefined {
  if (error === null) return undefined;
  const told = Object.values(fieldErrors(error, 'rows[0].'));
  return told[0] ?? asApiError(error).message;
}

/** Moves up and down the column, as in a spreadsheet; false at its end. */
function move(event: KeyboardEvent<HTMLInputElement>, step: number): boolean {
  const column = [...(event.currentTarget.closest('table')?.querySelectorAll<HTMLInputElement>(`input[data-column="${event.currentTarget.dataset.column ?? ''}"]`) ?? [])];
  const next = column[column.indexOf(event.currentTarget) + step];
  next?.focus();
  next?.select();
  return next !== undefined;
}

/** Rows whose targets and notes are written in place; a source is what a row is known by. */
export function RowGrid({ table, rows, adding, selected, onSelect }: Props) {
  const { t } = useTranslation('codes');
  const all = selected !== undefined && rows.length > 0 && rows.every(({ source }) => selected.has(source));
  const toggle = (source: string) => {
    const next = new Set(selected);
    if (!next.delete(source)) next.add(source);
    onSelect(next);
  };
  return (
    <div className={panel.scroll}>
      <table className={`${panel.table} ${styles.grid}`} aria-label={t('tab.rows')}>
        <thead>
          <tr>
            {selected !== undefined && (
              <th scope="col" className={styles.pick}>
                <input type="checkbox" aria-label={t('selectAll')} checked={all} disabled={rows.length === 0} onChange={() => onSelect(all ? new Set() : new Set(rows.map(({ source }) => source)))} />
              </th>
            )}
            <th scope="col">{t('source')}</th>
            <th scope="col">{t('target')}</th>
            <th scope="col">{t('note')}</th>
            <th scope="col">{t('column.updated')}</th>
          </tr>
        </thead>
        <tbody>
          {adding && <NewRow table={table} />}
          {rows.map((row) => (
            <Row key={row.source} table={table} row={row} picked={selected?.has(row.source)} onPick={() => toggle(row.source)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ table, row, picked, onPick }: { table: string; row: CodeRow; picked: boolean | undefined; onPick: () => void }) {
  const { t } = useTranslation('codes');
  const put = usePut();
  const id = useId();
  const [edited, setEdited] = useState<{ target?: string | undefined; note?: string | undefined }>({});
  const error = refusal(put.error);
  const target = edited.target ?? row.target;
  const note = edited.note ?? row.note;
  const mayFill = picked !== undefined;

  const revert = () => {
    setEdited({});
    put.reset();
  };
  /** Only what was written here changes: blanks around a stored code are part of it. */
  const save = () => {
    const next = { target: edited.target?.trim() ?? row.target, note: edited.note?.trim() ?? row.note };
    if (next.target === row.target && next.note === row.note) {
      revert();
      return;
    }
    put.mutate({ id: table, rows: [{ source: row.source, ...next }] }, {
      // What was written since stays, to be saved when it is left.
      onSuccess: () => setEdited((now) => ({ ...(now.target !== edited.target && { target: now.target }), ...(now.note !== edited.note && { note: now.note }) })),
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      revert();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    // What is left is saved, also where there is no next row.
    if (!move(event, step) && event.key === 'Enter') event.currentTarget.blur();
  };
  const cell = (column: 'target' | 'note', value: string, label: string) => (
    <input
      className={styles.cell}
      data-column={column}
      value={value}
      aria-label={label}
      aria-invalid={column === 'target' && error !== undefined}
      aria-describedby={error === undefined ? undefined : `${id}-error`}
      maxLength={column === 'note' ? LONGEST_NOTE : undefined}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => setEdited((now) => ({ ...now, [column]: event.target.value }))}
      onBlur={save}
      onKeyDown={onKeyDown}
    />
  );

  return (
    <tr data-picked={picked === true} data-saving={put.isPending}>
      {mayFill && (
        <td className={styles.pick}>
          <input type="checkbox" aria-label={t('select', { source: row.source })} checked={picked} onChange={onPick} />
        </td>
      )}
      <td className={styles.codeCell}>
        <code className={styles.code}>{row.source}</code>
      </td>
      <td className={mayFill ? styles.editCell : undefined}>
        <span className={styles.with}>
          {mayFill ? cell('target', target, t('targetOf', { source: row.source })) : <code className={styles.code}>{row.target}</code>}
          {row.shared > 0 && (
            <span className={styles.shared} title={t('ambiguous.row', { count: row.shared })}>
              {t('ambiguous.mark', { count: row.shared + 1 })}
            </span>
          )}
        </span>
        {error !== undefined && (
          <p id={`${id}-error`} className={styles.error} role="alert">
            {error}
          </p>
        )}
      </td>
      <td className={mayFill ? styles.editCell : styles.note}>{mayFill ? cell('note', note, t('noteOf', { source: row.source })) : row.note}</td>
      <td className={panel.sub}>
        <When time={row.updatedAt} />
      </td>
    </tr>
  );
}

/** The first row of the grid: what is written here becomes a row. */
function NewRow({ table }: { table: string }) {
  const { t } = useTranslation('codes');
  const put = usePut();
  const { toast } = useDialogs();
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  const [row, setRow] = useState({ source: '', target: '', note: '' });
  const error = refusal(put.error);
  const ready = row.source.trim() !== '' && row.target.trim() !== '';

  const save = () => {
    if (!ready) {
      (row.source.trim() === '' ? first : second).current?.focus();
      return;
    }
    const source = row.source.trim();
    put.mutate({ id: table, rows: [{ source, target: row.target.trim(), note: row.note.trim() }] }, {
      onSuccess: ({ added, changed }) => {
        setRow({ source: '', target: '', note: '' });
        first.current?.focus();
        toast(t(added > 0 ? 'add.added' : changed > 0 ? 'add.changed' : 'add.unchanged', { source }));
      },
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      save();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      move(event, 1);
    }
  };
  const cell = (column: 'source' | 'target' | 'note', label: string) => (
    <input
      ref={column === 'source' ? first : column === 'target' ? second : undefined}
      className={panel.field}
      data-column={column}
      value={row[column]}
      placeholder={label}
      aria-label={t('add.of', { column: label })}
      aria-invalid={error !== undefined && column !== 'note'}
      maxLength={column === 'note' ? LONGEST_NOTE : undefined}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        setRow((now) => ({ ...now, [column]: event.target.value }));
        if (put.error !== null) put.reset();
      }}
      onKeyDown={onKeyDown}
    />
  );
  return (
    <tr className={styles.newRow}>
      <td className={styles.pick}>
        <PlusOutlined aria-hidden="true" />
      </td>
      <td className={styles.editCell}>
        {cell('source', t('source'))}
        {error !== undefined && (
          <p className={styles.error} role="alert">
            {error}
          </p>
        )}
      </td>
      <td className={styles.editCell}>{cell('target', t('target'))}</td>
      <td className={styles.editCell}>{cell('note', t('note'))}</td>
      <td>
        <Button type="primary" disabled={!ready} loading={put.isPending} onClick={save}>
          {t('add.do')}
        </Button>
      </td>
    </tr>
  );
}
