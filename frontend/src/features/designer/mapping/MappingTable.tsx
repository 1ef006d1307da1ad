import { PlusOutlined } from '@ant-design/icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Button, Input } from 'antd';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import type { Suggestion } from '~/model/automatch';
import type { Line } from '~/model/mapping';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Mapping.module.css';
import { MappingRow } from './MappingRow';

const ROW = 38;

interface Props {
  lines: readonly Line[];
  faults: ReadonlyMap<string, string>;
  offered: ReadonlyMap<string, Suggestion[]>;
  disabled: boolean;
  onValue: (line: Line, value: string) => void;
  onTake: (line: Line, suggestion: Suggestion) => void;
  onMore: (line: Line, change: { [member: string]: Json | undefined }) => void;
  onAdd: (name: string) => void;
}

/** The rows in sight of a table that may have hundreds. */
export function MappingTable({ lines, faults, offered, disabled, onValue, onTake, onMore, onAdd }: Props) {
  const { t } = useTranslation('designer');
  const { input } = useNodeContext();
  const box = useRef<HTMLDivElement>(null);
  const [name, setName] = useState('');
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const visible = lines.filter((line) => !line.path.some((_, i) => i + 1 < line.path.length && folded.has(line.path.slice(0, i + 1).join('.'))));
  // eslint-disable-next-line react-hooks/incompatible-library -- a leaf; nothing below it is memoised
  const virtual = useVirtualizer({ count: visible.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12, getItemKey: (i) => visible[i]?.id ?? i, initialRect: { width: 700, height: 500 } });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' || event.key === 'Enter' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const row = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-index]') : null;
    if (step === 0 || row === null || !(event.target instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    const next = Number(row.dataset.index) + step;
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${next}"] textarea`)?.focus());
  };
  const toggle = (id: string) => setFolded((was) => (was.has(id) ? new Set([...was].filter((one) => one !== id)) : new Set([...was, id])));
  const add = () => {
    onAdd(name.trim());
    setName('');
  };

  return (
    <div className={styles.table} data-sample={input !== undefined} onKeyDown={onKeyDown}>
      <div role="treegrid" aria-label={t('mapping.label')} aria-rowcount={visible.length}>
      <div className={styles.head} role="row">
        <span role="columnheader">{t('mapping.field')}</span>
        <span role="columnheader">{t('mapping.mode')}</span>
        <span role="columnheader">{t('mapping.value')}</span>
        <span role="columnheader">{t('mapping.preview')}</span>
      </div>
      <div ref={box} className={styles.rows} role="rowgroup">
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
          {virtual.getVirtualItems().map((item) => {
            const line = visible[item.index];
            if (line === undefined) return null;
            return (
              <div key={item.key} data-index={item.index} className={styles.place} style={{ transform: `translateY(${item.start}px)`, height: ROW }} role="presentation">
                <MappingRow line={line} index={item.index} error={faults.get(line.id)} offers={line.value === '' ? offered.get(line.id) : undefined} folded={folded.has(line.id)} disabled={disabled} onFold={() => toggle(line.id)} onValue={(value) => onValue(line, value)} onTake={(suggestion) => onTake(line, suggestion)} onMore={(change) => onMore(line, change)} />
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
        </div>
      )}
    </div>
  );
}
