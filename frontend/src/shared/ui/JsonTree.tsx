import { CaretDownOutlined, CaretRightOutlined } from '@ant-design/icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type JsonNode, parseJson } from '../lib/json';
import { isLarge, marked, rowsOf } from '../lib/jsonRows';
import styles from './JsonTree.module.css';

const ROW = 24;

interface Props {
  /** JSON text; a text that is none is shown as it is. */
  text: string;
  label: string;
  /** Path of a field to point at: FEntity[0].FMaterialId, or a name alone. */
  mark?: string | undefined;
  /** The words of the problem there, which may name the value that is meant. */
  words?: string | undefined;
  height?: number;
}

/** A JSON value as a tree whose size does not matter: only rows in sight are drawn. */
export function JsonTree({ text, label, mark, words, height = 480 }: Props) {
  const { t } = useTranslation();
  const node = useMemo<JsonNode | undefined>(() => {
    try {
      return parseJson(text);
    } catch {
      return undefined;
    }
  }, [text]);
  if (text === '') return <p className={styles.none}>{t('json.empty')}</p>;
  if (node === undefined) return <pre className={styles.text} tabIndex={0} aria-label={label}>{text}</pre>;
  return <Rows key={text} node={node} label={label} mark={mark} words={words} height={height} />;
}

function Rows({ node, label, mark, words, height }: { node: JsonNode; label: string; mark: string | undefined; words: string | undefined; height: number }) {
  const { t } = useTranslation();
  // Small payloads open whole; big ones at the first levels.
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const depth = useMemo(() => (isLarge(node) ? 2 : 32), [node]);
  const rows = useMemo(() => rowsOf(node, toggled, depth), [node, toggled, depth]);
  const marks = useMemo(() => marked(rows, mark, words), [rows, mark, words]);
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- a leaf; nothing below it is memoised
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 20, initialRect: { width: 800, height } });
  const firstMark = rows.findIndex((row) => marks.has(row.path));
  useEffect(() => {
    if (firstMark > 0) virtual.scrollToIndex(firstMark, { align: 'center' });
    // Only when it is another place: folding must not move what one looks at.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [mark]);
  const toggle = (path: string) =>
    setToggled((was) => {
      const now = new Set(was);
      if (!now.delete(path)) now.add(path);
      return now;
    });
  return (
    <div ref={box} className={styles.box} style={{ maxHeight: height }} role="tree" aria-label={label} tabIndex={0}>
      <div className={styles.sheet} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const folder = row.size !== undefined && row.size > 0;
          return (
            <div
              key={item.key}
              role="treeitem"
              aria-level={row.level + 1}
              aria-expanded={folder ? row.open : undefined}
              aria-selected={marks.has(row.path)}
              className={styles.row}
              style={{ transform: `translateY(${item.start}px)`, paddingLeft: 8 + row.level * 18 }}
            >
              {folder ? (
                <button type="button" className={styles.fold} aria-label={t(row.open ? 'action.collapse' : 'action.expand')} onClick={() => toggle(row.path)}>
                  {row.open ? <CaretDownOutlined aria-hidden="true" /> : <CaretRightOutlined aria-hidden="true" />}
                </button>
              ) : (
                <span className={styles.fold} />
              )}
              {row.name !== '' && <span className={row.inArray ? styles.index : styles.key}>{row.name}</span>}
              {row.size === undefined ? (
                <span className={styles.value} data-kind={row.kind}>
                  {row.value}
                </span>
              ) : (
                <span className={styles.size}>
                  {row.kind === 'array' ? '[ ]' : '{ }'} {t('json.items', { count: row.size })}
                </span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
