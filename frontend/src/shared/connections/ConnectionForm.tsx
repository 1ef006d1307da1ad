import { Button } from 'antd';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors, isOffline } from '../api/errors';
import type { CheckResult, Connection, Connector } from '../api/types';
import { useText } from '../i18n/useText';
import { SchemaForm } from '../schema-form/SchemaForm';
import { Banner } from '../ui/Banner';
import { useDialogs } from '../ui/dialogs';
import { TextField } from '../ui/TextField';
import { otherVersion, useCheckDraft, useSave } from './api';
import styles from './Connections.module.css';
import { complaints, startValues, toDraft } from './draft';
import { CheckAnswer } from './CheckAnswer';
import { Conflict } from './Conflict';
import { ConnectorMark } from './ConnectorMark';

interface Props {
  connector: Connector;
  existing: Connection | undefined;
  /** Something was typed or chosen. */
  onFilled: () => void;
  onDone: (name: string) => void;
  onCancel: () => void;
}

/** The words to say at secrets that have to be given again. */
function needsSecrets(answer: CheckResult | Error | null | undefined): string | undefined {
  const { code, message, hint } = answer instanceof Error ? asApiError(answer) : (answer ?? {});
  return code === 'connection.secrets_needed' ? [message, hint].filter(Boolean).join(' ') : undefined;
}

export function ConnectionForm({ connector, existing, onFilled, onDone, onCancel }: Props) {
  const { t } = useTranslation('connections');
  const text = useText();
  const { toast } = useDialogs();
  const [name, setName] = useState(existing?.name ?? '');
  const [values, setValues] = useState(() => startValues(connector, existing));
  const [local, setLocal] = useState<Record<string, string>>({});
  // What the form started from; it moves on when somebody else's version is taken.
  const [base, setBase] = useState(existing);
  const save = useSave(existing);
  const check = useCheckDraft();

  const draft = toDraft(name.trim(), connector, values);
  // Stored secrets stay with the address they were given for: at another one all are asked for again.
  const again = needsSecrets(save.error) ?? needsSecrets(check.error) ?? needsSecrets(check.data);
  const kept = again === undefined ? base?.secrets : undefined;
  const judge = () => {
    const found: Record<string, string> = {};
    for (const { path, key, args } of complaints(connector, values, kept, (setting) => text(setting.title))) found[path] = t(`common:form.${key}`, args);
    if (draft.name === '') found.name = t('nameNeeded');
    setLocal(found);
    return Object.keys(found).length === 0;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (judge() && !save.isPending) store(base?.revision ?? 0);
  };
  const store = (revision: number) =>
    save.mutate({ draft, revision }, {
      onSuccess: () => {
        toast(t('saved', { name: draft.name }));
        onDone(draft.name);
      },
    });
  const takeTheirs = (theirs: Connection) => {
    setBase(theirs);
    setValues(startValues(connector, theirs));
    setLocal({});
    save.reset();
    check.reset();
  };
  // The server speaks of settings.appKey and secrets.appSecret; the form has one list of fields.
  const told = { ...fieldErrors(save.error), ...fieldErrors(save.error, 'settings.'), ...fieldErrors(save.error, 'secrets.') };
  const asked = again === undefined ? {} : Object.fromEntries(connector.settings.filter(({ secret, key }) => secret === true && (base?.secrets[key] ?? true)).map(({ key }) => [key, again]));
  const errors = { ...told, ...asked, ...local };
  const theirs = otherVersion(save.error);
  const refusal = save.error === null ? undefined : asApiError(save.error);
  const placed = again !== undefined || ['name', ...connector.settings.map(({ key }) => key)].some((key) => told[key] !== undefined);

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <div className={styles.cardHead}>
        <ConnectorMark id={connector.id} title={text(connector.title)} icon={connector.icon} />
        <div className={styles.cardName}>
          <h2>{text(connector.title)}</h2>
          <p>{connector.version}</p>
        </div>
      </div>
      {theirs !== undefined && (
        <Conflict connector={connector} draft={draft} theirs={theirs} pending={save.isPending} onTheirs={() => takeTheirs(theirs)} onMine={() => store(theirs.revision)} />
      )}
      {refusal !== undefined && theirs === undefined && !placed && (
        <Banner tone="err" title={isOffline(refusal) ? t('common:trouble.offline.title') : refusal.message}>
          {refusal.hint !== '' && <span>{refusal.hint}</span>}
        </Banner>
      )}
      <TextField
        label={t('name')} value={name} onChange={(next) => { setName(next); onFilled(); }} disabled={existing !== undefined} autoComplete="off" spellCheck={false}
        error={errors.name} hint={existing === undefined ? t('nameHint') : t('nameFixed')}
      />
      <SchemaForm
        settings={connector.settings}
        values={values}
        kept={kept}
        errors={errors}
        onChange={(next) => {
          setValues(next);
          onFilled();
          setLocal({});
          check.reset();
          // The words at the secrets stay until they were given.
          if (save.error !== null && again === undefined) save.reset();
        }}
      />
      <div role="status">
        {check.data !== undefined && needsSecrets(check.data) === undefined && <CheckAnswer answer={check.data} />}
        {check.error !== null && needsSecrets(check.error) === undefined && <CheckAnswer answer={{ ok: false, tookMs: 0, message: asApiError(check.error).message, hint: asApiError(check.error).hint }} />}
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
