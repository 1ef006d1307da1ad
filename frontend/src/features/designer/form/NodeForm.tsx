import { Select } from 'antd';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useText } from '~/shared/i18n/useText';
import { SchemaForm } from '~/shared/schema-form/SchemaForm';
import { isShown, type Values } from '~/shared/schema-form/settings';
import { type JsonObject, setConnection, settingsOf } from '~/model/document';
import { declarationOf } from '~/model/graph';
import { changeSettings } from '~/model/ports';
import { placeOf, settingIn } from '~/model/problems';
import { change } from '../actions';
import { ConnectorMark } from '../canvas/ConnectorMark';
import { documentNow, useDesigner } from '../designer.store';
import { connectorOf } from '~/model/fields';
import styles from './NodeForm.module.css';
import { helpFor } from './help';
import { nodeWidgets } from './widgets';

// Typing into a row is one step with the typing before it; a row more or less is one of its own.
const rowsIn = (value: unknown): string => (Array.isArray(value) ? `(${value.length})` : '');

/** The form of a node's settings, drawn from its declaration alone. */
export function NodeForm({ id, field }: { id: string; field: string | undefined }) {
  const { t } = useTranslation('designer');
  const node = useDesigner((state) => state.graph.nodes.get(id));
  const declaration = useDesigner((state) => declarationOf(state.graph, id));
  const graphTypes = useDesigner((state) => state.types);
  const readOnly = useDesigner((state) => state.readOnly);
  const problems = useDesigner((state) => state.problems);
  const saved = useDesigner((state) => state.saved);
  const box = useRef<HTMLDivElement>(null);
  const settings = settingsOf(node);

  const { errors, general } = useMemo(() => {
    const found: Record<string, string> = {};
    const rest: { message: string; blocking: boolean }[] = [];
    for (const problem of problems) {
      const place = placeOf(problem, saved);
      if (place.node !== id) continue;
      if (place.field?.startsWith('settings.') === true) found[place.field.slice('settings.'.length)] ??= problem.message;
      else if (place.field === 'connection') found.connection = problem.message;
      else rest.push({ message: [problem.message, problem.hint].filter(Boolean).join(' '), blocking: problem.blocking === true });
    }
    return { errors: found, general: rest };
  }, [problems, saved, id]);

  // A problem that was clicked brings its field into sight.
  useEffect(() => {
    const key = settingIn(field);
    if (key === undefined || key === 'title') return;
    const timer = setTimeout(() => {
      const at = declaration?.settings.findIndex((setting) => setting.key === key) ?? -1;
      const target = key === 'connection' ? box.current?.querySelector('[data-connection]') : box.current?.querySelectorAll('[data-kind]')[at];
      target?.scrollIntoView({ block: 'start' });
      target?.querySelector<HTMLElement>('input, textarea, [tabindex="0"]')?.focus();
    }, 60);
    return () => clearTimeout(timer);
  }, [field, declaration]);

  if (node === undefined) return null;
  if (declaration === undefined) return <p className={styles.none}>{t('form.unknownType', { type: node.type })}</p>;

  const connects = declaration.connection === true && isShown({ when: declaration.connectionWhen }, declaration.settings, settings);
  const onChange = (next: Values) => {
    const keys = [...new Set([...Object.keys(settings), ...Object.keys(next)])].filter((key) => settings[key] !== next[key]);
    change(changeSettings(documentNow(), node, graphTypes.get(node.type), next as JsonObject), `${id}.${keys.map((key) => key + rowsIn(next[key])).join()}`);
  };

  return (
    <div className={styles.form} ref={box}>
      {general.map(({ message, blocking }) => (
        <p key={message} className={styles.problem} data-blocking={blocking} role={blocking ? 'alert' : 'note'}>
          {message}
        </p>
      ))}
      {!connects && errors.connection !== undefined && (
        <p className={styles.problem} role="alert">
          {errors.connection}
        </p>
      )}
      {connects && <ConnectionField id={id} error={errors.connection} />}
      <SchemaForm settings={declaration.settings} values={settings} onChange={onChange} errors={errors} disabled={readOnly} widgets={nodeWidgets} helpFor={helpFor} />
      {declaration.settings.length === 0 && !connects && <p className={styles.none}>{t('form.nothing')}</p>}
    </div>
  );
}

function ConnectionField({ id, error }: { id: string; error: string | undefined }) {
  const { t } = useTranslation('designer');
  const text = useText();
  const node = useDesigner((state) => state.graph.nodes.get(id));
  const connections = useDesigner((state) => state.connections);
  const connectors = useDesigner((state) => state.connectors);
  const readOnly = useDesigner((state) => state.readOnly);
  const lost = node?.connection !== undefined && connections !== undefined && !connections.some((one) => one.name === node.connection);
  const shown = lost ? t('form.connectionLost', { name: node.connection }) : error;
  return (
    <div className={styles.field} data-connection>
      <label htmlFor={`connection-${id}`}>
        {t('form.connection')}
        <i className={styles.star}>*</i>
      </label>
      <Select
        id={`connection-${id}`}
        style={{ width: '100%' }}
        value={node?.connection}
        status={shown === undefined ? undefined : 'error'}
        disabled={readOnly}
        loading={connections === undefined}
        placeholder={t('form.pickConnection')}
        options={(connections ?? []).map((one) => ({ value: one.name, label: one.name, connector: connectors?.find((c) => c.id === one.connector) }))}
        optionRender={(option) => {
          const connector = connectorOf({ id: '', type: '', connection: String(option.value) }, connections, connectors);
          return (
            <span className={styles.connection}>
              {connector !== undefined && <ConnectorMark connector={connector} size={20} />}
              <b>{option.label}</b>
              <small>{text(connector?.title)}</small>
            </span>
          );
        }}
        popupRender={(list) => (
          <>
            {list}
            <Link to="/connectors" className={styles.newConnection}>
              {t('form.newConnection')}
            </Link>
          </>
        )}
        onChange={(name: string) => change(setConnection(documentNow(), id, name))}
      />
      {shown !== undefined && (
        <p className={styles.error} role="alert">
          {shown}
        </p>
      )}
    </div>
  );
}
