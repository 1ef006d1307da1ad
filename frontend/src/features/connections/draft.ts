import type { Connection, Connector, Setting } from '../../shared/api/types';
import { check, type Complaint, isShown, type Values, withDefaults } from '../../shared/schema-form/settings';
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
  const settings: Values = {};
  const secrets: Record<string, string> = {};
  for (const setting of connector.settings) {
    const value = values[setting.key];
    if (value === undefined || value === null || value === '' || !isShown(setting, connector.settings, values)) continue;
    if (setting.secret === true) secrets[setting.key] = String(value);
    else settings[setting.key] = value;
  }
  return { name, connector: connector.id, settings, secrets };
}

/** A connection's name goes into flow documents, so it is short and plain. */
export const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

export function complaints(connector: Connector, values: Values, existing: Connection | undefined, titleOf: (setting: Setting) => string): Complaint[] {
  return check(connector.settings, values, { kept: existing?.secrets, titleOf });
}
