import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Moved } from '~/model/place';
import type { Applied } from '~/model/tsv';
import styles from './Mapping.module.css';

/** Where the text of a table is put when the keyboard's paste is not at hand. */
export function PasteDialog({ onPaste, onClose }: { onPaste: (text: string) => void; onClose: () => void }) {
  const { t } = useTranslation('designer');
  const [text, setText] = useState('');
  return (
    <Modal
      open
      title={t('mapping.pasteTitle')}
      okText={t('mapping.pasteOk')}
      cancelText={t('publish.cancel')}
      okButtonProps={{ disabled: text.trim() === '' }}
      onCancel={onClose}
      onOk={() => {
        onPaste(text);
        onClose();
      }}
    >
      <p className={styles.note}>{t('mapping.pasteText')}</p>
      <Input.TextArea autoFocus rows={10} value={text} aria-label={t('mapping.pasteTitle')} style={{ fontFamily: 'var(--kz-mono)' }} onChange={(event) => setText(event.target.value)} />
    </Modal>
  );
}

/** What became of a pasted table. */
export interface Report extends Applied {
  moved: readonly Moved[];
  /** Parameters that went to the node that writes. */
  params: readonly string[];
}

/** How many rows that were not understood are listed. */
const LISTED = 200;

/** What became of a pasted table, with every row that was not understood. */
export function PasteReport({ of, onClose }: { of: Report; onClose: () => void }) {
  const { t } = useTranslation('designer');
  return (
    <div className={styles.report} role="status" data-refused={of.refused.length > 0}>
      <span>
        {t('mapping.pasted', { created: of.created, updated: of.updated, same: of.same })} {of.refused.length > 0 && t('mapping.refused', { n: of.refused.length })}
      </span>
      <Button size="small" type="text" onClick={onClose}>
        {t('mapping.reportClose')}
      </Button>
      {of.moved.length > 0 && <p>{t('mapping.moved', { list: of.moved.map((one) => `${one.from} → ${one.to}`).join(', ') })}</p>}
      {of.params.length > 0 && <p>{t('mapping.toParams', { list: of.params.join(', ') })}</p>}
      {of.refused.length > 0 && (
        <ul>
          {of.refused.slice(0, LISTED).map((one) => (
            <li key={one.at}>
              {t('mapping.refusedRow', { at: one.at })} <code>{one.name}</code> {t(`mapping.reasons.${one.reason}`)}
            </li>
          ))}
          {of.refused.length > LISTED && <li>{t('mapping.refusedMore', { n: of.refused.length - LISTED })}</li>}
        </ul>
      )}
    </div>
  );
}
