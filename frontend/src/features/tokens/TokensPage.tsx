import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, take } from '../../shared/api/client';
import { asApiError, fieldErrors } from '../../shared/api/errors';
import { keys } from '../../shared/api/keys';
import type { Role, Token } from '../../shared/api/types';
import { Banner } from '../../shared/ui/Banner';
import { Dialog } from '../../shared/ui/Dialog';
import { useDialogs } from '../../shared/ui/dialogs';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { TextField } from '../../shared/ui/TextField';
import { When } from '../../shared/ui/When';
import styles from './Tokens.module.css';

const ROLES = ['viewer', 'operator', 'editor', 'admin'];

export default function TokensPage() {
  const { t } = useTranslation('tokens');
  const [creating, setCreating] = useState(false);
  const tokens = useQuery({ queryKey: keys.tokens, queryFn: ({ signal }) => take(api.GET('/tokens', { signal })) });
  const button = (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setCreating(true)}>
      {t('new')}
    </Button>
  );
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={button} />
      <div className={panel.panel}>
        <QueryView query={tokens}>{({ items }) => (items.length === 0 ? <Empty title={t('empty.title')} text={t('empty.text')}>{button}</Empty> : <TokenTable tokens={items} />)}</QueryView>
      </div>
      {creating && <TokenDialog onClose={() => setCreating(false)} />}
    </>
  );
}

function TokenTable({ tokens }: { tokens: Token[] }) {
  const { t } = useTranslation('tokens');
  const { ask: question } = useDialogs();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: (id: string) => take(api.DELETE('/tokens/{id}', { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
  const ask = (token: Token) =>
    question({ title: t('revoke.title', { name: token.name }), text: t('revoke.text'), submit: t('revoke.do'), danger: true, onConfirm: () => remove.mutateAsync(token.id) });
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('title')}>
        <thead>
          <tr>
            <th scope="col">{t('name')}</th>
            <th scope="col">{t('role')}</th>
            <th scope="col">{t('created')}</th>
            <th scope="col">{t('used')}</th>
            <th scope="col">{t('expires')}</th>
            <th scope="col">
              <span className="kz-sr">{t('common:action.more')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td className={panel.strong}>{token.name}</td>
              <td>{t(`common:role.${token.role}`, { defaultValue: token.role })}</td>
              <td className={panel.sub}>
                <When time={token.createdAt} />
              </td>
              <td className={panel.sub}>
                <When time={token.lastUsedAt} />
              </td>
              <td className={panel.sub}>
                <When time={token.expiresAt} />
              </td>
              <td className={panel.num}>
                <Button size="small" danger type="text" aria-label={t('revoke.of', { name: token.name })} onClick={() => ask(token)}>
                  {t('revoke.do')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('tokens');
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [missing, setMissing] = useState(false);
  const create = useMutation({
    mutationFn: () => take(api.POST('/tokens', { body: { name: name.trim(), role } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
  const atField = fieldErrors(create.error).name;
  const made = create.data?.token;
  const submit = () => {
    setMissing(name.trim() === '');
    if (name.trim() !== '') create.mutate();
  };
  if (made !== undefined) {
    return (
      <Dialog title={t('made.title')} submit={t('common:action.close')} onSubmit={onClose} onClose={onClose} dismissable={false}>
        <p>{t('made.text')}</p>
        <div className={styles.secret}>
          <code>{made}</code>
          <Button size="small" onClick={() => void navigator.clipboard.writeText(made)}>
            {t('common:action.copy')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t('new')} submit={t('common:action.create')} cancel={t('common:action.cancel')} pending={create.isPending} onSubmit={submit} onClose={onClose}>
      {create.error !== null && atField === undefined && <Banner tone="err">{asApiError(create.error).message}</Banner>}
      <TextField label={t('name')} value={name} onChange={setName} autoFocus maxLength={60} autoComplete="off" hint={t('nameHint')} error={missing ? t('nameNeeded') : atField} />
      <label className={styles.role}>
        <span>{t('role')}</span>
        <select className={panel.field} value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {t(`common:role.${one}`)}
            </option>
          ))}
        </select>
      </label>
    </Dialog>
  );
}
