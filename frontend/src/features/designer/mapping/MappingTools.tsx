import { CopyOutlined, SearchOutlined, SnippetsOutlined, ThunderboltOutlined } from '@ant-design/icons';
import { Button, Input, Modal, Progress, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Mapping.module.css';

export type Filter = 'all' | 'required' | 'unmapped' | 'wrong';
const FILTERS: Filter[] = ['all', 'required', 'unmapped', 'wrong'];

interface Props {
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
  onTakeSure: () => void;
  onForget: () => void;
  onPaste: (text: string) => void;
  onCopy: () => void;
}

export function MappingTools({ filter, counts, done, query, disabled, offered, onFilter, onQuery, onMatch, onTakeSure, onForget, onPaste, onCopy }: Props) {
  const { t } = useTranslation('designer');
  const [pasting, setPasting] = useState<string>();
  return (
    <div className={styles.tools}>
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
      </div>
      <div className={styles.toolRow}>
        <Input size="small" className={styles.search} allowClear value={query} prefix={<SearchOutlined aria-hidden="true" />} placeholder={t('mapping.search')} aria-label={t('mapping.search')} onChange={(event) => onQuery(event.target.value)} />
        <Button size="small" icon={<ThunderboltOutlined aria-hidden="true" />} disabled={disabled} onClick={onMatch}>
          {t('mapping.match')}
        </Button>
        <Button size="small" icon={<SnippetsOutlined aria-hidden="true" />} disabled={disabled} onClick={() => setPasting('')}>
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
      <Modal
        open={pasting !== undefined}
        title={t('mapping.pasteTitle')}
        okText={t('mapping.pasteOk')}
        cancelText={t('publish.cancel')}
        okButtonProps={{ disabled: (pasting ?? '').trim() === '' }}
        onCancel={() => setPasting(undefined)}
        onOk={() => {
          onPaste(pasting ?? '');
          setPasting(undefined);
        }}
      >
        <p className={styles.note}>{t('mapping.pasteText')}</p>
        <Input.TextArea autoFocus rows={10} value={pasting ?? ''} aria-label={t('mapping.pasteTitle')} style={{ fontFamily: 'var(--kz-mono)' }} onChange={(event) => setPasting(event.target.value)} />
      </Modal>
    </div>
  );
}
