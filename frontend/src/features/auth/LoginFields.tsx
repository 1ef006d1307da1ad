import { useTranslation } from 'react-i18next';
import { isOffline } from '../../shared/api/errors';
import { Banner } from '../../shared/ui/Banner';
import { TextField } from '../../shared/ui/TextField';
import type { Login } from './useLogin';

/** What a login asks for. With a fixed name only the password is left to type. */
export function LoginFields({ login, fixed = false }: { login: Login; fixed?: boolean }) {
  const { t } = useTranslation('auth');
  const { name, setName, password, setPassword, errors, refused } = login;
  return (
    <>
      {refused !== undefined && errors.name === undefined && errors.password === undefined && (
        <Banner tone="err" title={isOffline(refused) ? t('common:trouble.offline.title') : refused.message}>
          {refused.hint !== '' && <span>{refused.hint}</span>}
        </Banner>
      )}
      <TextField label={t('name')} name="username" autoComplete="username" autoFocus={!fixed} readOnly={fixed} value={name} onChange={setName} error={errors.name} />
      <TextField label={t('password')} name="password" type="password" autoComplete="current-password" autoFocus={fixed} value={password} onChange={setPassword} error={errors.password} />
    </>
  );
}
