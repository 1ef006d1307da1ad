import type { Setting } from '../api/types';

export type Values = Record<string, unknown>;

/** The value a setting counts with: what was given, else its default. */
export function valueOf(setting: Setting, values: Values): unknown {
  const given = values[setting.key];
  if (given !== undefined && given !== null && given !== '') return given;
  return fromDefault(setting);
}

/** Declarations write defaults as text; a form holds them in the setting's own type. */
export function fromDefault(setting: Setting): unknown {
  const text = setting.default;
  if (text === undefined || text === '') return undefined;
  if (setting.kind === 'int') return Number(text);
  if (setting.kind === 'bool') return text === 'true';
  return text;
}

/** Whether a setting is shown: its condition looks at another one's value or default. */
export function isShown({ when }: Pick<Setting, 'when'>, all: readonly Setting[], values: Values): boolean {
  if (when === undefined) return true;
  const other = all.find((one) => one.key === when.key);
  const value = other === undefined ? values[when.key] : valueOf(other, values);
  return when.in.includes(value === undefined || value === null ? '' : String(value));
}

/** Fills in every default, so that what is shown is what is stored. */
export function withDefaults(settings: readonly Setting[], values: Values): Values {
  const filled: Values = { ...values };
  for (const setting of settings) {
    if (setting.kind === 'group') {
      const inner = withDefaults(setting.items ?? [], asObject(filled[setting.key]));
      if (Object.keys(inner).length > 0) filled[setting.key] = inner;
    } else if (filled[setting.key] === undefined) {
      const value = fromDefault(setting);
      if (value !== undefined) filled[setting.key] = value;
    }
  }
  return filled;
}

export function asObject(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
}

/** What is wrong with a value, as a key of the catalogue; the server judges again. */
export interface Complaint {
  path: string;
  key: 'required' | 'wholeNumber' | 'atLeast' | 'atMost' | 'duration' | 'url';
  args: Record<string, string | number>;
}

/** Go's durations: 1h30m, 250ms, -1.5s. */
const DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

interface CheckOptions {
  /** Keys of secrets that the server already keeps; they need not be given again. */
  kept?: Record<string, boolean> | undefined;
  titleOf: (setting: Setting) => string;
}

/** Judges values by the same rules as the server's field.Check, before they are sent. */
export function check(settings: readonly Setting[], values: Values, options: CheckOptions, under = ''): Complaint[] {
  return settings.filter((setting) => isShown(setting, settings, values)).flatMap((setting): Complaint[] => {
    const path = under + setting.key;
    const value = values[setting.key];
    if (setting.kind === 'group') return check(setting.items ?? [], asObject(value), options, `${path}.`);
    if (value === undefined || value === null || value === '') {
      const needed = setting.required === true && (setting.default ?? '') === '' && options.kept?.[setting.key] !== true;
      return needed ? [{ path, key: 'required', args: { title: options.titleOf(setting) } }] : [];
    }
    if (setting.kind === 'list' && setting.items !== undefined && Array.isArray(value)) {
      return value.flatMap((item, i) => check(setting.items ?? [], asObject(item), options, `${path}[${i}].`));
    }
    return checkPlain(setting, value, path);
  });
}

function checkPlain(setting: Setting, value: unknown, path: string): Complaint[] {
  if (setting.kind === 'int') {
    const number = Number(value);
    if (!/^[+-]?\d+$/.test(String(value))) return [{ path, key: 'wholeNumber', args: {} }];
    if (setting.min !== undefined && number < setting.min) return [{ path, key: 'atLeast', args: { min: setting.min } }];
    if (setting.max !== undefined && number > setting.max) return [{ path, key: 'atMost', args: { max: setting.max } }];
  }
  if (setting.kind === 'duration' && !DURATION.test(String(value))) return [{ path, key: 'duration', args: {} }];
  if (setting.kind === 'url' && !/^https?:\/\/\S+$/i.test(String(value))) return [{ path, key: 'url', args: {} }];
  return [];
}
