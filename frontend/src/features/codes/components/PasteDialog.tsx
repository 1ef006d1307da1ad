import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { usePut } from '../api';
import styles from '../Codes.module.css';
import { MOST_ROWS, readPasted } from '../model/paste';

const SHOWN = 50;

/** Takes rows from a spreadsheet's clipboard, after they were seen. */
export default function PasteDialog({ table, initial, onClose }: { table: string; initial: string; onClose: () => void }) {
  const { t, i18n } = useTranslation('codes');
  const number = (value: number) => formatCount(value, i18n.language);
  const id = useId();
  const put = usePut();
  const { toast } = useDialogs();
  const [text, setText] = useState(initial);
  const { rows, incomplete, twice } = readPasted(text, t('source'));
  const many = rows.length > MOST_ROWS;
  const told = Object.entries(fieldErrors(put.error)).slice(0, 5).map(([path, words]) => {
    const at = /^rows\[(\d+)\]/.exec(path)?.[1];
    return at === undefined ? words : `${rows[Number(at)]?.source ?? ''}: ${words}`;
  });
  const send = () =>
    put.mutate({ id: table, rows }, {
      onSuccess: ({ added, changed, unchanged }) => {
        toast(t('paste.done', { added: number(added), changed: number(changed), unchanged: number(unchanged) }));
        onClose();
      },
    });
  return (
    <Dialog
      title={t('paste.title')}
      size="large"
      submit={rows.length === 0 ? t('paste.saveNone') : t('paste.save', { count: rows.length, shown: number(rows.length) })}
      cancel={t('common:action.cancel')}
      pending={put.isPending}
      disabled={rows.length === 0 || many || twice.length > 0}
      dismissable={text === ''}
      onSubmit={send}
      onClose={onClose}
    >
      {put.error !== null && (
        <Banner tone="err" title={asApiError(put.error).message}>
          {told.length > 0 && <span className={styles.lines}>{told.join('\n')}</span>}
        </Banner>
      )}
      <label className={styles.paste} htmlFor={id}>
        {t('paste.label')}
        <textarea
          id={id}
          value={text}
          rows={rows.length === 0 ? 10 : 5}
          autoFocus
          spellCheck={false}
          placeholder={t('paste.example')}
          onChange={(event) => {
            setText(event.target.value);
            if (put.error !== null) put.reset();
          }}
        />
      </label>
      {many && <Banner tone="err">{t('paste.tooMany', { most: number(MOST_ROWS) })}</Banner>}
      {twice.length > 0 && <Banner tone="err">{t('paste.twice', { codes: [...new Set(twice)].slice(0, 5).join(', ') })}</Banner>}
      {incomplete.length > 0 && text.trim() !== '' && (
        <Banner tone="warn">{t('paste.incomplete', { count: incomplete.length, shown: number(incomplete.length), rows: incomplete.slice(0, 8).join(', ') })}</Banner>
      )}
      {rows.length > 0 && (
        <div className={styles.sheet}>
          <table className={panel.table} aria-label={t('paste.seen')}>
            <thead>
              <tr>
                <th scope="col">{t('source')}</th>
                <th scope="col">{t('target')}</th>
                <th scope="col">{t('note')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN).map((row) => (
                <tr key={row.source}>
                  <td><code className={styles.code}>{row.source}</code></td>
                  <td><code className={styles.code}>{row.target}</code></td>
                  <td className={styles.note}>{row.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {rows.length > SHOWN && <p className={styles.rest}>{t('paste.more', { count: rows.length - SHOWN, shown: number(rows.length - SHOWN) })}</p>}
        </div>
      )}
    </Dialog>
  );
}
