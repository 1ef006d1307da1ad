import type { Connection, Connector, Json, Setting } from '../api/types';
import { check, type Complaint, isShown, type Values, withDefaults } from '../schema-form/settings';
import type { Draft } from './api';

/** The values a form starts with: what is stored or the defaults, and never a secret. */
export function startValues(connector: Connector, existing: Connection | undefined): Values {
  const plain = connector.settings.filter((setting) => setting.secret !== true);
  return withDefaults(plain, { ...existing?.settings });
}

/**
 * Splits a form's values into settings and secrets. A secret that was left empty
 * is not sent at all, so the stored one stays; what is hidden is not sent either.
 */
export function toDraft(name: string, connector: Connector, values: Values): Draft {
  const settings: Draft['settings'] = {};
  const secrets: Record<string, string> = {};
  for (const setting of connector.settings) {
    const value = values[setting.key];
    if (value === undefined || value === null || value === '' || !isShown(setting, connector.settings, values)) continue;
    if (setting.secret === true) secrets[setting.key] = String(value);
    else settings[setting.key] = value as Json;
  }
  return { name, connector: connector.id, settings, secrets };
}

export function complaints(connector: Connector, values: Values, kept: Record<string, boolean> | undefined, titleOf: (setting: Setting) => string): Complaint[] {
  return check(connector.settings, values, { kept, titleOf });
}

export interface Difference {
  key: string;
  mine: string;
  theirs: string;
}

const shown = (value: unknown) => (value === undefined || value === null || value === '' ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Where my settings differ from the stored ones; a secret cannot be compared, one that I give always differs. */
export function differences(draft: Draft, stored: Connection): Difference[] {
  const keys = [...new Set([...Object.keys(draft.settings), ...Object.keys(stored.settings)])].sort();
  const plain = keys.map((key) => ({ key, mine: shown(draft.settings[key]), theirs: shown(stored.settings[key]) })).filter(({ mine, theirs }) => mine !== theirs);
  return [...plain, ...Object.keys(draft.secrets).map((key) => ({ key, mine: '••••••', theirs: stored.secrets[key] === true ? '••••••' : '' }))];
}
