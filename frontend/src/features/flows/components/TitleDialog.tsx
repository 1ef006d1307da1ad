import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { TextField } from '../../../shared/ui/TextField';

interface Props {
  heading: string;
  label: string;
  submit: string;
  initial?: string;
  mutation: { isPending: boolean; error: unknown };
  onSubmit: (title: string) => void;
  onClose: () => void;
}

/** What the server takes, in characters. */
const LONGEST = 190;

/** Asks for the title of a flow. */
export function TitleDialog({ heading, label, submit, initial = '', mutation, onSubmit, onClose }: Props) {
  const { t } = useTranslation('flows');
  const [title, setTitle] = useState(initial);
  const [missing, setMissing] = useState(false);
  const told = fieldErrors(mutation.error);
  const atField = told.title ?? told['metadata.title'];
  const send = () => {
    const text = title.trim();
    setMissing(text === '');
    if (text !== '') onSubmit(text);
  };
  return (
    <Dialog title={heading} submit={submit} cancel={t('common:action.cancel')} pending={mutation.isPending} onSubmit={send} onClose={onClose}>
      {mutation.error !== null && atField === undefined && <Banner tone="err">{asApiError(mutation.error).message}</Banner>}
      <TextField label={label} value={title} onChange={setTitle} autoFocus maxLength={LONGEST} placeholder={t('titleExample')} error={missing ? t('titleNeeded') : atField} />
    </Dialog>
  );
}
