import { Modal } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
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

/** Asks for the title of a flow. */
export function TitleDialog({ heading, label, submit, initial = '', mutation, onSubmit, onClose }: Props) {
  const { t } = useTranslation('flows');
  const form = useId();
  const [title, setTitle] = useState(initial);
  const [missing, setMissing] = useState(false);
  const atField = fieldErrors(mutation.error).title;
  const send = (event: FormEvent) => {
    event.preventDefault();
    const text = title.trim();
    setMissing(text === '');
    if (text !== '' && !mutation.isPending) onSubmit(text);
  };
  return (
    <Modal
      open
      title={heading}
      okText={submit}
      cancelText={t('common:action.cancel')}
      okButtonProps={{ htmlType: 'submit', form, loading: mutation.isPending }}
      onCancel={onClose}
      destroyOnHidden
    >
      <form id={form} onSubmit={send} noValidate>
        {mutation.error !== null && atField === undefined && <Banner tone="err">{asApiError(mutation.error).message}</Banner>}
        <TextField label={label} value={title} onChange={setTitle} autoFocus maxLength={120} placeholder={t('titleExample')} error={missing ? t('titleNeeded') : atField} />
      </form>
    </Modal>
  );
}
