import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import type { DocumentSummary } from '../../../shared/api/types';
import { AttentionTag, StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import styles from '../Documents.module.css';

interface Props {
  documents: DocumentSummary[];
  showFlow: boolean;
  /** Undefined when nothing may be selected. */
  selected: ReadonlySet<string> | undefined;
  onSelect: (ids: ReadonlySet<string>) => void;
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
}

const ROW = 52;
/** Rows before the end at which the next page is asked for. */
const EARLY = 40;

/** The ledger as a grid that draws only what is in sight and fetches as one scrolls. */
export function DocumentGrid({ documents, showFlow, selected, onSelect, hasMore, loading, onMore }: Props) {
  const { t } = useTranslation('documents');
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const anchor = useRef(0);
  // Where the keys are; the focus follows a frame later, and held keys are faster than frames.
  const wanted = useRef(0);
  // eslint-disable-next-line react-hooks/incompatible-library -- a leaf; nothing below it is memoised
  const virtual = useVirtualizer({ count: documents.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12, initialRect: { width: 1200, height: 640 } });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (hasMore && !loading && last >= documents.length - EARLY) onMore();
  }, [hasMore, loading, last, documents.length, onMore]);

  const toggle = (index: number, range: boolean) => {
    if (selected === undefined) return;
    const next = new Set(selected);
    const one = documents[index];
    if (one === undefined) return;
    const on = !next.has(one.id);
    const [from, to] = range ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    for (const { id } of documents.slice(from, to + 1)) {
      if (on) next.add(id);
      else next.delete(id);
    }
    anchor.current = index;
    onSelect(next);
  };
  const all = selected !== undefined && selected.size > 0 && documents.every(({ id }) => selected.has(id));

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
    if (row === null) return;
    const at = Number(row.dataset.row);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(documents.length - 1, wanted.current + step));
      wanted.current = next;
      setCurrent(next);
      virtual.scrollToIndex(next);
      requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus());
    } else if (event.target === row && event.key === 'Enter') void navigate(`/docs/${documents[at]?.id}`);
    else if (event.target === row && event.key === ' ') {
      event.preventDefault();
      toggle(at, event.shiftKey);
    }
  };

  return (
    <div ref={box} className={styles.grid} data-coach="ledger-grid" data-flow={showFlow}>
      <div role="grid" aria-label={t('title')} aria-rowcount={hasMore ? -1 : documents.length + 1} aria-multiselectable={selected !== undefined} onKeyDown={onKeyDown}>
      <div className={styles.headRow} role="row" aria-rowindex={1}>
        <span role="columnheader">
          {selected !== undefined && (
            <input type="checkbox" aria-label={t('selectAll')} checked={all} onChange={() => onSelect(all ? new Set() : new Set(documents.map(({ id }) => id)))} />
          )}
        </span>
        <span role="columnheader">{t('column.number')}</span>
        <span role="columnheader">{t('column.state')}</span>
        {showFlow && <span role="columnheader">{t('column.flow')}</span>}
        <span role="columnheader">{t('column.message')}</span>
        <span role="columnheader">{t('column.target')}</span>
        <span role="columnheader">{t('column.updated')}</span>
      </div>
      <div className={styles.sheet} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const document = documents[item.index];
          if (document === undefined) return null;
          const name = document.number || document.key;
          return (
            <div
              key={document.id}
              role="row"
              className={styles.row}
              data-row={item.index}
              aria-rowindex={item.index + 2}
              aria-selected={selected?.has(document.id)}
              tabIndex={item.index === Math.min(current, documents.length - 1) ? 0 : -1}
              style={{ transform: `translateY(${item.start}px)` }}
              onFocus={() => {
                wanted.current = item.index;
                setCurrent(item.index);
              }}
            >
              <span role="gridcell">
                {selected !== undefined && (
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    aria-label={t('select', { name })}
                    checked={selected.has(document.id)}
                    onChange={(event) => toggle(item.index, (event.nativeEvent as MouseEvent).shiftKey)}
                  />
                )}
              </span>
              <span role="gridcell" className={styles.name}>
                <Link to={`/docs/${document.id}`}>{name}</Link>
                <small>
                  {document.number !== undefined && document.number !== '' && document.number !== document.key ? document.key : document.node}
                  {document.rev > 1 && ` · ${t('rev', { no: document.rev })}`}
                  {(document.newer ?? 0) > 0 && ` · ${t('newer', { count: document.newer })}`}
                </small>
              </span>
              <span role="gridcell" className={styles.tags}>
                <StateTag of="document" state={document.state} />
                {document.attention?.slice(0, 1).map((mark) => <AttentionTag key={mark} mark={mark} />)}
              </span>
              {showFlow && (
                <span role="gridcell" className={styles.clip} title={document.flowTitle}>
                  {document.flowTitle}
                </span>
              )}
              <span role="gridcell" className={styles.clip} title={document.message}>
                {document.message}
              </span>
              <span role="gridcell" className={styles.clip}>
                <span className="kz-num">{document.targetNumber}</span>
              </span>
              <span role="gridcell" className={styles.time}>
                <When time={document.updatedAt} />
              </span>
            </div>
          );
        })}
      </div>
      </div>
      <div className={styles.tail} role="status">
        {loading ? t('common:state.loading') : hasMore ? '' : t('end', { count: documents.length })}
      </div>
    </div>
  );
}
