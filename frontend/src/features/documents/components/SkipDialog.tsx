import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { TextField } from '../../../shared/ui/TextField';

interface Props {
  name: string;
  /** What skipping means and the words of the button, where it is not the document that is skipped. */
  text?: string;
  submit?: string;
  mutation: { isPending: boolean; error: unknown };
  onSubmit: (note: string) => void;
  onClose: () => void;
}

/** Skipping is final and audited, so it asks why. */
export function SkipDialog({ name, text, submit, mutation, onSubmit, onClose }: Props) {
  const { t } = useTranslation('documents');
  const [note, setNote] = useState('');
  const [missing, setMissing] = useState(false);
  const atField = fieldErrors(mutation.error).note;
  return (
    <Dialog
      title={t('skip.title', { name })} submit={submit ?? t('skip.submit')} cancel={t('common:action.cancel')} danger pending={mutation.isPending} onClose={onClose}
      onSubmit={() => {
        setMissing(note.trim() === '');
        if (note.trim() !== '') onSubmit(note.trim());
      }}
    >
      {mutation.error !== null && atField === undefined && <Banner tone="err">{asApiError(mutation.error).message}</Banner>}
      <TextField label={t('skip.note')} value={note} onChange={setNote} autoFocus maxLength={500} hint={text ?? t('skip.text')} error={missing ? t('skip.noteNeeded') : atField} />
    </Dialog>
  );
}
