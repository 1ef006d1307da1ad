import type { Json, NodeDeclaration } from '../shared/api/types';

// The flow document as the designer holds it: the JSON itself, never a copy in
// another form. What this code does not know (members of later versions, nodes
// without an id, edges that lead nowhere) stays where it is, because every change
// replaces only the parts it is about.

export type JsonObject = { [key: string]: Json };

export interface FlowNode {
  id: string;
  type: string;
  typeVersion?: number;
  title?: string;
  connection?: string;
  settings?: JsonObject;
  [more: string]: Json | undefined;
}

export interface FlowEdge {
  from: string;
  to: string;
  [more: string]: Json | undefined;
}

export interface FlowSpec {
  nodes: Json[];
  edges: Json[];
  layout?: Json;
  [more: string]: Json | undefined;
}

export interface FlowDocument {
  spec: FlowSpec;
  [more: string]: Json | FlowSpec | undefined;
}

export type Types = ReadonlyMap<string, NodeDeclaration>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads what the server gave. Only what the designer cannot do without is filled in. */
export function readDocument(json: Json): FlowDocument {
  const doc = isObject(json) ? json : {};
  const spec = isObject(doc.spec) ? doc.spec : {};
  return {
    ...doc,
    spec: { ...spec, nodes: Array.isArray(spec.nodes) ? spec.nodes : [], edges: Array.isArray(spec.edges) ? spec.edges : [] },
  };
}

/** The document as the REST interface takes it. */
export const asJson = (doc: FlowDocument): Json => doc as unknown as Json;

const isNode = (value: Json): boolean => isObject(value) && typeof value.id === 'string' && value.id !== '' && typeof value.type === 'string';
const isEdge = (value: Json): boolean => isObject(value) && typeof value.from === 'string' && typeof value.to === 'string';

/** The nodes that can be drawn: those with an id and a type, the first of each id. */
export function nodesOf(doc: FlowDocument): FlowNode[] {
  const seen = new Set<string>();
  return doc.spec.nodes.filter((value) => {
    if (!isNode(value) || seen.has((value as FlowNode).id)) return false;
    seen.add((value as FlowNode).id);
    return true;
  }) as FlowNode[];
}

export function nodeOf(doc: FlowDocument, id: string): FlowNode | undefined {
  return doc.spec.nodes.find((value) => isNode(value) && (value as FlowNode).id === id) as FlowNode | undefined;
}

/** The edges that can be read, each with its place in spec.edges. */
export function edgesOf(doc: FlowDocument): { edge: FlowEdge; index: number }[] {
  return doc.spec.edges.flatMap((value, index) => (isEdge(value) ? [{ edge: value as FlowEdge, index }] : []));
}

/** The place of a node in spec.nodes, as problems name it. */
export function indexOfNode(doc: FlowDocument, id: string): number {
  return doc.spec.nodes.findIndex((value) => isNode(value) && (value as FlowNode).id === id);
}

export const settingsOf = (node: FlowNode | undefined): JsonObject => (isObject(node?.settings) ? node.settings : {});

/** Replaces one node; the document is the same object when nothing changed. */
export function changeNode(doc: FlowDocument, id: string, change: (node: FlowNode) => FlowNode): FlowDocument {
  const index = indexOfNode(doc, id);
  if (index < 0) return doc;
  const before = doc.spec.nodes[index] as FlowNode;
  const after = change(before);
  if (after === before) return doc;
  return withSpec(doc, { nodes: doc.spec.nodes.with(index, after as Json) });
}

/** Replaces members of spec. */
export function withSpec(doc: FlowDocument, change: Partial<FlowSpec>): FlowDocument {
  return { ...doc, spec: { ...doc.spec, ...change } as FlowSpec };
}

/** Sets a member of an object, or removes it when the value is undefined. */
export function withMember<T extends object>(object: T, key: string, value: Json | undefined): T {
  const { [key]: _, ...rest } = object as Record<string, unknown>;
  if (value === undefined) return rest as T;
  // Spreading keeps the member's place, so that saved documents change only where people changed them.
  return { ...object, [key]: value };
}

export function setSetting(doc: FlowDocument, id: string, key: string, value: Json | undefined): FlowDocument {
  return changeNode(doc, id, (node) => {
    const settings = settingsOf(node);
    if (settings[key] === value) return node;
    return withMember(node, 'settings', withMember(settings, key, value)) as FlowNode;
  });
}

export function setTitle(doc: FlowDocument, id: string, title: string): FlowDocument {
  return changeNode(doc, id, (node) => ((node.title ?? '') === title ? node : (withMember(node, 'title', title === '' ? undefined : title) as FlowNode)));
}

export function setConnection(doc: FlowDocument, id: string, connection: string | undefined): FlowDocument {
  return changeNode(doc, id, (node) => (node.connection === connection ? node : (withMember(node, 'connection', connection) as FlowNode)));
}

/** The flow's own title. */
export function titleOf(doc: FlowDocument): string {
  const metadata = doc.metadata;
  return isObject(metadata) && typeof metadata.title === 'string' ? metadata.title : '';
}

export function setFlowTitle(doc: FlowDocument, title: string): FlowDocument {
  const metadata = isObject(doc.metadata) ? doc.metadata : {};
  if (metadata.title === title) return doc;
  return { ...doc, metadata: { ...metadata, title } };
}
