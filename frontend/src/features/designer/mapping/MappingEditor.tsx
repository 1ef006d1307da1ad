import { App } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { type Suggestion, suggest, sure } from '~/model/automatch';
import { flatLines, isMissing, type Line, mappingLines, progress, setRow } from '~/model/mapping';
import { matches } from '~/model/pinyin';
import { shortText } from '~/model/sampleTree';
import { applyTsv, readTsv, toTsv } from '~/model/tsv';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { errorsByLine } from './errors';
import { type Filter, MappingTools } from './MappingTools';
import { MappingTable } from './MappingTable';
import styles from './Mapping.module.css';

interface Props {
  rows: Json | undefined;
  onChange: (rows: Json | undefined) => void;
  disabled: boolean;
  errors: Record<string, string>;
  path: string;
  settingKey: string;
}

/** The mapping as a table of the target's fields: what each takes from the source, and what that gives. */
export default function MappingEditor({ rows, onChange, disabled, errors, path }: Props) {
  const { t } = useTranslation('designer');
  const { message } = App.useApp();
  const { target, fields } = useNodeContext();
  const [filter, setFilter] = useState<Filter>('all');
  const [query, setQuery] = useState('');
  const [offered, setOffered] = useState<ReadonlyMap<string, Suggestion[]>>(new Map());
  const lines = useMemo(() => mappingLines(rows, target), [rows, target]);
  const faults = useMemo(() => errorsByLine(lines, rows, errors, path), [lines, rows, errors, path]);
  const flat = flatLines(lines);
  const done = progress(lines);
  const counts = { all: flat.length, required: flat.filter((one) => one.required).length, unmapped: flat.filter((one) => one.row === undefined).length, wrong: flat.filter((one) => faults.has(one.id) || isMissing(one)).length };

  const shown = useMemo(() => {
    const test: Record<Filter, (one: Line) => boolean> = {
      all: () => true, required: (one) => one.required, unmapped: (one) => one.row === undefined, wrong: (one) => faults.has(one.id) || isMissing(one),
    };
    const wanted = (one: Line): boolean => (test[filter](one) && matches(query, one.field, one.title?.zh, one.title?.en, one.value)) || one.children.some(wanted);
    const walk = (list: readonly Line[]): Line[] => list.filter(wanted).flatMap((one) => [one, ...walk(one.children)]);
    return walk(lines);
  }, [lines, filter, query, faults]);

  const setValue = (line: Line, value: string) => onChange(setRow(rows, line.path, target, { value }));
  const take = (taken: readonly [Line, Suggestion][]) => {
    let next: Json | undefined = rows;
    for (const [line, suggestion] of taken) next = setRow(next, line.path, target, { value: suggestion.value });
    onChange(next);
    setOffered(new Map([...offered].filter(([id]) => !taken.some(([line]) => line.id === id))));
  };
  const byId = new Map(flat.map((one) => [one.id, one]));
  const match = () => {
    const found = suggest(lines, fields);
    setOffered(found);
    void message.info({ key: 'match', content: found.size === 0 ? t('mapping.noMatch') : t('mapping.matched', { n: sure(found).length, more: found.size - sure(found).length }) });
  };
  const takeSure = () => take(sure(offered).flatMap(([id, suggestion]) => { const line = byId.get(id); return line === undefined || line.value !== '' ? [] : [[line, suggestion] as const]; }) as [Line, Suggestion][]);
  const pasted = (text: string) => {
    const result = applyTsv(rows, lines, target, readTsv(text));
    if (result.applied > 0) onChange(result.rows);
    const unknown = result.unknown.length === 0 ? '' : t('mapping.unknown', { names: shortText(result.unknown.join(', '), 120) });
    void message[result.applied > 0 ? 'success' : 'warning']([t('mapping.pasted', { n: result.applied }), unknown].filter(Boolean).join(' '));
  };

  return (
    <div className={styles.mapping}>
      <MappingTools
        filter={filter}
        counts={counts}
        done={done}
        query={query}
        disabled={disabled}
        offered={sure(offered).length}
        onFilter={setFilter}
        onQuery={setQuery}
        onMatch={match}
        onTakeSure={takeSure}
        onForget={() => setOffered(new Map())}
        onPaste={pasted}
        onCopy={() => void navigator.clipboard.writeText(toTsv(lines)).then(() => message.success(t('mapping.copied')))}
      />
      {target.length === 0 && <p className={styles.note}>{t('mapping.noTarget')}</p>}
      <MappingTable lines={shown} faults={faults} offered={offered} disabled={disabled} onValue={setValue} onTake={(line, suggestion) => take([[line, suggestion]])} onMore={(line, change) => onChange(setRow(rows, line.path, target, change))} onAdd={(name) => onChange([...(Array.isArray(rows) ? rows : []), { field: name, value: '' }])} />
    </div>
  );
}
