import { PlusOutlined } from '@ant-design/icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Button, Input } from 'antd';
import { type ClipboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SURE, type Suggestion } from '~/model/automatch';
import type { Lost } from '~/model/drift';
import type { Line } from '~/model/mapping';
import { valueAt } from '~/model/sampleTree';
import { isTable } from '~/model/tsv';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Mapping.module.css';
import { MappingRow, type RowActions } from './MappingRow';
import { StuckParents } from './StuckParents';
import { useTableKeys } from './useTableKeys';

export const ROW = 38;

interface Props {
  lines: readonly Line[];
  faults: ReadonlyMap<string, string>;
  missing: ReadonlySet<string>;
  lost: ReadonlyMap<string, Lost[]>;
  offered: ReadonlyMap<string, Suggestion[]>;
  chosen: ReadonlySet<string>;
  disabled: boolean;
  onValue: (line: Line, value: string) => void;
  onTake: (line: Line, suggestion: Suggestion) => void;
  onTable: (line: Line, name: string) => void;
  onAdd: (name: string) => void;
  onChoose: (chosen: ReadonlySet<string>) => void;
  onClear: (line: Line) => void;
  onEdit: (line: Line) => void;
  onPaste: (text: string) => void;
  /** The rows that a copy of a line means, as a table. */
  copyOf: (line: Line) => string;
}

/** The rows in sight of a table that may have hundreds. */
export function MappingTable({ lines, faults, missing, lost, offered, chosen, disabled, onValue, onTake, onTable, onAdd, onChoose, onClear, onEdit, onPaste, copyOf }: Props) {
  const { t } = useTranslation('designer');
  const { input, output } = useNodeContext();
  const box = useRef<HTMLDivElement>(null);
  const from = useRef<string>(undefined);
  const [name, setName] = useState('');
  const [at, setAt] = useState<string>();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const visible = useMemo(() => (folded.size === 0 ? lines : lines.filter((line) => !line.path.some((_, i) => i + 1 < line.path.length && folded.has(line.path.slice(0, i + 1).join('.'))))), [lines, folded]);
  const places = useMemo(() => new Map(visible.map((line, i) => [line.id, i])), [visible]);
  const deepest = useMemo(() => visible.reduce((most, line) => Math.max(most, line.depth), 0), [visible]);
  // eslint-disable-next-line react-hooks/incompatible-library -- rows are told what they show
  const virtual = useVirtualizer({ count: visible.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8, getItemKey: (i) => visible[i]?.id ?? i, initialRect: { width: 700, height: 500 }, scrollPaddingStart: deepest * ROW });
  const current = at !== undefined && places.has(at) ? at : visible[0]?.id;

  const toggle = (id: string) => setFolded((was) => (was.has(id) ? new Set([...was].filter((one) => one !== id)) : new Set([...was, id])));
  /** Chooses a row, or all from the last one on. */
  const choose = (line: Line, range: boolean) => {
    const start = range && from.current !== undefined ? places.get(from.current) : undefined;
    const end = places.get(line.id) ?? 0;
    const next = new Set(chosen);
    if (start !== undefined) for (let i = Math.min(start, end); i <= Math.max(start, end); i++) next.add(visible[i]?.id ?? '');
    else if (!next.delete(line.id)) next.add(line.id);
    from.current = line.id;
    onChoose(next);
  };
  const latest = useRef<RowActions>(undefined);
  useEffect(() => {
    latest.current = { fold: (line) => toggle(line.id), choose, value: onValue, take: onTake, table: onTable, edit: onEdit };
  });
  const [on] = useState<RowActions>(() => ({
    fold: (line) => latest.current?.fold(line),
    choose: (line, range) => latest.current?.choose(line, range),
    value: (line, value) => latest.current?.value(line, value),
    take: (line, suggestion) => latest.current?.take(line, suggestion),
    table: (line, name) => latest.current?.table(line, name),
    edit: (line) => latest.current?.edit(line),
  }));
  const onKeyDown = useTableKeys({
    box, visible, places,
    scrollTo: (i) => virtual.scrollToIndex(i),
    isFolded: (id) => folded.has(id),
    toggle, choose, onEdit, onChoose,
    onClear: (line) => !disabled && onClear(line),
    onTake: (line) => {
      const best = line.value === '' ? offered.get(line.id)?.[0] : undefined;
      if (best !== undefined && best.score >= SURE && !disabled) onTake(line, best);
    },
  });
  const lineOf = (event: ClipboardEvent): Line | undefined => {
    const place = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-index]') : null;
    return place === null ? undefined : visible[Number(place.dataset.index)];
  };
  const onCopy = (event: ClipboardEvent) => {
    const line = lineOf(event);
    if (line === undefined || event.target instanceof HTMLTextAreaElement) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', copyOf(line));
  };
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain');
    if (disabled || !isTable(text) || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    onPaste(text);
  };
  const add = () => {
    onAdd(name.trim());
    setName('');
  };
  const all = visible.length > 0 && visible.every((line) => chosen.has(line.id));

  return (
    <div className={styles.table} data-coach="mapping-table" data-sample={input !== undefined} onKeyDown={onKeyDown} onCopy={onCopy} onPaste={paste}>
      <div role="treegrid" aria-label={t('mapping.label')} aria-rowcount={visible.length} aria-multiselectable="true">
        <div className={styles.head} role="row">
          <span role="columnheader">
            <input type="checkbox" className={styles.check} aria-label={t('mapping.chooseAll')} checked={all} onChange={() => onChoose(all ? new Set() : new Set(visible.map((line) => line.id)))} />
            {t('mapping.field')}
          </span>
          <span role="columnheader">{t('mapping.mode')}</span>
          <span role="columnheader">{t('mapping.value')}</span>
          <span role="columnheader">{t('mapping.preview')}</span>
        </div>
        <div ref={box} className={styles.rows} role="rowgroup" tabIndex={visible.length === 0 ? 0 : -1} aria-label={t('mapping.label')}>
          <StuckParents lines={visible} places={places} first={Math.floor((virtual.scrollOffset ?? 0) / ROW)} onGo={(i) => virtual.scrollToIndex(i, { align: 'start' })} />
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
            {virtual.getVirtualItems().map((item) => {
              const line = visible[item.index];
              if (line === undefined) return null;
              return (
                <div key={item.key} data-index={item.index} className={styles.place} style={{ transform: `translateY(${item.start}px)`, height: ROW }} role="presentation" onFocus={() => setAt(line.id)}>
                  <MappingRow
                    line={line}
                    index={item.index}
                    error={faults.get(line.id)}
                    missing={missing.has(line.id)}
                    lost={lost.get(line.id)}
                    offers={line.value === '' ? offered.get(line.id) : undefined}
                    folded={folded.has(line.id)}
                    chosen={chosen.has(line.id)}
                    stop={line.id === current}
                    disabled={disabled}
                    made={valueAt(output, line.path.map((step) => step.split('#')[0] ?? step))}
                    on={on}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {visible.length === 0 && <p className={styles.note}>{t('mapping.none')}</p>}
      {!disabled && (
        <div className={styles.add}>
          <Input size="small" value={name} placeholder={t('mapping.addField')} aria-label={t('mapping.addField')} onChange={(event) => setName(event.target.value)} onPressEnter={(event) => !event.nativeEvent.isComposing && name.trim() !== '' && add()} />
          <Button size="small" icon={<PlusOutlined aria-hidden="true" />} disabled={name.trim() === ''} onClick={add}>
            {t('mapping.addButton')}
          </Button>
          <small>{t('mapping.keys')}</small>
        </div>
      )}
    </div>
  );
}
