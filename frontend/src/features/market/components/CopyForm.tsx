import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { useFlows } from '../../../shared/api/flowNames';
import type { Connection, TemplateDetail } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Banner } from '../../../shared/ui/Banner';
import { Later } from '../../../shared/ui/Later';
import panel from '../../../shared/ui/Panel.module.css';
import { TextField } from '../../../shared/ui/TextField';
import { useCopyTemplate } from '../api';
import styles from '../Market.module.css';
import { begin, complaints, type Draft, wishOf } from '../model/copying';

const ConnectionDrawer = lazy(() => import('../../../shared/connections/ConnectionDrawer'));

interface Props {
  template: TemplateDetail;
  connections: Connection[];
  onDone: (flows: string[]) => void;
}

/** What a copy is made with. */
export function CopyForm({ template, connections, onDone }: Props) {
  const { t } = useTranslation('market');
  const text = useText();
  const flows = useFlows();
  const copy = useCopyTemplate(template.id, template.version);
  const [draft, setDraft] = useState<Draft>(() => begin(template, connections, new Date()));
  const [judged, setJudged] = useState(false);
  const [making, setMaking] = useState<{ slot: string; connector: string }>();
  const put = (part: 'connections' | 'flows' | 'params' | 'tables', key: string, value: unknown) => setDraft((now) => ({ ...now, [part]: { ...now[part], [key]: value } }));
  const wrong = complaints(template, draft);
  const refused = fieldErrors(copy.error);
  const errorAt = (path: string) => refused[path] ?? (judged && wrong[path] !== undefined ? t(`wrong.${wrong[path]}`) : undefined);
  const refusal = copy.error === null ? undefined : asApiError(copy.error);
  const send = () => {
    setJudged(true);
    if (Object.keys(wrong).length === 0) copy.mutate(wishOf(template, draft), { onSuccess: (made) => onDone(made.flows.map(({ id }) => id)) });
  };
  const unfit = template.needs.filter(({ fits }) => !fits);
  const nameOf = (connector: string) => [text(template.connections.find((one) => one.connector === connector)?.title), connector].filter(Boolean).join(' ');
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {unfit.length > 0 && (
        <Banner tone="warn" title={t('lacking', { names: unfit.map(({ connector }) => nameOf(connector)).join(', ') })}>
          <Link to="/plugins">{t('toPlugins')}</Link>
        </Banner>
      )}
      {refusal !== undefined && <Banner tone="err" title={refusal.message}>{refusal.hint}</Banner>}
      <section className={`${panel.panel} ${styles.box}`}>
        <h2>{t('copy.connections')}</h2>
        {template.connections.map(({ slot, connector, title, help }) => {
          const fitting = connections.filter((one) => one.connector === connector);
          return (
            <Choice key={slot} label={text(title)} hint={text(help)} error={errorAt(`connections.${slot}`)} value={draft.connections[slot] ?? ''} onChange={(value) => put('connections', slot, value)} more={
              <Button icon={<PlusOutlined aria-hidden="true" />} disabled={template.needs.some((need) => need.connector === connector && !need.fits)} onClick={() => setMaking({ slot, connector })}>
                {t('copy.newConnection', { title: text(title) })}
              </Button>
            }>
              <option value="">{fitting.length === 0 ? t('copy.none') : t('copy.choose')}</option>
              {fitting.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Choice>
          );
        })}
      </section>
      {template.flowSlots.length > 0 && (
        <section className={`${panel.panel} ${styles.box}`}>
          <h2>{t('copy.flows')}</h2>
          {template.flowSlots.map(({ alias, title, help }) => (
            <Choice key={alias} label={text(title)} hint={text(help)} error={errorAt(`flows.${alias}`)} value={draft.flows[alias] ?? ''} onChange={(value) => put('flows', alias, value)}>
              <option value="">{t('copy.choose')}</option>
              {(flows.data ?? []).map((one) => (
                <option key={one.id} value={one.id}>
                  {one.title}
                </option>
              ))}
            </Choice>
          ))}
        </section>
      )}
      {draft.start !== undefined && (
        <section className={`${panel.panel} ${styles.box}`}>
          <h2>{t('copy.start')}</h2>
          <TextField type="date" label={t('copy.startFrom')} hint={t('copy.startHint')} value={draft.start} onChange={(start) => setDraft({ ...draft, start })} error={errorAt('startFrom')} />
        </section>
      )}
      {template.params.length > 0 && (
        <section className={`${panel.panel} ${styles.box}`}>
          <h2>{t('copy.params')}</h2>
          {template.params.map(({ key, title, help, type, required }) => {
            const label = `${text(title) || key}${required ? ' *' : ''}`;
            if (type === 'bool') {
              return (
                <label key={key}>
                  <input type="checkbox" checked={draft.params[key] === 'true'} onChange={(event) => put('params', key, String(event.target.checked))} /> {label}
                </label>
              );
            }
            const sort = type === 'date' ? 'date' : 'text';
            return <TextField key={key} type={sort} label={label} hint={text(help) || undefined} value={draft.params[key] ?? ''} onChange={(value) => put('params', key, value)} error={errorAt(`params.${key}`)} autoComplete="off" />;
          })}
        </section>
      )}
      {template.codeTables.length > 0 && (
        <section className={`${panel.panel} ${styles.box}`}>
          <h2>{t('copy.tables')}</h2>
          {template.codeTables.map(({ name, title, taken }) => {
            const choice = draft.tables[name] ?? { name, reuse: false };
            return (
              <div key={name} className={styles.table}>
                {taken && (
                  <label>
                    <input type="checkbox" checked={choice.reuse} onChange={(event) => put('tables', name, { name: event.target.checked ? name : `${name}-2`, reuse: event.target.checked })} />{' '}
                    {t('copy.reuse', { title: text(title) || name })}
                  </label>
                )}
                {!choice.reuse && <TextField label={t('copy.tableName', { title: text(title) || name })} value={choice.name} onChange={(value) => put('tables', name, { name: value, reuse: false })} error={errorAt(`tables.${name}`)} autoComplete="off" spellCheck={false} />}
              </div>
            );
          })}
        </section>
      )}
      <div>
        <Button type="primary" htmlType="submit" size="large" loading={copy.isPending}>
          {t('copy.do')}
        </Button>
      </div>
      {making !== undefined && (
        <Later onClose={() => setMaking(undefined)}>
          <ConnectionDrawer connector={making.connector} onClose={() => setMaking(undefined)} onSaved={(name) => put('connections', making.slot, name)} />
        </Later>
      )}
    </form>
  );
}

interface ChoiceProps {
  label: string;
  hint: string;
  error: string | undefined;
  value: string;
  onChange: (value: string) => void;
  more?: ReactNode;
  children: ReactNode;
}

function Choice({ label, hint, error, value, onChange, more, children }: ChoiceProps) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <label htmlFor={id}>{label}</label>
      <div>
        <select id={id} className={panel.field} value={value} aria-invalid={error !== undefined} aria-describedby={`${id}-note`} onChange={(event) => onChange(event.target.value)}>
          {children}
        </select>
        {more}
      </div>
      <p id={`${id}-note`} data-wrong={error !== undefined} role={error === undefined ? undefined : 'alert'}>
        {error ?? hint}
      </p>
    </div>
  );
}
