import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import { JsonError, RawJson } from '../../../shared/lib/json';
import { Banner } from '../../../shared/ui/Banner';
import { CodeEditor } from '../../../shared/ui/CodeEditor';
import { Dialog } from '../../../shared/ui/Dialog';
import { JsonDiff } from '../../../shared/ui/JsonDiff';
import styles from '../Document.module.css';
import { isObject, payloadText } from '../model/detail';

interface Props {
  title: string;
  note: string;
  submit: string;
  payload: RawJson | undefined;
  mutation: { isPending: boolean; error: unknown };
  /** A danger that has to be confirmed before it can be sent. */
  danger?: { warning: string; confirm: string };
  /** Sending without an edit is allowed; then nothing is given. */
  unchanged?: boolean;
  onSubmit: (edited: RawJson | undefined) => void;
  onClose: () => void;
}

/** Edits a payload as JSON; its digits stay as they are typed. */
export default function EditDialog({ title, note, submit, payload, mutation, danger, unchanged = false, onSubmit, onClose }: Props) {
  const { t } = useTranslation('documents');
  const [before] = useState(() => payloadText(payload));
  const [text, setText] = useState(before);
  const [compare, setCompare] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const [confirmed, setConfirmed] = useState(false);
  const edited = text !== before;

  const send = () => {
    if (!edited && unchanged) {
      onSubmit(undefined);
      return;
    }
    try {
      if (!isObject(text)) {
        setWrong(t('edit.object'));
        return;
      }
    } catch (error) {
      setWrong(error instanceof JsonError ? t('common:json.invalid', { line: error.line, column: error.column }) : t('edit.object'));
      return;
    }
    setWrong(undefined);
    onSubmit(new RawJson(text));
  };
  const refusal = mutation.error === null || mutation.error === undefined ? undefined : asApiError(mutation.error);

  return (
    <Dialog
      size="large"
      title={title}
      submit={edited || !unchanged ? submit : t('resend.same')}
      cancel={t('common:action.cancel')}
      pending={mutation.isPending}
      danger={danger !== undefined}
      disabled={(!edited && !unchanged) || (danger !== undefined && !confirmed)}
      dismissable={!edited}
      onSubmit={send}
      onClose={onClose}
    >
      <div className={styles.edit}>
        <Banner tone="info">{note}</Banner>
        {danger !== undefined && (
          <Banner tone="err" title={danger.warning}>
            <label className={styles.confirm}>
              <input type="checkbox" checked={confirmed} onChange={(event) => setConfirmed(event.target.checked)} /> {danger.confirm}
            </label>
          </Banner>
        )}
        {wrong !== undefined && <Banner tone="err">{wrong}</Banner>}
        {refusal !== undefined && (
          <Banner tone="err" title={refusal.message}>
            {refusal.hint !== '' && <span>{refusal.hint}</span>}
          </Banner>
        )}
        <div className={styles.payloadHead}>
          <span className={styles.spring} />
          <Button size="small" disabled={!edited} onClick={() => setCompare(!compare)}>
            {t(compare ? 'edit.back' : 'edit.compare')}
          </Button>
          <Button
            size="small"
            disabled={!edited}
            onClick={() => {
              setCompare(false);
              setText(before);
              setWrong(undefined);
            }}
          >
            {t('edit.restore')}
          </Button>
        </div>
        {compare ? (
          <JsonDiff before={before} after={text} labels={[t('edit.before'), t('edit.after')]} height="50vh" />
        ) : (
          <CodeEditor language="json" label={title} value={text} onChange={setText} height="50vh" />
        )}
      </div>
    </Dialog>
  );
}
