import { CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Dialog.module.css';

interface Props {
  title: string;
  children: ReactNode;
  /** Without it the dialog is left by its own buttons alone. */
  onClose?: () => void;
  onSubmit: () => void;
  submit: string;
  /** Without it there is nothing to cancel, only something to close. */
  cancel?: string | undefined;
  danger?: boolean;
  pending?: boolean;
  disabled?: boolean;
  /** Alerts and confirmations; a form is not. */
  role?: 'alertdialog';
  size?: 'small' | 'large';
  /** False keeps a click beside the dialog from closing it: something would be lost. */
  dismissable?: boolean;
}

/** A dialog over the page: the browser keeps focus inside, gives it back, and closes on Escape. */
export function Dialog({ title, children, onClose, onSubmit, submit, cancel, danger = false, pending = false, disabled = false, role, size = 'small', dismissable = true }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // The browser goes to the button that closes it, because what React would go to was not drawn yet.
      dialog.querySelector<HTMLElement>('input:not([readonly], [type=file], [type=checkbox], [type=radio]), textarea, select')?.focus();
    }
    return () => dialog?.close();
  }, []);
  const send = (event: FormEvent) => {
    event.preventDefault();
    // A portal's submit bubbles through React's tree to the form the dialog was opened from.
    event.stopPropagation();
    if (!pending && !disabled) onSubmit();
  };
  return (
    <dialog
      ref={box}
      className={styles.dialog}
      data-size={size}
      role={role}
      aria-labelledby={`${id}-title`}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onKeyDown={(event) => {
        // A second Escape would close it without asking.
        if (event.key === 'Escape' && onClose === undefined) event.preventDefault();
      }}
      onMouseDown={(event) => {
        if (event.target === box.current && dismissable) onClose?.();
      }}
    >
      <form className={styles.form} onSubmit={send} noValidate>
        <header className={styles.head}>
          <h2 id={`${id}-title`}>{title}</h2>
          {onClose !== undefined && (
            <button type="button" className={styles.close} aria-label={t('action.closeDialog')} onClick={onClose}>
              <CloseOutlined aria-hidden="true" />
            </button>
          )}
        </header>
        <div className={styles.body}>{children}</div>
        <footer className={styles.foot}>
          {cancel !== undefined && <Button onClick={onClose}>{cancel}</Button>}
          <Button type="primary" htmlType="submit" danger={danger} loading={pending} disabled={disabled}>
            {submit}
          </Button>
        </footer>
      </form>
    </dialog>
  );
}
