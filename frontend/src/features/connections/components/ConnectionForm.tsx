import { Button } from 'antd';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors, isOffline } from '../../../shared/api/errors';
import type { Connection, Connector } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { SchemaForm } from '../../../shared/schema-form/SchemaForm';
import { Banner } from '../../../shared/ui/Banner';
import { useDialogs } from '../../../shared/ui/dialogs';
import { TextField } from '../../../shared/ui/TextField';
import { useCheckDraft, useSave } from '../api';
import styles from '../Connections.module.css';
import { complaints, NAME, startValues, toDraft } from '../draft';
import { CheckAnswer } from './CheckAnswer';
import { ConnectorMark } from './ConnectorMark';

interface Props {
  connector: Connector;
  existing: Connection | undefined;
  onDone: () => void;
  onCancel: () => void;
}

export function ConnectionForm({ connector, existing, onDone, onCancel }: Props) {
  const { t } = useTranslation('connections');
  const text = useText();
  const { toast } = useDialogs();
  const [name, setName] = useState(existing?.name ?? '');
  const [values, setValues] = useState(() => startValues(connector, existing));
  const [local, setLocal] = useState<Record<string, string>>({});
  const save = useSave(existing);
  const check = useCheckDraft();

  const draft = toDraft(name.trim(), connector, values);
  const judge = () => {
    const found: Record<string, string> = {};
    for (const { path, key, args } of complaints(connector, values, existing, (setting) => text(setting.title))) found[path] = t(`common:form.${key}`, args);
    if (!NAME.test(draft.name)) found.name = t('nameRule');
    setLocal(found);
    return Object.keys(found).length === 0;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!judge() || save.isPending) return;
    save.mutate(draft, {
      onSuccess: () => {
        toast(t('saved', { name: draft.name }));
        onDone();
      },
    });
  };
  // The server speaks of settings.appKey and secrets.appSecret; the form has one list of fields.
  const told = { ...fieldErrors(save.error), ...fieldErrors(save.error, 'settings.'), ...fieldErrors(save.error, 'secrets.') };
  const errors = { ...told, ...local };
  const refusal = save.error === null ? undefined : asApiError(save.error);
  const placed = ['name', ...connector.settings.map(({ key }) => key)].some((key) => told[key] !== undefined);

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <div className={styles.cardHead}>
        <ConnectorMark id={connector.id} title={text(connector.title)} />
        <div className={styles.cardName}>
          <h2>{text(connector.title)}</h2>
          <p>{connector.version}</p>
        </div>
      </div>
      {refusal !== undefined && !placed && (
        <Banner tone="err" title={isOffline(refusal) ? t('common:trouble.offline.title') : refusal.message}>
          {refusal.hint !== '' && <span>{refusal.hint}</span>}
        </Banner>
      )}
      <TextField
        label={t('name')} value={name} onChange={setName} disabled={existing !== undefined} autoComplete="off" spellCheck={false}
        error={errors.name} hint={existing === undefined ? t('nameHint') : t('nameFixed')}
      />
      <SchemaForm
        settings={connector.settings}
        values={values}
        kept={existing?.secrets}
        errors={errors}
        onChange={(next) => {
          setValues(next);
          setLocal({});
          check.reset();
        }}
      />
      <div role="status">
        {check.data !== undefined && <CheckAnswer answer={check.data} />}
        {check.error !== null && <CheckAnswer answer={{ ok: false, tookMs: 0, message: asApiError(check.error).message, hint: asApiError(check.error).hint }} />}
      </div>
      <div className={styles.formFoot}>
        <Button
          loading={check.isPending}
          onClick={() => {
            if (judge()) check.mutate(draft);
          }}
        >
          {t('check.do')}
        </Button>
        <span className={styles.spring} />
        <Button onClick={onCancel}>{t('common:action.cancel')}</Button>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('common:action.save')}
        </Button>
      </div>
    </form>
  );
}
