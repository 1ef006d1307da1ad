import type { Json, NodeDeclaration, Setting } from '../shared/api/types';
import type { FlowNode, JsonObject } from './document';

/** The text another setting is compared with by `when`. */
export function textOf(settings: JsonObject, declared: readonly Setting[], key: string): string {
  const given = settings[key];
  if (given === undefined || given === null) return declared.find((setting) => setting.key === key)?.default ?? '';
  return typeof given === 'string' ? given : JSON.stringify(given);
}

/** Whether a setting is shown, given the others. */
export function isShown(setting: Setting, settings: JsonObject, declared: readonly Setting[]): boolean {
  return setting.when === undefined || setting.when.in.includes(textOf(settings, declared, setting.when.key));
}

export function defaultOf(setting: Setting): Json | undefined {
  const text = setting.default;
  if (text === undefined || text === '') return undefined;
  if (setting.kind === 'int' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (setting.kind === 'bool') return text === 'true';
  return text;
}

/**
 * A new node with its defaults written down, so that what the form shows is what
 * is saved.
 */
export function newNode(id: string, declaration: NodeDeclaration): FlowNode {
  const settings: JsonObject = {};
  for (const setting of declaration.settings) {
    const value = defaultOf(setting);
    if (value !== undefined && isShown(setting, settings, declaration.settings)) settings[setting.key] = value;
  }
  return {
    id,
    type: declaration.type,
    ...(declaration.typeVersion > 1 ? { typeVersion: declaration.typeVersion } : {}),
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
  };
}
