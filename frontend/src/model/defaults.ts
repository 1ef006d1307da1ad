import type { Json, NodeDeclaration } from '../shared/api/types';
import { fromDefault, isShown } from '../shared/schema-form/settings';
import type { FlowNode, JsonObject } from './document';

/**
 * A new node with its defaults written down, so that what the form shows is what
 * is saved.
 */
export function newNode(id: string, declaration: NodeDeclaration): FlowNode {
  const settings: JsonObject = {};
  for (const setting of declaration.settings) {
    const value = fromDefault(setting) as Json | undefined;
    if (value !== undefined && isShown(setting, declaration.settings, settings)) settings[setting.key] = value;
  }
  return {
    id,
    type: declaration.type,
    ...(declaration.typeVersion > 1 ? { typeVersion: declaration.typeVersion } : {}),
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
  };
}
