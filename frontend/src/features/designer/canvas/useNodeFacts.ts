import { useTranslation } from 'react-i18next';
import { textIn } from '~/shared/i18n/useText';
import { isShown, type Values } from '~/shared/schema-form/settings';
import type { Connector, NodeDeclaration } from '~/shared/api/types';
import { type FlowNode, settingsOf } from '~/model/document';
import { useDesigner } from '../designer.store';

export interface NodeFacts {
  node: FlowNode | undefined;
  declaration: NodeDeclaration | undefined;
  /** What the node is called: its own title, else its type's. */
  title: string;
  /** What it does, under the title. */
  subtitle: string;
  connector: Connector | undefined;
  /** The connection is named, but there is none of that name. */
  lost: boolean;
}

/** What the card, the outline and the editor say about a node. */
export function useNodeFacts(id: string): NodeFacts {
  const { t, i18n } = useTranslation('designer');
  const node = useDesigner((state) => state.graph.nodes.get(id));
  const declaration = useDesigner((state) => state.types.get(node?.type ?? ''));
  const connections = useDesigner((state) => state.connections);
  const connectors = useDesigner((state) => state.connectors);
  const connection = connections?.find((one) => one.name === node?.connection);
  const connector = connectors?.find((one) => one.id === connection?.connector);
  const typeTitle = declaration === undefined ? t('node.unknownType', { type: node?.type ?? '' }) : textIn(declaration.title, i18n.language);
  const name = settingsOf(node).operation;
  const operation = typeof name === 'string' ? name : '';
  const known = connector?.operations.find((one) => one.name === operation);
  const operationTitle = known === undefined ? operation : textIn(known.title, i18n.language);
  const system = connector === undefined ? (node?.connection ?? '') : textIn(connector.title, i18n.language);
  const own = (node?.title ?? '') !== '';
  const connects = declaration !== undefined && needsConnection(declaration, settingsOf(node));
  const parts = connects ? [system === '' ? t('node.noConnection') : system, operationTitle] : [own ? typeTitle : (node?.id ?? '')];
  return {
    node, declaration, connector,
    title: own ? (node?.title ?? '') : typeTitle,
    subtitle: parts.filter((part) => part !== '').join(' · '),
    lost: connects && (node?.connection === undefined || (connections !== undefined && connection === undefined)),
  };
}

/** Whether a node with such settings calls a system: a writeback that only stores does not. */
export function needsConnection(declaration: NodeDeclaration, settings: Values): boolean {
  if (declaration.connection !== true || !isShown({ when: declaration.connectionWhen }, declaration.settings, settings)) return false;
  const operation = declaration.connectionWith === undefined ? undefined : settings[declaration.connectionWith];
  return declaration.connectionWith === undefined || (typeof operation === 'string' && operation.trim() !== '');
}
