import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation, useNavigate } from 'react-router';
import { api, take } from '../../shared/api/client';
import { asApiError, fieldErrors, isOffline, needsSetup } from '../../shared/api/errors';
import { useEnter, useSession } from '../../shared/api/session';
import { Banner } from '../../shared/ui/Banner';
import { TextField } from '../../shared/ui/TextField';
import { AuthFrame } from './AuthFrame';
import styles from './AuthFrame.module.css';
import { nextPlace } from './next';

export default function LoginPage() {
  const { t } = useTranslation('auth');
  const { search } = useLocation();
  const navigate = useNavigate();
  const enter = useEnter();
  const session = useSession();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [empty, setEmpty] = useState<Record<string, string>>({});
  const login = useMutation({
    mutationFn: () => take(api.POST('/login', { body: { name, password } })),
    onSuccess: (found) => {
      enter(found);
      void navigate(nextPlace(search), { replace: true });
    },
    onError: () => setPassword(''),
  });
  useEffect(() => {
    document.title = `${t('login.title')} · Karez`;
  }, [t]);

  if (needsSetup(login.error) || (session.error !== null && needsSetup(session.error))) return <Navigate to="/setup" replace />;
  if (session.data !== undefined) return <Navigate to={nextPlace(search)} replace />;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const missing: Record<string, string> = {};
    if (name.trim() === '') missing.name = t('need.name');
    if (password === '') missing.password = t('need.password');
    setEmpty(missing);
    if (Object.keys(missing).length === 0) login.mutate();
  };
  const refused = login.error === null ? undefined : asApiError(login.error);
  const errors = { ...fieldErrors(login.error), ...empty };
  const general = refused !== undefined && errors.name === undefined && errors.password === undefined;

  return (
    <AuthFrame title={t('login.title')} lead={t(search.includes('next=') ? 'login.again' : 'login.lead')}>
      <form className={styles.fields} onSubmit={submit} noValidate>
        {general && (
          <Banner tone="err" title={isOffline(refused) ? t('common:trouble.offline.title') : refused.message}>
            {refused.hint !== '' && <span>{refused.hint}</span>}
          </Banner>
        )}
        <TextField label={t('name')} name="username" autoComplete="username" autoFocus value={name} onChange={setName} error={errors.name} />
        <TextField label={t('password')} name="password" type="password" autoComplete="current-password" value={password} onChange={setPassword} error={errors.password} />
        <Button type="primary" size="large" htmlType="submit" block loading={login.isPending}>
          {t('login.submit')}
        </Button>
      </form>
    </AuthFrame>
  );
}
