import type { Json } from '../shared/api/types';
import { type FlowDocument, type FlowEdge, type FlowNode, isObject, nodesOf, readDocument, type Types, withSpec } from './document';
import { graphOf, splitEnd } from './graph';
import { freshId, stem } from './ids';
import { parseLossless } from './lossless';
import { type Point, positionsOf, withPositions } from './layout';

// What is copied is text, so that it goes from tab to tab and from one
// installation to another. Secrets belong to connections and never stand in a node.

const MARK = 'karez/nodes/v1';

/** The nodes and the edges among them as text. */
export function copyText(doc: FlowDocument, ids: ReadonlySet<string>, types: Types): string {
  const graph = graphOf(doc, types);
  const points = positionsOf(doc, graph);
  const inside = graph.links.filter((link) => ids.has(link.from.node) && ids.has(link.to.node));
  return JSON.stringify({
    clipboard: MARK,
    nodes: nodesOf(doc).filter((node) => ids.has(node.id)),
    edges: inside.map((link) => doc.spec.edges[link.index]),
    layout: { nodes: Object.fromEntries([...points].filter(([id]) => ids.has(id))) },
  });
}

/** Reads copied text; undefined when it is something else. */
export function readCopied(text: string): FlowDocument | undefined {
  if (!text.includes(MARK)) return undefined;
  let found: Json;
  try {
    found = parseLossless(text);
  } catch {
    return undefined;
  }
  if (!isObject(found) || found.clipboard !== MARK) return undefined;
  const copied = readDocument({ spec: { nodes: found.nodes ?? [], edges: found.edges ?? [], layout: found.layout ?? {} } });
  return nodesOf(copied).length > 0 ? copied : undefined;
}

/** Adds copied nodes under new ids, their upper left corner at a place. */
export function paste(doc: FlowDocument, copied: FlowDocument, types: Types, at: Point): { doc: FlowDocument; ids: string[] } {
  const taken = new Set(nodesOf(doc).map((node) => node.id));
  const renamed = new Map<string, string>();
  for (const node of nodesOf(copied)) {
    const id = freshId(stem(node.id), taken);
    taken.add(id);
    renamed.set(node.id, id);
  }
  const graph = graphOf(copied, types);
  const points = positionsOf(copied, graph);
  const left = Math.min(...[...points.values()].map((point) => point.x));
  const top = Math.min(...[...points.values()].map((point) => point.y));
  const nodes = nodesOf(copied).map((node) => ({ ...node, id: renamed.get(node.id) ?? node.id }) as FlowNode as Json);
  const edges = graph.links.map((link) => {
    const edge = copied.spec.edges[link.index] as FlowEdge;
    return { ...edge, from: rename(edge.from, renamed), to: rename(edge.to, renamed) } as Json;
  });
  const grown = withSpec(doc, { nodes: [...doc.spec.nodes, ...nodes], edges: [...doc.spec.edges, ...edges] });
  const moved = [...points].map(([id, point]) => [renamed.get(id) ?? id, { x: at.x + point.x - left, y: at.y + point.y - top }] as const);
  return { doc: withPositions(grown, moved), ids: [...renamed.values()] };
}

function rename(end: string, ids: ReadonlyMap<string, string>): string {
  const { node, port } = splitEnd(end);
  const id = ids.get(node) ?? node;
  return port === '' ? id : `${id}.${port}`;
}
