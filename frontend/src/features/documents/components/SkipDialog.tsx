import { Modal } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { TextField } from '../../../shared/ui/TextField';

interface Props {
  name: string;
  mutation: { isPending: boolean; error: unknown };
  onSubmit: (note: string) => void;
  onClose: () => void;
}

/** Skipping is final and audited, so it asks why. */
export function SkipDialog({ name, mutation, onSubmit, onClose }: Props) {
  const { t } = useTranslation('documents');
  const form = useId();
  const [note, setNote] = useState('');
  const [missing, setMissing] = useState(false);
  const atField = fieldErrors(mutation.error).note;
  return (
    <Modal
      open
      title={t('skip.title', { name })}
      okText={t('skip.submit')}
      cancelText={t('common:action.cancel')}
      okButtonProps={{ danger: true, htmlType: 'submit', form, loading: mutation.isPending }}
      onCancel={onClose}
      destroyOnHidden
    >
      <form
        id={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setMissing(note.trim() === '');
          if (note.trim() !== '' && !mutation.isPending) onSubmit(note.trim());
        }}
      >
        {mutation.error !== null && atField === undefined && <Banner tone="err">{asApiError(mutation.error).message}</Banner>}
        <TextField label={t('skip.note')} value={note} onChange={setNote} autoFocus maxLength={500} hint={t('skip.text')} error={missing ? t('skip.noteNeeded') : atField} />
      </form>
    </Modal>
  );
}
