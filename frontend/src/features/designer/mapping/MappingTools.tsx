import { BookOutlined, BranchesOutlined, CopyOutlined, SearchOutlined, SnippetsOutlined, ThunderboltOutlined } from '@ant-design/icons';
import { Button, Input, Progress, Segmented } from 'antd';
import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readText } from '~/shared/lib/textFile';
import { Menu } from '~/shared/ui/Menu';
import { useDialogs } from '~/shared/ui/dialogs';
import { exportPairs, importPairs, keepPairs, usePairs } from './dictionary.store';
import styles from './Mapping.module.css';
import { PasteDialog } from './PasteDialog';

export type Filter = 'all' | 'required' | 'unmapped' | 'wrong' | 'changed';
const FILTERS: Filter[] = ['all', 'required', 'unmapped', 'wrong', 'changed'];

interface Props {
  search: RefObject<HTMLDivElement | null>;
  filter: Filter;
  counts: Record<Filter, number>;
  done: { required: number; filled: number };
  query: string;
  disabled: boolean;
  /** Proposals good enough to be taken at once. */
  offered: number;
  onFilter: (filter: Filter) => void;
  onQuery: (query: string) => void;
  onMatch: () => void;
  onFlow: (() => void) | undefined;
  onTakeSure: () => void;
  onForget: () => void;
  onPaste: (text: string) => void;
  onCopy: () => void;
  drift: ReactNode;
}

export function MappingTools({ search, filter, counts, done, query, disabled, offered, onFilter, onQuery, onMatch, onFlow, onTakeSure, onForget, onPaste, onCopy, drift }: Props) {
  const { t } = useTranslation('designer');
  const [pasting, setPasting] = useState(false);
  return (
    <div className={styles.tools} data-coach="mapping-tools">
      <div className={styles.toolRow}>
        <Segmented
          size="small"
          value={filter}
          aria-label={t('mapping.filter')}
          options={FILTERS.map((one) => ({ value: one, label: <span data-wrong={one === 'wrong' && counts.wrong > 0}>{`${t(`mapping.filters.${one}`)} ${counts[one]}`}</span> }))}
          onChange={(next) => onFilter(next as Filter)}
        />
        <span className={styles.progress} title={t('mapping.required')}>
          <Progress type="circle" size={18} percent={done.required === 0 ? 100 : (done.filled / done.required) * 100} showInfo={false} strokeWidth={14} aria-label={t('mapping.required')} />
          {t('mapping.requiredOf', { done: done.filled, of: done.required })}
        </span>
        {drift}
      </div>
      <div className={styles.toolRow}>
        <div ref={search} className={styles.search}>
          <Input size="small" allowClear value={query} prefix={<SearchOutlined aria-hidden="true" />} placeholder={t('mapping.search')} aria-label={t('mapping.search')} title="Ctrl+F" onChange={(event) => onQuery(event.target.value)} />
        </div>
        <Button size="small" icon={<ThunderboltOutlined aria-hidden="true" />} disabled={disabled} onClick={onMatch}>
          {t('mapping.match')}
        </Button>
        <Button size="small" icon={<BranchesOutlined aria-hidden="true" />} disabled={onFlow === undefined} onClick={onFlow}>
          {t('mapping.fromFlow')}
        </Button>
        <Pairs />
        <Button size="small" icon={<SnippetsOutlined aria-hidden="true" />} disabled={disabled} onClick={() => setPasting(true)}>
          {t('mapping.paste')}
        </Button>
        <Button size="small" icon={<CopyOutlined aria-hidden="true" />} aria-label={t('mapping.copy')} title={t('mapping.copy')} onClick={onCopy} />
      </div>
      {offered > 0 && (
        <div className={styles.offer} role="status">
          <ThunderboltOutlined aria-hidden="true" />
          <span>{t('mapping.offered', { n: offered })}</span>
          <Button size="small" type="primary" onClick={onTakeSure}>
            {t('mapping.takeAll')}
          </Button>
          <Button size="small" type="text" onClick={onForget}>
            {t('mapping.forget')}
          </Button>
        </div>
      )}
      {pasting && <PasteDialog onPaste={onPaste} onClose={() => setPasting(false)} />}
    </div>
  );
}

/** The pairs that were accepted in this browser: to take elsewhere, or to forget. */
function Pairs() {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const file = useRef<HTMLInputElement>(null);
  const count = usePairs((state) => Object.keys(state.pairs).length);
  const read = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    if (importPairs(await readText(chosen))) toast(t('mapping.pairsRead'));
    else toast(t('mapping.pairsUnreadable'), 'err');
  };
  return (
    <>
      <Menu
        label={t('mapping.pairs', { n: count })}
        button={<BookOutlined aria-hidden="true" />}
        items={[
          { key: 'export', label: t('mapping.pairsExport'), disabled: count === 0, onSelect: exportPairs },
          { key: 'import', label: t('mapping.pairsImport'), onSelect: () => file.current?.click() },
          { key: 'forget', label: t('mapping.pairsForget'), danger: true, disabled: count === 0, onSelect: () => keepPairs({}) },
        ]}
      />
      <input ref={file} type="file" accept="application/json,.json" hidden aria-label={t('mapping.pairsImport')} onChange={(event) => { void read(event.target.files?.[0]); event.target.value = ''; }} />
    </>
  );
}
