import { ArrowDownOutlined, ArrowUpOutlined, CloseOutlined, HolderOutlined, SearchOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LedgerColumn } from '../../../shared/api/types';
import { Dialog } from '../../../shared/ui/Dialog';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { useColumns } from '../columns';
import styles from './Views.module.css';

interface Props {
  flow: string;
  chosen: readonly string[];
  onDone: (paths: string[]) => void;
  onClose: () => void;
}

/** As many as the server shows at once. */
const MOST = 40;
/** More are found by searching. */
const SHOWN = 150;

/** Moves one entry of a list to another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(Math.max(0, Math.min(next.length, to)), 0, one);
  return next;
}

/** A path that the list of documents takes: paths stand beside each other there, with commas between. */
const isPath = (text: string) => text !== '' && text.length <= 300 && !/[,\s]/.test(text);

/** Lets a person choose which fields of the business document are columns, and in which order. */
export function ColumnsDialog({ flow, chosen, onDone, onClose }: Props) {
  const { t } = useTranslation('documents');
  const [paths, setPaths] = useState<string[]>([...chosen]);
  const query = useColumns(flow);
  return (
    <Dialog
      size="large" title={t('columns.title')} submit={t('columns.apply')} cancel={t('common:action.cancel')} dismissable={false}
      onSubmit={() => onDone(paths)} onClose={onClose}
    >
      <p className={styles.lead}>{t('columns.lead', { most: MOST })}</p>
      {flow === '' ? <Chooser fields={[]} paths={paths} onChange={setPaths} /> : <QueryView query={query}>{(fields) => <Chooser fields={fields} paths={paths} onChange={setPaths} />}</QueryView>}
    </Dialog>
  );
}

interface ChooserProps {
  fields: readonly LedgerColumn[];
  paths: string[];
  onChange: (paths: string[]) => void;
}

function Chooser({ fields, paths, onChange }: ChooserProps) {
  const { t, i18n } = useTranslation('documents');
  const [text, setText] = useState('');
  const titleOf = (field: LedgerColumn | undefined) => (i18n.language === 'en' && field?.title.en) || field?.title.zh || '';
  const byPath = new Map(fields.map((field) => [field.path, field]));
  const wanted = text.trim().toLowerCase();
  const found = fields.filter((field) => wanted === '' || [field.path, field.title.zh, field.title.en ?? ''].some((part) => part.toLowerCase().includes(wanted)));
  const full = paths.length >= MOST;
  const toggle = (path: string) => onChange(paths.includes(path) ? paths.filter((one) => one !== path) : [...paths, path]);
  const own = text.trim();
  const addable = isPath(own) && !byPath.has(own) && !paths.includes(own) && !full;
  return (
    <div className={styles.chooser}>
      <section className={styles.pane} aria-label={t('columns.fields')}>
        <label className={panel.search}>
          <SearchOutlined aria-hidden="true" />
          <input
            type="search" value={text} aria-label={t('columns.search')} placeholder={t('columns.search')} onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.preventDefault(); // not the whole dialog
            }}
          />
        </label>
        <ul className={styles.fields}>
          {found.slice(0, SHOWN).map((field) => (
            <li key={field.path}>
              <label>
                <input type="checkbox" checked={paths.includes(field.path)} disabled={full && !paths.includes(field.path)} onChange={() => toggle(field.path)} />
                <span>
                  {titleOf(field) || field.path}
                  <code>{field.path}</code>
                </span>
              </label>
            </li>
          ))}
        </ul>
        {found.length > SHOWN && <p className={styles.lead}>{t('columns.more', { count: found.length - SHOWN })}</p>}
        {found.length === 0 && <p className={styles.lead}>{t(fields.length === 0 ? 'columns.unknown' : 'columns.noMatch')}</p>}
        {addable && (
          <Button size="small" onClick={() => { toggle(own); setText(''); }}>
            {t('columns.add', { path: own })}
          </Button>
        )}
      </section>
      <section className={styles.pane} aria-label={t('columns.chosen')}>
        <h3>
          {t('columns.chosen')} <small>{paths.length}</small>
          <Button size="small" disabled={paths.length === 0} onClick={() => onChange([])}>
            {t('columns.reset')}
          </Button>
        </h3>
        {paths.length === 0 ? <p className={styles.lead}>{t('columns.default')}</p> : <Order paths={paths} titleOf={(path) => titleOf(byPath.get(path)) || path} onChange={onChange} />}
      </section>
    </div>
  );
}

/** The chosen fields in their order: dragged, moved by buttons, or by Alt and an arrow. */
function Order({ paths, titleOf, onChange }: { paths: string[]; titleOf: (path: string) => string; onChange: (paths: string[]) => void }) {
  const { t } = useTranslation('documents');
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<number>();
  const move = (from: number, to: number) => {
    if (to < 0 || to >= paths.length) return;
    onChange(moved(paths, from, to));
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-at="${to}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent, at: number) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined || !event.altKey) return;
    event.preventDefault();
    move(at, at + step);
  };
  return (
    <ol ref={list} className={styles.order}>
      {paths.map((path, at) => (
        <li
          key={path} draggable data-dragged={dragged === at}
          onDragStart={() => setDragged(at)} onDragEnd={() => setDragged(undefined)}
          onDragOver={(event) => {
            event.preventDefault();
            if (dragged === undefined || dragged === at) return;
            onChange(moved(paths, dragged, at));
            setDragged(at);
          }}
        >
          <button type="button" className={styles.handle} data-at={at} aria-label={t('columns.move', { name: titleOf(path), no: at + 1, all: paths.length })} title={t('columns.moveHint')} onKeyDown={(event) => onKeyDown(event, at)}>
            <HolderOutlined aria-hidden="true" />
          </button>
          <span>
            {titleOf(path)}
            <code>{path}</code>
          </span>
          <Button size="small" type="text" disabled={at === 0} icon={<ArrowUpOutlined aria-hidden="true" />} aria-label={t('columns.up', { name: titleOf(path) })} onClick={() => onChange(moved(paths, at, at - 1))} />
          <Button size="small" type="text" disabled={at === paths.length - 1} icon={<ArrowDownOutlined aria-hidden="true" />} aria-label={t('columns.down', { name: titleOf(path) })} onClick={() => onChange(moved(paths, at, at + 1))} />
          <Button size="small" type="text" icon={<CloseOutlined aria-hidden="true" />} aria-label={t('columns.remove', { name: titleOf(path) })} onClick={() => onChange(paths.filter((one) => one !== path))} />
        </li>
      ))}
    </ol>
  );
}
