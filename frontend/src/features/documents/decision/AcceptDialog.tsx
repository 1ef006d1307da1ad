import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { TextField } from '../../../shared/ui/TextField';
import { type Question, useAccept } from './api';
import styles from './Decision.module.css';

interface Props {
  id: string;
  question: Question;
  /** The document's updatedAt beside the evidence. */
  seen: string | undefined;
  onClose: () => void;
}

/** "It arrived": the person found it in the target and says under which id and number. */
export function AcceptDialog({ id, question, seen, onClose }: Props) {
  const { t } = useTranslation('documents');
  const { toast } = useDialogs();
  const accept = useAccept(id);
  const [targetId, setTargetId] = useState(question.targetId ?? '');
  const [targetNumber, setTargetNumber] = useState(question.targetNumber ?? '');
  const [note, setNote] = useState('');
  const [looked] = useState(seen); // the evidence goes on being read
  const at = fieldErrors(accept.error);
  const known = [at.targetId, at.targetNumber, at.note].some((one) => one !== undefined);
  const send = () => {
    const texts = Object.entries({ targetId, targetNumber, note }).map(([name, text]) => [name, text.trim()] as const);
    accept.mutate({ node: question.node, part: question.part, ...(looked === undefined ? {} : { seen: looked }), ...Object.fromEntries(texts.filter(([, text]) => text !== '')) }, {
      onSuccess: () => {
        toast(t('decision.accepted'));
        onClose();
      },
    });
  };
  return (
    <Dialog title={t('decision.acceptTitle', { key: question.key })} submit={t('decision.acceptDo')} cancel={t('common:action.cancel')} pending={accept.isPending} onSubmit={send} onClose={onClose}>
      <div className={styles.form}>
        {accept.error !== null && !known && (
          <Banner tone="err" title={asApiError(accept.error).message}>
            {asApiError(accept.error).hint !== '' && <span>{asApiError(accept.error).hint}</span>}
          </Banner>
        )}
        <p className={styles.quiet}>{t('decision.acceptText')}</p>
        <TextField label={t('decision.targetNumber')} value={targetNumber} onChange={setTargetNumber} maxLength={190} error={at.targetNumber} />
        <TextField label={t('decision.targetId')} value={targetId} onChange={setTargetId} maxLength={190} error={at.targetId} />
        <TextField label={t('bulk.note')} value={note} onChange={setNote} maxLength={500} error={at.note} />
      </div>
    </Dialog>
  );
}
