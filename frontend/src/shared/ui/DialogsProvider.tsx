import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled, InfoCircleFilled } from '@ant-design/icons';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './Dialog';
import styles from './Dialog.module.css';
import { type Dialogs, DialogsContext, type Notice, noticeOf, type Question, type Tone } from './dialogs';

const TOAST_MS = 4000;
/** Long enough to read what was done and to take it back. */
const UNDO_MS = 10_000;

interface Toast {
  id: number;
  text: string;
  tone: Tone;
  undo: (() => void) | undefined;
}

const ICON: Record<Tone, ReactNode> = {
  ok: <CheckCircleFilled aria-hidden="true" />,
  err: <CloseCircleFilled aria-hidden="true" />,
  note: <InfoCircleFilled aria-hidden="true" />,
  warn: <ExclamationCircleFilled aria-hidden="true" />,
};

/** Holds the questions, notices and passing words of the whole page. */
export function DialogsProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [question, setQuestion] = useState<Question>();
  const [pending, setPending] = useState(false);
  const [notice, setNotice] = useState<Notice>();
  const [toasts, setToasts] = useState<Toast[]>([]);

  const dialogs = useMemo<Dialogs>(() => {
    let last = 0;
    return {
      ask: setQuestion,
      tell: setNotice,
      toast: (text, tone = 'ok', undo = undefined) => {
        const id = ++last;
        setToasts((now) => [...now.filter((one) => one.text !== text), { id, text, tone, undo }]);
        setTimeout(() => setToasts((now) => now.filter((one) => one.id !== id)), undo === undefined ? TOAST_MS : UNDO_MS);
      },
    };
  }, []);

  const confirm = (asked: Question) => {
    setPending(true);
    asked.onConfirm().catch((error: unknown) => setNotice(noticeOf(error, t('trouble.offline.title')))).finally(() => {
      setPending(false);
      setQuestion(undefined);
    });
  };

  return (
    <DialogsContext value={dialogs}>
      {children}
      {question !== undefined && (
        <Dialog
          role="alertdialog" title={question.title} submit={question.submit} cancel={question.cancel ?? t('action.cancel')} danger={question.danger === true} pending={pending}
          onSubmit={() => confirm(question)}
          onClose={() => {
            setQuestion(undefined);
            question.onCancel?.();
          }}
        >
          <p>{question.text}</p>
        </Dialog>
      )}
      {notice !== undefined && (
        <Dialog role="alertdialog" title={notice.title} submit={t('action.close')} onSubmit={() => setNotice(undefined)} onClose={() => setNotice(undefined)}>
          {notice.text.split('\n').map((line) => (
            <p key={line}>{line}</p>
          ))}
        </Dialog>
      )}
      <div className={styles.toasts} role="status">
        {toasts.map(({ id, text, tone, undo }) => (
          <div key={id} className={styles.toast} data-tone={tone}>
            {ICON[tone]}
            <span>{text}</span>
            {undo !== undefined && (
              <button
                type="button" className={styles.undo}
                onClick={() => {
                  setToasts((now) => now.filter((one) => one.id !== id));
                  undo();
                }}
              >
                {t('action.undo')}
              </button>
            )}
          </div>
        ))}
      </div>
    </DialogsContext>
  );
}
