import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import type { FlowHistory, FlowVersion } from '../../../shared/api/types';
import { ChangesView } from '../../../shared/changes/ChangesView';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { type Rollback, useDiff, useRollback } from '../api';
import styles from '../Versions.module.css';

interface Props {
  flow: string;
  history: FlowHistory;
  version: FlowVersion;
  onClose: () => void;
}

/** Publishes an older document again: what that changes, for which documents, and what becomes of the draft. */
export function RollbackDialog({ flow, history, version, onClose }: Props) {
  const { t } = useTranslation('versions');
  const { toast } = useDialogs();
  const id = useId();
  const newest = history.items[0]?.no ?? 0;
  const [note, setNote] = useState(t('rollback.noteOf', { no: version.no }));
  const [draftVersion] = useState(history.draftVersion); // that of the draft that is spoken of: the page goes on reading
  const [draft, setDraft] = useState<Rollback['draft']>(history.dirty ? 'keep' : 'replace');
  const diff = useDiff(flow, String(newest), String(version.no));
  const rollback = useRollback(flow);
  const inFlight = history.items.reduce((sum, one) => sum + one.inFlight, 0);
  const refusal = rollback.error === null ? undefined : asApiError(rollback.error);
  const submit = () =>
    rollback.mutate(
      { no: version.no, note: note.trim(), draft, draftVersion },
      {
        onSuccess: ({ publishedVersion }) => {
          toast(t('rollback.done', { no: publishedVersion, was: version.no }));
          onClose();
        },
      },
    );
  return (
    <Dialog title={t('rollback.title', { no: version.no })} submit={t('rollback.submit')} cancel={t('common:action.cancel')} size="large" pending={rollback.isPending} onSubmit={submit} onClose={onClose}>
      <div className={styles.stack}>
        {refusal !== undefined && (
          <Banner tone="err" title={refusal.message}>
            {refusal.hint !== undefined && refusal.hint !== '' && <p>{refusal.hint}</p>}
            {refusal.problems.slice(0, 5).map((one, i) => (
              <div key={i}>{one.message}</div>
            ))}
          </Banner>
        )}
        <p>{t('rollback.text', { no: version.no, next: newest + 1 })}</p>
        {inFlight > 0 && <p>{t('rollback.inFlight', { n: inFlight })}</p>}
        <fieldset className={styles.draft}>
          <legend>{t('rollback.draft')}</legend>
          {(['keep', 'replace'] as const).map((one) => (
            <label key={one}>
              <input type="radio" name={`${id}-draft`} checked={draft === one} aria-describedby={`${id}-${one}`} onChange={() => setDraft(one)} />
              <span>
                {t(`rollback.${one}.title`, { no: version.no })}
                <small id={`${id}-${one}`}>{t(`rollback.${one}.${history.dirty ? 'dirty' : 'clean'}`, { no: version.no })}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <label className={styles.label}>
          {t('rollback.note')}
          <textarea className={panel.field} rows={2} maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
        </label>
        <section className={styles.preview} aria-label={t('rollback.changes')} tabIndex={0}>
          <h3>{t('rollback.changes')}</h3>
          <QueryView query={diff}>{(found) => <ChangesView diff={found} />}</QueryView>
        </section>
      </div>
    </Dialog>
  );
}
