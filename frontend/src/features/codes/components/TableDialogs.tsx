import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import type { CodeTable } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { TextField } from '../../../shared/ui/TextField';
import { useTableActions } from '../api';
import { nameOf } from '../model/paste';

/** What the server takes, in characters. */
const LONGEST = 190;

function Refused({ error, at }: { error: unknown; at: (string | undefined)[] }) {
  if (error === null || at.some((words) => words !== undefined)) return null;
  return (
    <Banner tone="err" title={asApiError(error).message}>
      {asApiError(error).hint}
    </Banner>
  );
}

/** Asks for the title of a table and the name that flows know it by. */
export function CreateDialog({ onDone, onClose }: { onDone: (table: CodeTable) => void; onClose: () => void }) {
  const { t } = useTranslation('codes');
  const { create } = useTableActions();
  const [title, setTitle] = useState('');
  // Follows the title until somebody writes it.
  const [own, setOwn] = useState<string>();
  const [missing, setMissing] = useState(false);
  const name = own ?? nameOf(title);
  const told = fieldErrors(create.error);
  const send = () => {
    setMissing(title.trim() === '');
    if (title.trim() !== '') create.mutate({ name, title: title.trim() }, { onSuccess: onDone });
  };
  return (
    <Dialog title={t('new')} submit={t('common:action.create')} cancel={t('common:action.cancel')} pending={create.isPending} onSubmit={send} onClose={onClose}>
      <Refused error={create.error} at={[told.title, told.name]} />
      <TextField label={t('titleOf')} value={title} onChange={setTitle} autoFocus maxLength={LONGEST} placeholder={t('titleExample')} autoComplete="off" error={missing ? t('titleNeeded') : told.title} />
      <TextField label={t('nameOf')} value={name} onChange={setOwn} maxLength={LONGEST} hint={t('nameHint')} autoComplete="off" spellCheck={false} error={told.name} />
    </Dialog>
  );
}

export function RenameDialog({ table, onClose }: { table: CodeTable; onClose: () => void }) {
  const { t } = useTranslation('codes');
  const { rename } = useTableActions();
  const [title, setTitle] = useState(table.title);
  const [missing, setMissing] = useState(false);
  const told = fieldErrors(rename.error);
  const send = () => {
    setMissing(title.trim() === '');
    if (title.trim() !== '') rename.mutate({ id: table.id, title: title.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog title={t('rename')} submit={t('common:action.save')} cancel={t('common:action.cancel')} pending={rename.isPending} onSubmit={send} onClose={onClose}>
      <Refused error={rename.error} at={[told.title]} />
      <TextField label={t('titleOf')} value={title} onChange={setTitle} autoFocus maxLength={LONGEST} autoComplete="off" hint={t('renameHint', { name: table.name })} error={missing ? t('titleNeeded') : told.title} />
    </Dialog>
  );
}
