import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useReenter } from '../../shared/api/session';
import { Dialog } from '../../shared/ui/Dialog';
import styles from './AuthFrame.module.css';
import { LoginFields } from './LoginFields';
import { useLogin } from './useLogin';

export interface LoginDialogProps {
  open: boolean;
  /** The name of whose session ended. */
  person: string;
  /** Gives the page up for the one with the login. */
  onLeave: () => void;
}

/** Drawn closed from the start: its words are fetched while the server is sure to have them. */
export default function LoginDialog({ open, ...rest }: LoginDialogProps) {
  useTranslation('auth');
  return open && <Again {...rest} />;
}

/** Asks the person whose session ended for the password, over the page as it stands. */
function Again({ person, onLeave }: Omit<LoginDialogProps, 'open'>) {
  const { t } = useTranslation('auth');
  const login = useLogin(person, useReenter());
  return (
    <Dialog title={t('again.title')} submit={t('login.submit')} pending={login.pending} onSubmit={login.submit}>
      <p>{t('again.lead')}</p>
      <LoginFields login={login} fixed />
      <p className={styles.other}>
        {t('again.other')}
        <Button type="link" size="small" onClick={onLeave}>
          {t('again.leave')}
        </Button>
      </p>
    </Dialog>
  );
}
