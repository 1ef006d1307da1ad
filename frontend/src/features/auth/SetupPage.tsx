import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation, useNavigate } from 'react-router';
import { api, take } from '../../shared/api/client';
import { asApiError, fieldErrors, isOffline, needsLogin } from '../../shared/api/errors';
import { useEnter, useSession } from '../../shared/api/session';
import { Banner } from '../../shared/ui/Banner';
import { TextField } from '../../shared/ui/TextField';
import { AuthFrame } from './AuthFrame';
import styles from './AuthFrame.module.css';

export const SHORTEST_PASSWORD = 8;

export default function SetupPage() {
  const { t, i18n } = useTranslation('auth');
  const navigate = useNavigate();
  const enter = useEnter();
  const session = useSession();
  const { hash } = useLocation();
  const [token, setToken] = useState('');
  // The printed address may be opened in a tab that is here already: then only its end changes.
  const [seen, setSeen] = useState('');
  if (seen !== hash) {
    setSeen(hash);
    setToken(new URLSearchParams(hash.slice(1)).get('token') ?? '');
  }
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [local, setLocal] = useState<Record<string, string>>({});
  const setup = useMutation({
    mutationFn: () => take(api.POST('/setup', { body: { token: token.trim(), name: name.trim(), password, language: i18n.language } })),
    onSuccess: (found) => {
      enter(found);
      void navigate('/', { replace: true });
    },
  });
  useEffect(() => {
    document.title = `${t('setup.title')} · Karez`;
  }, [t]);

  if (session.data !== undefined) return <Navigate to="/" replace />;
  if (needsLogin(session.error ?? undefined) || needsLogin(setup.error ?? undefined)) return <Navigate to="/login" replace />;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong: Record<string, string> = {};
    if (token.trim() === '') wrong.token = t('need.token');
    if (name.trim() === '') wrong.name = t('need.name');
    if ([...password].length < SHORTEST_PASSWORD) wrong.password = t('need.long', { count: SHORTEST_PASSWORD });
    setLocal(wrong);
    if (Object.keys(wrong).length === 0) setup.mutate();
  };
  const refused = setup.error === null ? undefined : asApiError(setup.error);
  const errors = { ...fieldErrors(setup.error), ...local };
  const general = refused !== undefined && !['token', 'name', 'password'].some((field) => errors[field] !== undefined);

  return (
    <AuthFrame title={t('setup.title')} lead={t('setup.lead')}>
      <form className={styles.fields} onSubmit={submit} noValidate>
        {general && (
          <Banner tone="err" title={isOffline(refused) ? t('common:trouble.offline.title') : refused.message}>
            {refused.hint !== '' && <span>{refused.hint}</span>}
          </Banner>
        )}
        <TextField label={t('token')} name="setup-token" autoComplete="off" spellCheck={false} autoFocus value={token} onChange={setToken} error={errors.token} hint={t('setup.tokenHint')} />
        <TextField label={t('setup.admin')} name="username" autoComplete="username" value={name} onChange={setName} error={errors.name} />
        <TextField
          label={t('password')} name="password" type="password" autoComplete="new-password" value={password} onChange={setPassword}
          error={errors.password} hint={t('need.long', { count: SHORTEST_PASSWORD })}
        />
        <Button type="primary" size="large" htmlType="submit" block loading={setup.isPending}>
          {t('setup.submit')}
        </Button>
      </form>
    </AuthFrame>
  );
}
