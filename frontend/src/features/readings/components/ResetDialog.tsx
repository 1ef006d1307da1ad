import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import type { CursorPreview, SourceReading } from '../../../shared/api/types';
import { formatCount, formatTime } from '../../../shared/lib/format';
import { fromField, toField, zone } from '../../../shared/lib/times';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { TextField } from '../../../shared/ui/TextField';
import { useSourceActions } from '../api';
import styles from '../Readings.module.css';
import { Estimated, Refused } from './Estimated';
import { Between } from './SourcePanel';

/** What the server takes, in characters. */
const LONGEST = 500;
/** Up to how many stored documents the server counts. */
const COUNTED = 100_000;

/** Asks for a time, shows what putting the cursor there does, and puts it there only then. */
export default function ResetDialog({ flow, source, onClose }: { flow: string; source: SourceReading; onClose: () => void }) {
  const { t, i18n } = useTranslation('readings');
  const { toast } = useDialogs();
  const { preview, reset } = useSourceActions(flow, source.node);
  const [to, setTo] = useState(toField(source.cursor ?? source.startFrom));
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const error = reset.error ?? preview.error;
  const told = fieldErrors(error);
  const time = fromField(to);
  const seen = preview.data;

  const change = (value: string) => {
    setTo(value);
    setTried(false);
    preview.reset();
    reset.reset();
  };
  const send = () => {
    setTried(true);
    if (time === undefined) return;
    if (seen === undefined) preview.mutate(time);
    else {
      reset.mutate({ to: time, version: seen.version, note: note.trim() }, {
        onSuccess: () => {
          toast(t('reset.done'));
          onClose();
        },
        // The cursor moved since: what a reset does now is another thing.
        onError: (refused) => {
          if (asApiError(refused).code === 'cursor.moved') preview.mutate(time);
        },
      });
    }
  };
  const wrong = tried && time === undefined ? t('reset.toNeeded') : told.to;
  return (
    <Dialog
      title={t('reset.title', { title: source.title })}
      submit={t(seen === undefined ? 'reset.preview' : 'reset.do')}
      cancel={t('common:action.cancel')}
      pending={preview.isPending || reset.isPending}
      danger={seen?.skipped === true}
      dismissable={seen === undefined}
      onSubmit={send}
      onClose={onClose}
    >
      <Refused error={error} at={[told.to, told.note]} />
      <p className={styles.about}>{t('reset.about', { time: formatTime(source.cursor, i18n.language) || t('common:time.never') })}</p>
      <TextField label={t('reset.to')} type="datetime-local" step={1} value={to} onChange={change} hint={t('zone', { zone: zone() })} error={wrong} />
      <div className={styles.outcome} aria-live="polite" aria-busy={preview.isPending}>
        {preview.isPending && <p className={styles.zone}>{t('reset.asking')}</p>}
        {seen !== undefined && <Effect seen={seen} />}
      </div>
      {seen !== undefined && <TextField label={t('reset.note')} value={note} onChange={setNote} maxLength={LONGEST} autoComplete="off" placeholder={t('reset.noteExample')} error={told.note} />}
    </Dialog>
  );
}

function Effect({ seen }: { seen: CursorPreview }) {
  const { t, i18n } = useTranslation('readings');
  const stored = seen.stored ?? 0;
  return (
    <>
      {seen.skipped ? (
        <Banner tone="warn" title={t('reset.skipped')}>
          {seen.from !== undefined && <Between from={seen.from} to={seen.to} />} {t('reset.skippedWhy')}
        </Banner>
      ) : (
        seen.again === undefined && <p>{t('reset.nothing')}</p>
      )}
      {seen.again !== undefined && (
        <>
          <p>
            {t('reset.again')} <Between from={seen.again.from} to={seen.again.to} />
          </p>
          <Estimated estimate={seen.again} />
          {seen.stored !== undefined && <p>{t(stored >= COUNTED ? 'reset.storedMost' : 'reset.stored', { count: stored, shown: formatCount(stored, i18n.language) })}</p>}
        </>
      )}
      <p className={styles.zone}>{t('reset.begins', { time: formatTime(seen.begins, i18n.language) })}</p>
    </>
  );
}
