import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, take } from '../../shared/api/client';
import { asApiError, fieldErrors } from '../../shared/api/errors';
import type { Session } from '../../shared/api/types';

/** Name and password on their way to a session. A refused password is emptied, the name stays. */
export function useLogin(person: string, onEnter: (session: Session) => void) {
  const { t } = useTranslation('auth');
  const [name, setName] = useState(person);
  const [password, setPassword] = useState('');
  const [empty, setEmpty] = useState<Record<string, string>>({});
  const login = useMutation({
    mutationFn: () => take(api.POST('/login', { body: { name, password } })),
    onSuccess: onEnter,
    onError: () => setPassword(''),
  });
  const submit = () => {
    const missing: Record<string, string> = {};
    if (name.trim() === '') missing.name = t('need.name');
    if (password === '') missing.password = t('need.password');
    setEmpty(missing);
    if (Object.keys(missing).length === 0) login.mutate();
  };
  const errors: Record<string, string> = { ...fieldErrors(login.error), ...empty };
  return {
    name, setName, password, setPassword, submit, errors,
    pending: login.isPending,
    refused: login.error === null ? undefined : asApiError(login.error),
  };
}

export type Login = ReturnType<typeof useLogin>;
