import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Field, Json } from '~/shared/api/types';
import { useDialogs } from '~/shared/ui/dialogs';
import { learnFrom, type Suggestion, suggest, sure, type Taken, withArrays } from '~/model/automatch';
import { addField, lostPaths, newFields } from '~/model/drift';
import { changedIds, flatLines, isPlain, isUnmapped, type Line, mappingLines, mayIgnore, missingIds, progress, setRow } from '~/model/mapping';
import { matches } from '~/model/pinyin';
import type { SampleField } from '~/model/sampleTree';
import { applyTable, MOST_PASTED, readTable, saidLines, toTsv } from '~/model/tsv';
import { nodeOf, setSetting, settingsOf } from '~/model/document';
import { place, withParams } from '~/model/place';
import { along, apart } from '../actions';
import { documentNow } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { keepPairs, usePairs } from './dictionary.store';
import { Drift } from './Drift';
import { errorsByLine } from './errors';
import { type Filter, MappingTools } from './MappingTools';
import { MappingTable } from './MappingTable';
import { PasteReport, type Report } from './PasteDialog';
import { RowEditor } from './RowEditor';
import { SelectionBar } from './SelectionBar';
import { useBefore } from './useBefore';
import styles from './Mapping.module.css';

interface Props {
  rows: Json | undefined;
  onChange: (rows: Json | undefined) => void;
  disabled: boolean;
  errors: Record<string, string>;
  path: string;
  settingKey: string;
}

const FromFlow = lazy(() => import('./FromFlow'));

const NO_SAMPLES: readonly Json[] = [];
const NO_FIELDS: readonly Field[] = [];

/** The mapping as a table of the target's fields: what each takes from the source, and what that gives. */
export default function MappingEditor({ rows, onChange, disabled, errors, path, settingKey }: Props) {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const { id, target, targetParams = NO_FIELDS, writer, fields, samples = NO_SAMPLES, answers } = useNodeContext();
  const learned = usePairs((state) => state.pairs);
  const before = useBefore(id, settingKey, target);
  const search = useRef<HTMLDivElement>(null);
  const [filter, setFilter] = useState<Filter>('all');
  const [query, setQuery] = useState('');
  const [offered, setOffered] = useState<ReadonlyMap<string, Suggestion[]>>(new Map());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [report, setReport] = useState<Report>();
  const [editing, setEditing] = useState<string>();
  const [copying, setCopying] = useState(false);
  const lines = useMemo(() => mappingLines(rows, target), [rows, target]);
  const faults = useMemo(() => errorsByLine(lines, rows, errors, path), [lines, rows, errors, path]);
  const missing = useMemo(() => missingIds(lines), [lines]);
  const changed = useMemo(() => changedIds(lines, before), [lines, before]);
  const lost = useMemo(() => lostPaths(lines, samples, fields), [lines, samples, fields]);
  const fresh = useMemo(() => newFields(samples, answers ?? [], lines), [samples, answers, lines]);
  const byId = useMemo(() => new Map(flatLines(lines).map((one) => [one.id, one])), [lines]);
  const done = progress(lines);
  const picked = useMemo(() => [...byId.values()].filter((one) => chosen.has(one.id)), [byId, chosen]);

  const { shown, counts } = useMemo(() => {
    const test: Record<Filter, (one: Line) => boolean> = {
      all: () => true, required: (one) => one.required, unmapped: isUnmapped, wrong: (one) => faults.has(one.id) || missing.has(one.id) || lost.has(one.id), changed: (one) => changed.has(one.id),
    };
    const wanted = (one: Line): boolean => (test[filter](one) && matches(query, one.id, one.title?.zh, one.title?.en, one.value)) || one.children.some(wanted);
    const walk = (list: readonly Line[]): Line[] => list.filter(wanted).flatMap((one) => [one, ...walk(one.children)]);
    const count = (of: Filter) => [...byId.values()].filter(test[of]).length;
    return { shown: walk(lines), counts: { all: byId.size, required: count('required'), unmapped: count('unmapped'), wrong: count('wrong'), changed: count('changed') } };
  }, [lines, byId, filter, query, faults, missing, lost, changed]);

  // The search is the editor's own; the browser's finds only what is drawn.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      const box = search.current?.querySelector('input');
      if (box === null || box === undefined || document.querySelector('.ant-modal-wrap:not([style*="display: none"])') !== null) return;
      event.preventDefault();
      box.focus();
      box.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  /** A change that is undone by itself. */
  const once = (next: Json | undefined) => {
    apart();
    onChange(next);
    apart();
  };
  /** Changes many rows as one step. */
  const each = (list: readonly Line[], change: (line: Line) => { [member: string]: Json | undefined }, keep = false) => {
    if (list.length > 0) once(list.reduce<Json | undefined>((next, line) => setRow(next, line.path, target, change(line), keep), rows));
  };
  const clear = (list: readonly Line[]) => each(list.filter((one) => one.row !== undefined), () => ({ value: '' }));
  const ignore = () => {
    const able = picked.filter(mayIgnore);
    each(able, () => ({ value: '' }), true);
    if (able.length < picked.length) toast(t('mapping.notIgnored', { n: picked.length - able.length }), 'note');
  };
  const copy = (list: readonly Line[]) => toTsv(list, [t('mapping.columns.field'), t('mapping.columns.title'), t('mapping.columns.type'), t('mapping.columns.value')]);
  const toClipboard = (list: readonly Line[]) => void navigator.clipboard.writeText(copy(list)).then(() => toast(t('mapping.copied')));
  const take = (wanted: readonly Taken[]) => {
    const taken = new Map(wanted.flatMap((one) => withArrays(one, byId, offered)).map((one) => [one[0].id, one]));
    const pairs = [...taken.values()].filter(([line]) => line.value === '');
    if (pairs.length === 0) return;
    once(pairs.reduce<Json | undefined>((next, [line, suggestion]) => setRow(next, line.path, target, { value: suggestion.value }), rows));
    setOffered(new Map([...offered].filter(([one]) => !taken.has(one))));
    keepPairs(learnFrom(learned, pairs));
  };
  const match = () => {
    const found = suggest(lines, fields, learned);
    setOffered(found);
    toast(found.size === 0 ? t('mapping.noMatch') : t('mapping.matched', { n: sure(found).length, more: found.size - sure(found).length }), 'note');
  };
  const open = [...offered].filter(([one]) => byId.get(one)?.value === '');
  const offers = sure(new Map(open));
  const paste = (text: string) => {
    const table = readTable(text);
    if (table.length > MOST_PASTED) {
      toast(t('mapping.pasteTooMany', { most: MOST_PASTED, n: table.length }), 'err');
      return;
    }
    const { rows: placed, moved, params } = place(table, target, writer === undefined || writer === id ? NO_FIELDS : targetParams);
    const result = applyTable(rows, target, placed);
    setReport({ ...result, moved, params: params.map((one) => one.field) });
    if (result.created + result.updated > 0 || params.length > 0) {
      apart();
      onChange(result.rows);
      // One step with the rows: the node that writes keeps the rest of the table.
      if (params.length > 0 && writer !== undefined) along(setSetting(documentNow(), writer, 'params', withParams(settingsOf(nodeOf(documentNow(), writer)).params, params, targetParams)));
      apart();
    }
  };
  const addFresh = (list: readonly SampleField[]) => {
    // A list goes before its lines, which then have a place below it.
    let next: Json | undefined = rows;
    for (const field of list) next = addField(next, mappingLines(next, target), target, field);
    once(next);
  };
  const edited = editing === undefined ? undefined : byId.get(editing);

  return (
    <div className={styles.mapping}>
      <MappingTools
        search={search}
        filter={filter}
        counts={counts}
        done={done}
        query={query}
        disabled={disabled}
        offered={offers.length}
        onFilter={setFilter}
        onQuery={setQuery}
        onMatch={match}
        onFlow={disabled ? undefined : () => setCopying(true)}
        onTakeSure={() => take(offers.flatMap(([one, suggestion]): Taken[] => { const line = byId.get(one); return line === undefined ? [] : [[line, suggestion]]; }))}
        onForget={() => setOffered(new Map())}
        onPaste={paste}
        onCopy={() => toClipboard(saidLines(lines))}
        drift={<Drift fresh={fresh} lost={lost.size} disabled={disabled} onAdd={addFresh} onLost={() => setFilter('wrong')} />}
      />
      {report !== undefined && <PasteReport of={report} onClose={() => setReport(undefined)} />}
      {picked.length > 0 && (
        <SelectionBar count={picked.length} disabled={disabled} onConstant={(value) => each(picked.filter(isPlain), () => ({ value }))} onClear={() => clear(picked)} onIgnore={ignore} onCopy={() => toClipboard(picked)} onNone={() => setChosen(new Set())} />
      )}
      {target.length === 0 && <p className={styles.note}>{t('mapping.noTarget')}</p>}
      <MappingTable
        lines={shown}
        faults={faults}
        missing={missing}
        lost={lost}
        offered={offered}
        chosen={chosen}
        disabled={disabled}
        onValue={(line, value) => onChange(setRow(rows, line.path, target, { value }))}
        onTake={(line, suggestion) => take([[line, suggestion]])}
        onTable={(line, table) => once(setRow(rows, line.path, target, { table }))}
        onAdd={(name) => onChange([...(Array.isArray(rows) ? rows : []), { field: name, value: '' }])}
        onChoose={setChosen}
        onClear={(line) => clear(chosen.has(line.id) ? picked : [line])}
        onEdit={(line) => setEditing(line.id)}
        onPaste={paste}
        copyOf={(line) => copy(picked.length > 0 ? picked : [line])}
      />
      {copying && (
        <Suspense fallback={null}>
          <FromFlow lines={lines} target={target} fields={fields} onOffer={setOffered} onClose={() => setCopying(false)} />
        </Suspense>
      )}
      {edited !== undefined && <RowEditor line={edited} disabled={disabled} onChange={(change) => onChange(setRow(rows, edited.path, target, change))} onClose={() => setEditing(undefined)} />}
    </div>
  );
}
