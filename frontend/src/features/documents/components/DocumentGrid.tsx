import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import type { DocumentSummary } from '../../../shared/api/types';
import { AttentionTag, StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useColumns } from '../columns';
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
  /** How many documents were let go above the first, and whether newer ones can be fetched. */
  above: number;
  hasNewer: boolean;
  onNewer: () => void;
  /** The list began at a time, so nobody knows how many documents are above it. */
  begun: boolean;
  /** The flow whose documents they are, '' for those of several, and the business fields that are shown. */
  flow: string;
  columns: readonly string[];
}

const ROW = 52;
/** Rows before the end at which the next page is asked for. */
const EARLY = 40;

const CELL = 150;

/** Room for business fields between the other columns. */
function wide(fields: number): CSSProperties | undefined {
  return fields === 0 ? undefined : ({ '--fields': `repeat(${fields}, ${CELL}px)`, '--more': `${fields * CELL}px` } as CSSProperties);
}

/** The ledger as a grid that draws only what is in sight and fetches as one scrolls. */
export function DocumentGrid({ documents, showFlow, selected, onSelect, hasMore, loading, onMore, above, hasNewer, onNewer, begun, flow, columns }: Props) {
  const { t, i18n } = useTranslation('documents');
  const known = useColumns(columns.length > 0 ? flow : '').data ?? [];
  const titles = new Map(known.map(({ path, title }) => [path, (i18n.language === 'en' && title.en) || title.zh]));
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const anchor = useRef('');
  // Where the keys are; the focus follows a frame later, and held keys are faster than frames.
  const wanted = useRef(0);
  // eslint-disable-next-line react-hooks/incompatible-library -- a leaf; nothing below it is memoised
  const virtual = useVirtualizer({ count: documents.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12, initialRect: { width: 1200, height: 640 } });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;

  // What was put above the rows in sight, or let go there, moves them: they stay where the eye is.
  const seen = useRef({ above, documents });
  useLayoutEffect(() => {
    const before = seen.current;
    seen.current = { above, documents };
    const place = box.current;
    if (place === null || before.documents === documents) return;
    const index = Math.floor(place.scrollTop / ROW);
    const anchor = before.documents[index]?.id;
    const now = documents.findIndex(({ id }) => id === anchor);
    if (now < 0 || now === index || (place.scrollTop === 0 && before.above === above)) return; // at the top what is new is shown
    place.scrollTop += (now - index) * ROW;
    wanted.current += now - index;
    setCurrent((at) => at + now - index);
  }, [above, documents]);

  // The place is asked for where it is: rows that were moved are drawn a frame later.
  useEffect(() => {
    const start = Math.floor((box.current?.scrollTop ?? 0) / ROW);
    if (loading) return;
    if (hasMore && start + last - first >= documents.length - EARLY) onMore();
    else if (hasNewer && start < EARLY / 2) onNewer();
  }, [hasMore, hasNewer, loading, first, last, documents.length, onMore, onNewer]);

  const toggle = (index: number, range: boolean) => {
    if (selected === undefined) return;
    const next = new Set(selected);
    const one = documents[index];
    if (one === undefined) return;
    const on = !next.has(one.id);
    // By its id: pages that went from the window moved every row's place.
    const since = range ? documents.findIndex(({ id }) => id === anchor.current) : -1;
    const [from, to] = since < 0 ? [index, index] : [Math.min(since, index), Math.max(since, index)];
    for (const { id } of documents.slice(from, to + 1)) {
      if (on) next.add(id);
      else next.delete(id);
    }
    anchor.current = one.id;
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
    <div ref={box} className={styles.grid} data-coach="ledger-grid" data-flow={showFlow} style={wide(columns.length)}>
      <div role="grid" aria-label={t('title')} aria-rowcount={hasMore || begun ? -1 : above + documents.length + 1} aria-multiselectable={selected !== undefined} onKeyDown={onKeyDown}>
      <div className={styles.headRow} role="row" aria-rowindex={1}>
        <span role="columnheader">
          {selected !== undefined && (
            <input type="checkbox" aria-label={t('selectAll')} checked={all} onChange={() => onSelect(all ? new Set() : new Set(documents.map(({ id }) => id)))} />
          )}
        </span>
        <span role="columnheader">{t('column.number')}</span>
        <span role="columnheader">{t('column.state')}</span>
        {columns.map((path) => (
          <span key={path} role="columnheader" className={styles.clip} title={path}>
            {titles.get(path) || path}
          </span>
        ))}
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
              aria-rowindex={Math.max(0, above) + item.index + 2}
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
              {columns.map((path, i) => (
                <span key={path} role="gridcell" className={styles.clip} title={document.values?.[i]}>
                  {document.values?.[i]}
                </span>
              ))}
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
        {loading ? t('common:state.loading') : hasMore ? '' : begun ? t('oldest') : t('end', { count: above + documents.length })}
      </div>
    </div>
  );
}
