import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '../i18n/useText';
import { SchemaForm, type WidgetProps, type Widgets } from './SchemaForm';
import styles from './SchemaForm.module.css';
import { asObject, fromDefault, withDefaults } from './settings';

const textOf = (value: unknown) => (value === undefined || value === null ? '' : String(value));

function TextWidget({ setting, value, onChange, id, describedBy, invalid, disabled, kept }: WidgetProps) {
  const { t } = useTranslation();
  const common = {
    id, disabled, value: textOf(value), 'aria-describedby': describedBy, 'aria-invalid': invalid, 'aria-required': setting.required === true,
    status: invalid ? ('error' as const) : undefined,
    placeholder: kept ? t('form.secretReplace') : setting.default,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value === '' ? undefined : event.target.value),
  };
  // Password managers must not fill a vendor's secret with the person's own.
  if (setting.secret === true) return <Input.Password {...common} autoComplete="new-password" />;
  return <Input {...common} autoComplete="off" spellCheck={false} />;
}

function IntWidget({ setting, value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  return (
    <InputNumber
      id={id}
      className={styles.number}
      value={value === undefined || value === null ? null : (value as number | string)}
      stringMode
      precision={0}
      disabled={disabled}
      status={invalid ? 'error' : undefined}
      aria-describedby={describedBy}
      placeholder={setting.default}
      // Range errors are told in words, not corrected behind the person's back.
      onChange={(next) => onChange(next === null ? undefined : Number.isSafeInteger(Number(next)) ? Number(next) : next)}
    />
  );
}

function BoolWidget({ setting, value, onChange, id, describedBy, disabled }: WidgetProps) {
  const given = value === undefined ? fromDefault(setting) : value;
  return <Switch id={id} aria-describedby={describedBy} disabled={disabled} checked={given === true || given === 'true'} onChange={onChange} />;
}

function ChoiceWidget({ setting, value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  const text = useText();
  return (
    <Select
      id={id}
      className={styles.wide}
      value={(value as string | undefined) ?? setting.default}
      disabled={disabled}
      status={invalid ? 'error' : undefined}
      aria-describedby={describedBy}
      allowClear={setting.required !== true && value !== undefined}
      options={(setting.options ?? []).map((option) => ({ value: option.value, label: text(option.title) || option.value }))}
      onChange={(next: string | undefined) => onChange(next)}
    />
  );
}

function GroupWidget({ setting, value, onChange, disabled, path, errors, widgets, id }: WidgetProps) {
  return (
    <div id={id} className={styles.group}>
      <SchemaForm settings={setting.items ?? []} values={asObject(value)} onChange={onChange} disabled={disabled} errors={errors} widgets={widgets} under={`${path}.`} />
    </div>
  );
}

/** Lists longer than this are folded, to their first few. */
const LONG = 12;
const FEW = 4;

function ListWidget({ setting, value, onChange, disabled, path, errors, widgets, id }: WidgetProps) {
  const { t } = useTranslation();
  const list: unknown[] = Array.isArray(value) ? value : [];
  const [open, setOpen] = useState(false);
  // A list that other hands filled, such as the fields of a sample, is folded until somebody looks.
  const whole = open || list.length <= LONG || Object.keys(errors).some((at) => at.startsWith(`${path}[`));
  const text = useText();
  if (setting.options !== undefined && setting.options.length > 0) {
    return (
      <Select
        mode="multiple"
        id={id}
        className={styles.wide}
        value={list.map(textOf)}
        disabled={disabled}
        options={setting.options.map((option) => ({ value: option.value, label: text(option.title) || option.value }))}
        optionFilterProp="label"
        onChange={(next: string[]) => onChange(next.length === 0 ? undefined : next)}
      />
    );
  }
  const put = (at: number, item: unknown) => onChange(list.map((old, i) => (i === at ? item : old)));
  return (
    <div id={id} className={styles.group}>
      {list.length === 0 && <p className={styles.help}>{t('form.noItems')}</p>}
      {(whole ? list : list.slice(0, FEW)).map((item, i) => (
        <div key={i} className={styles.item}>
          {setting.items === undefined ? (
            <Input value={textOf(item)} disabled={disabled} aria-label={t('form.item', { no: i + 1 })} onChange={(event) => put(i, event.target.value)} />
          ) : (
            <SchemaForm settings={setting.items} values={asObject(item)} onChange={(next) => put(i, next)} disabled={disabled} errors={errors} widgets={widgets} under={`${path}[${i}].`} />
          )}
          <Button type="text" icon={<DeleteOutlined aria-hidden="true" />} disabled={disabled} aria-label={`${t('action.remove')} ${t('form.item', { no: i + 1 })}`} onClick={() => onChange(list.filter((_, at) => at !== i))} />
        </div>
      ))}
      {!whole && (
        <Button type="link" size="small" onClick={() => setOpen(true)}>
          {t('form.showAll', { n: list.length })}
        </Button>
      )}
      <Button
        type="dashed" size="small" icon={<PlusOutlined aria-hidden="true" />} disabled={disabled}
        onClick={() => {
          setOpen(true);
          onChange([...list, setting.items === undefined ? '' : withDefaults(setting.items, {})]);
        }}
      >
        {t('action.add')}
      </Button>
    </div>
  );
}

/** The editors of the plain kinds. Kinds with an editor of their own come from whoever shows them. */
export const plainWidgets: Widgets = {
  text: TextWidget, url: TextWidget, duration: TextWidget, time: TextWidget, value: TextWidget, operation: TextWidget, flowRef: TextWidget, codeTable: TextWidget,
  int: IntWidget, bool: BoolWidget, choice: ChoiceWidget, group: GroupWidget, list: ListWidget,
};
