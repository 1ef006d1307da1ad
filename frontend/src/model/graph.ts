import type { NodeDeclaration, Port } from '../shared/api/types';
import { edgesOf, type FlowDocument, type FlowNode, nodesOf, type Types } from './document';
import { isEntry } from './entries';
import { declaredFor } from './ports';

/** The output that every node which handles documents has beside the declared ones. */
export const ERROR_PORT = 'error';

export interface End {
  node: string;
  port: string;
}

/** An edge between two nodes that exist, its ports resolved. */
export interface Link {
  /** The same as long as the edge's ends are; unique in a document. */
  id: string;
  from: End;
  to: End;
  /** Place in spec.edges. */
  index: number;
}

export interface Graph {
  nodes: ReadonlyMap<string, FlowNode>;
  links: readonly Link[];
  out: ReadonlyMap<string, readonly Link[]>;
  in: ReadonlyMap<string, readonly Link[]>;
  types: Types;
}

/** Reads "id" or "id.port". */
export function splitEnd(end: string): End {
  const dot = end.indexOf('.');
  return dot < 0 ? { node: end, port: '' } : { node: end.slice(0, dot), port: end.slice(dot + 1) };
}

export function outputsOf(declaration: NodeDeclaration | undefined): Port[] {
  if (declaration === undefined) return [];
  const outputs = declaration.outputs ?? [];
  const documents = [...(declaration.inputs ?? []), ...outputs].some((port) => port.traffic === 'documents');
  return documents ? [...outputs, { name: ERROR_PORT, title: { zh: '', en: '' }, traffic: 'documents' }] : outputs;
}

export const inputOf = (declaration: NodeDeclaration | undefined): Port | undefined => declaration?.inputs?.[0];

export function graphOf(doc: FlowDocument, types: Types): Graph {
  const nodes = new Map(nodesOf(doc).map((node) => [node.id, node]));
  const links: Link[] = [];
  const out = new Map<string, Link[]>();
  const into = new Map<string, Link[]>();
  const used = new Map<string, number>();
  for (const { edge, index } of edgesOf(doc)) {
    const from = splitEnd(edge.from);
    const to = splitEnd(edge.to);
    const source = nodes.get(from.node);
    const target = nodes.get(to.node);
    if (source === undefined || target === undefined) continue;
    from.port ||= types.get(source.type)?.outputs?.[0]?.name ?? '';
    to.port ||= types.get(target.type)?.inputs?.[0]?.name ?? '';
    const name = `${from.node}.${from.port}>${to.node}.${to.port}`;
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    const link = { id: times === 1 ? name : `${name}#${times}`, from, to, index };
    links.push(link);
    out.set(from.node, [...(out.get(from.node) ?? []), link]);
    into.set(to.node, [...(into.get(to.node) ?? []), link]);
  }
  return { nodes, links, out, in: into, types };
}

/** What a node's type declares, with the outputs that the node's settings give it. */
export function declarationOf(graph: Graph, id: string): NodeDeclaration | undefined {
  const node = graph.nodes.get(id);
  return node === undefined ? undefined : declaredFor(graph.types.get(node.type), node);
}

export const linkOf = (graph: Graph, id: string): Link | undefined => graph.links.find((link) => link.id === id);

function reach(start: string, next: (id: string) => readonly string[]): Set<string> {
  const seen = new Set<string>();
  const queue = [start];
  for (let here = queue.pop(); here !== undefined; here = queue.pop()) {
    for (const id of next(here)) {
      if (seen.has(id)) continue;
      seen.add(id);
      queue.push(id);
    }
  }
  return seen;
}

/** Every node that can be reached from id; id itself only when it lies on a cycle. */
export const downstream = (graph: Graph, id: string): Set<string> => reach(id, (here) => (graph.out.get(here) ?? []).map((link) => link.to.node));

/** Every node from which id can be reached. */
export const upstream = (graph: Graph, id: string): Set<string> => reach(id, (here) => (graph.in.get(here) ?? []).map((link) => link.from.node));

/** The nodes so that every edge leads forward; those on or behind a cycle come last, in the document's order. */
export function order(graph: Graph): string[] {
  const waits = new Map<string, number>();
  for (const link of graph.links) waits.set(link.to.node, (waits.get(link.to.node) ?? 0) + 1);
  const ids = [...graph.nodes.keys()];
  const done: string[] = [];
  const placed = new Set<string>();
  for (let found = true; found; ) {
    found = false;
    for (const id of ids) {
      if (placed.has(id) || (waits.get(id) ?? 0) > 0) continue;
      placed.add(id);
      done.push(id);
      found = true;
      for (const link of graph.out.get(id) ?? []) waits.set(link.to.node, (waits.get(link.to.node) ?? 0) - 1);
    }
  }
  return [...done, ...ids.filter((id) => !placed.has(id))];
}

/** The sources a node's documents may come from, nearest first; the node itself when it is one. */
export function sourcesOf(graph: Graph, id: string): string[] {
  const isSource = (node: string) => isEntry(declarationOf(graph, node));
  const found: string[] = isSource(id) ? [id] : [];
  const seen = new Set([id]);
  let ring = [id];
  while (ring.length > 0) {
    ring = ring.flatMap((here) => (graph.in.get(here) ?? []).map((link) => link.from.node)).filter((here) => !seen.has(here) && seen.add(here));
    found.push(...ring.filter(isSource));
  }
  // A window or a paginate node is about the source behind it.
  if (found.length === 0) found.push(...[...downstream(graph, id)].filter(isSource).slice(0, 1));
  return found;
}

/** The nodes to the left and right of a node, as prev and next walk them. */
export function neighbours(graph: Graph, id: string): { previous: string | undefined; next: string | undefined } {
  const ids = order(graph);
  const at = ids.indexOf(id);
  return {
    previous: graph.in.get(id)?.[0]?.from.node ?? (at > 0 ? ids[at - 1] : undefined),
    next: graph.out.get(id)?.[0]?.to.node ?? (at >= 0 ? ids[at + 1] : undefined),
  };
}
