import { Button } from 'antd';
import { type FormEvent, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation, useNavigate } from 'react-router';
import { needsSetup } from '../../shared/api/errors';
import { useEnter, useSession } from '../../shared/api/session';
import { AuthFrame } from './AuthFrame';
import styles from './AuthFrame.module.css';
import { LoginFields } from './LoginFields';
import { nextPlace } from './next';
import { useLogin } from './useLogin';

export default function LoginPage() {
  const { t } = useTranslation('auth');
  const { search } = useLocation();
  const navigate = useNavigate();
  const enter = useEnter();
  const session = useSession();
  const login = useLogin('', (found) => {
    enter(found);
    void navigate(nextPlace(search), { replace: true });
  });
  useEffect(() => {
    document.title = `${t('login.title')} · Karez`;
  }, [t]);

  if (needsSetup(login.refused) || needsSetup(session.error)) return <Navigate to="/setup" replace />;
  if (session.data !== undefined) return <Navigate to={nextPlace(search)} replace />;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.submit();
  };
  return (
    <AuthFrame title={t('login.title')} lead={t(search.includes('next=') ? 'login.again' : 'login.lead')}>
      <form className={styles.fields} onSubmit={submit} noValidate>
        <LoginFields login={login} />
        <Button type="primary" size="large" htmlType="submit" block loading={login.pending}>
          {t('login.submit')}
        </Button>
      </form>
    </AuthFrame>
  );
}
