import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Setting, SettingKind } from '../api/types';
import { useText } from '../i18n/useText';
import { HelpLink } from '../ui/HelpLink';
import { isShown, type Values } from './settings';
import styles from './SchemaForm.module.css';
import { plainWidgets } from './widgets';

export interface WidgetProps {
  setting: Setting;
  value: unknown;
  onChange: (value: unknown) => void;
  /** Belongs on the input, so that the label finds it. */
  id: string;
  /** Belongs on aria-describedby: explanation and error. */
  describedBy: string | undefined;
  invalid: boolean;
  disabled: boolean;
  /** Where the value is, from the root of the form: retry.times, rows[2].key. */
  path: string;
  /** Errors of this form by path. */
  errors: Record<string, string>;
  /** The server keeps a value for this secret. */
  kept: boolean;
  /** The values of this form, the widget's own among them. */
  beside: Values;
  /** For widgets that draw settings inside their own. */
  widgets: Widgets;
}

export type Widget = (props: WidgetProps) => ReactNode;
export type Widgets = Partial<Record<SettingKind, Widget>>;

interface Props {
  settings: readonly Setting[];
  values: Values;
  onChange: (values: Values) => void;
  /** Errors by path, in the reader's language; they stand at their field. */
  errors?: Record<string, string>;
  disabled?: boolean;
  /** Which secrets the server keeps. */
  kept?: Record<string, boolean> | undefined;
  /** Editors for kinds that are not plain, or instead of the plain ones. */
  widgets?: Widgets;
  under?: string;
  /** Where the reference tells more about a setting. */
  helpFor?: (setting: Setting) => string | undefined;
}

/** A form drawn from declared settings. It holds nothing: values come in, changes go out. */
export function SchemaForm({ settings, values, onChange, errors = {}, disabled = false, kept, widgets = {}, under = '', helpFor }: Props) {
  const { t } = useTranslation();
  const text = useText();
  const base = useId();
  return (
    <div className={styles.form}>
      {settings.filter((setting) => isShown(setting, settings, values)).map((setting) => {
        const path = under + setting.key;
        const id = `${base}-${setting.key}`;
        const error = errors[path];
        const title = text(setting.title) || setting.key;
        const page = helpFor?.(setting);
        const help = text(setting.describe);
        const keptHere = setting.secret === true && kept?.[setting.key] === true;
        const describedBy = [help !== '' || keptHere ? `${id}-help` : '', error === undefined ? '' : `${id}-error`].filter(Boolean).join(' ');
        // A newer server may declare a kind that this page does not know.
        const kind = setting.kind as SettingKind;
        const Input = widgets[kind] ?? plainWidgets[kind];
        return (
          <div key={setting.key} className={styles.field} data-kind={setting.kind}>
            <div className={styles.labelLine}>
              <label className={styles.label} htmlFor={id} data-required={setting.required === true}>
                {title}
              </label>
              {page !== undefined && <HelpLink to={page} title={title} />}
            </div>
            {Input === undefined ? (
              <p className={styles.help}>{t('form.unsupported')}</p>
            ) : (
              <Input
                setting={setting}
                value={values[setting.key]}
                onChange={(value) => onChange({ ...values, [setting.key]: value })}
                id={id}
                describedBy={describedBy === '' ? undefined : describedBy}
                invalid={error !== undefined}
                disabled={disabled}
                path={path}
                errors={errors}
                kept={keptHere}
                beside={values}
                widgets={widgets}
              />
            )}
            {error !== undefined && (
              <p id={`${id}-error`} className={styles.error} role="alert">
                {error}
              </p>
            )}
            {(help !== '' || keptHere) && (
              <p id={`${id}-help`} className={styles.help}>
                {help}
                {keptHere && <span className={styles.kept}>{t('form.secretKept')}</span>}
              </p>
            )}
          </div>
        );
      })}
    </div>
  );
}
