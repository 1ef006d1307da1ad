import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { isObject, type JsonObject } from '~/model/document';
import { addParam, PARAM_TYPES, paramsOf, removeParam, setParam } from '~/model/flowSettings';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import styles from './Settings.module.css';

/** Values that a run can be started with, as {{params.key}} in the nodes. */
export function Params({ problems }: { problems: ReadonlyMap<string, string> }) {
  const { t } = useTranslation('designer');
  const params = paramsOf(useDesigner((state) => state.history.present));
  const readOnly = useDesigner((state) => state.readOnly);
  return (
    <section className={styles.section} aria-label={t('settings.params')} data-path="spec.params">
      <h3>{t('settings.params')}</h3>
      <p className={styles.quiet}>{t('settings.paramsText', { sample: '{{params.orgCode}}', interpolation: { skipOnVariables: true } })}</p>
      {params.length > 0 && (
        <div className={styles.paramHead} aria-hidden="true">
          <span>{t('settings.param.key')}</span>
          <span>{t('settings.param.title')}</span>
          <span>{t('settings.param.type')}</span>
          <span>{t('settings.param.default')}</span>
        </div>
      )}
      {params.map((param, i) => (isObject(param) ? <ParamRow key={i} param={param} index={i} problems={problems} readOnly={readOnly} /> : null))}
      {!readOnly && (
        <div className={styles.adds}>
          <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden="true" />} onClick={() => change(addParam(documentNow()))}>
            {t('settings.addParam')}
          </Button>
        </div>
      )}
    </section>
  );
}

const textOf = (value: Json | undefined): string => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

function ParamRow({ param, index, problems, readOnly }: { param: JsonObject; index: number; problems: ReadonlyMap<string, string>; readOnly: boolean }) {
  const { t } = useTranslation('designer');
  const path = `spec.params[${index}]`;
  const found = [...problems].filter(([at]) => at === path || at.startsWith(`${path}.`)).map(([, message]) => message);
  const status = (member: string) => (problems.has(`${path}.${member}`) ? ('error' as const) : undefined);
  const put = (member: string, value: Json | undefined) => change(setParam(documentNow(), index, member, value), `param.${index}.${member}`);
  const label = (member: string) => `${t(`settings.param.${member}`)} ${index + 1}`;
  const type = textOf(param.type) || 'string';
  return (
    <div className={styles.param} data-path={path}>
      <Input size="small" className={styles.mono} status={status('key')} value={textOf(param.key)} aria-label={label('key')} disabled={readOnly} spellCheck={false} autoComplete="off" onChange={(event) => put('key', event.target.value.trim())} />
      <Input size="small" status={status('title')} value={textOf(param.title)} aria-label={label('title')} disabled={readOnly} spellCheck={false} autoComplete="off" onChange={(event) => put('title', event.target.value)} />
      <Select size="small" status={status('type')} value={type} aria-label={label('type')} disabled={readOnly} options={PARAM_TYPES.map((value) => ({ value, label: t(`type.${value}`) }))} onChange={(value: string) => put('type', value)} />
      {type === 'bool' ? (
        <Select size="small" allowClear status={status('default')} value={param.default === undefined ? undefined : String(param.default)} aria-label={label('default')} disabled={readOnly} options={['true', 'false'].map((value) => ({ value, label: t(`settings.bool.${value}`) }))} onChange={(value?: string) => put('default', value === undefined ? undefined : value === 'true')} />
      ) : (
        <Input size="small" className={styles.mono} status={status('default')} value={textOf(param.default)} aria-label={label('default')} placeholder={type === 'date' ? '2026-01-31' : type === 'datetime' ? '2026-01-31 08:00:00' : undefined} disabled={readOnly} spellCheck={false} autoComplete="off" onChange={(event) => put('default', event.target.value)} />
      )}
      {readOnly ? <span /> : <Button type="text" size="small" icon={<DeleteOutlined aria-hidden="true" />} aria-label={t('settings.remove', { name: textOf(param.key) || label('key') })} onClick={() => change(removeParam(documentNow(), index))} />}
      {found.map((message) => (
        <p key={message} className={styles.error} role="alert">
          {message}
        </p>
      ))}
    </div>
  );
}
