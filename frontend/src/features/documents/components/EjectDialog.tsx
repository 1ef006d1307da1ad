import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { TextField } from '../../../shared/ui/TextField';

interface Props {
  name: string;
  mutation: { isPending: boolean; error: unknown };
  onSubmit: (wish: { note: string; again: boolean }) => void;
  onClose: () => void;
}

/** Taking a document out of its bill makes the bill anew, so it asks why. */
export default function EjectDialog({ name, mutation, onSubmit, onClose }: Props) {
  const { t } = useTranslation('documents');
  const [note, setNote] = useState('');
  const [again, setAgain] = useState(false);
  const [missing, setMissing] = useState(false);
  const atField = fieldErrors(mutation.error).note;
  return (
    <Dialog
      title={t('eject.title', { name })} submit={t('eject.submit')} cancel={t('common:action.cancel')} danger pending={mutation.isPending} onClose={onClose}
      onSubmit={() => {
        setMissing(note.trim() === '');
        if (note.trim() !== '') onSubmit({ note: note.trim(), again });
      }}
    >
      {mutation.error !== null && atField === undefined && <Banner tone="err">{asApiError(mutation.error).message}</Banner>}
      <TextField label={t('eject.note')} value={note} onChange={setNote} autoFocus maxLength={500} hint={t('eject.text')} error={missing ? t('eject.noteNeeded') : atField} />
      <label>
        <input type="checkbox" checked={again} onChange={(event) => setAgain(event.target.checked)} /> {t('eject.again')}
      </label>
    </Dialog>
  );
}
