import type { Json, NodeDeclaration } from '../shared/api/types';
import { fittingPorts, refuse, type Refusal } from './connect';
import { newNode } from './defaults';
import { type FlowDocument, nodesOf, type Types, withSpec } from './document';
import { type End, type Graph, graphOf, type Link, linkOf } from './graph';
import { freshId } from './ids';
import { type Point, withoutPositions, withPositions } from './layout';
import { withoutTestsOf } from './tests';

export interface Added {
  doc: FlowDocument;
  id: string;
}

/** Adds a node of a type, with its defaults, at a place. */
export function addNode(doc: FlowDocument, declaration: NodeDeclaration, at: Point): Added {
  const id = freshId(declaration.type, new Set(nodesOf(doc).map((node) => node.id)));
  const grown = withSpec(doc, { nodes: [...doc.spec.nodes, newNode(id, declaration) as Json] });
  return { doc: withPositions(grown, [[id, at]]), id };
}

const endText = (end: End, first: string | undefined) => (end.port === '' || end.port === first ? end.node : `${end.node}.${end.port}`);

/** Joins two ports without asking whether they fit: see refuse. */
export function addLink(doc: FlowDocument, from: End, to: End, types: Types): FlowDocument {
  const graph = graphOf(doc, types);
  const type = (id: string) => types.get(graph.nodes.get(id)?.type ?? '');
  const edge = { from: endText(from, type(from.node)?.outputs?.[0]?.name), to: endText(to, type(to.node)?.inputs?.[0]?.name) };
  return withSpec(doc, { edges: [...doc.spec.edges, edge] });
}

export function removeLinks(doc: FlowDocument, links: readonly Link[]): FlowDocument {
  if (links.length === 0) return doc;
  const gone = new Set(links.map((link) => link.index));
  return withSpec(doc, { edges: doc.spec.edges.filter((_, index) => !gone.has(index)) });
}

/**
 * Removes nodes with their edges. With join, what led to a removed node leads on
 * to what followed it, wherever the ports fit.
 */
export function removeNodes(doc: FlowDocument, ids: ReadonlySet<string>, types: Types, join: boolean): FlowDocument {
  let graph = graphOf(doc, types);
  const bridges = join ? bridgesOver(graph, ids) : [];
  const nodes = doc.spec.nodes.filter((value) => !isOneOf(value, ids));
  const edges = doc.spec.edges.filter((_, index) => !graph.links.some((l) => l.index === index && (ids.has(l.from.node) || ids.has(l.to.node))));
  let left = withoutTestsOf(withoutPositions(withSpec(doc, { nodes, edges }), ids), ids);
  for (const { from, to } of bridges) {
    graph = graphOf(left, types);
    if (refuse(graph, from, to) === undefined) left = addLink(left, from, to, types);
  }
  return left;
}

function isOneOf(value: Json, ids: ReadonlySet<string>): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.id === 'string' && ids.has(value.id);
}

/** The pairs of ends that removed nodes stood between. */
function bridgesOver(graph: Graph, ids: ReadonlySet<string>): { from: End; to: End }[] {
  const bridges: { from: End; to: End }[] = [];
  for (const link of graph.links) {
    if (ids.has(link.from.node) || !ids.has(link.to.node)) continue;
    const seen = new Set<string>();
    const walk = (id: string) => {
      if (seen.has(id)) return;
      seen.add(id);
      for (const next of graph.out.get(id) ?? []) {
        if (next.from.port === 'error') continue;
        if (ids.has(next.to.node)) walk(next.to.node);
        else bridges.push({ from: link.from, to: next.to });
      }
    };
    walk(link.to.node);
  }
  return bridges;
}

/** Whether a node without edges fits into an edge, and by which ports. */
export function spliceOf(graph: Graph, linkId: string, node: string): { into: { from: End; to: End }; onward: { from: End; to: End } } | undefined {
  const link = linkOf(graph, linkId);
  if (link === undefined || link.from.node === node || link.to.node === node) return undefined;
  if ((graph.in.get(node) ?? []).length > 0 || (graph.out.get(node) ?? []).length > 0) return undefined;
  const target = fittingPorts(graph, node, link.to.node, linkId);
  const input = target === undefined ? undefined : graph.types.get(graph.nodes.get(node)?.type ?? '')?.inputs?.[0];
  if (target === undefined || input === undefined) return undefined;
  const into = { from: link.from, to: { node, port: input.name } };
  if (refuse(graph, into.from, into.to, linkId) !== undefined) return undefined;
  return { into, onward: { from: target.from, to: link.to } };
}

/** Puts a node that is in the flow already into an edge. */
export function splice(doc: FlowDocument, linkId: string, node: string, types: Types): FlowDocument | undefined {
  const graph = graphOf(doc, types);
  const fit = spliceOf(graph, linkId, node);
  const link = linkOf(graph, linkId);
  if (fit === undefined || link === undefined) return undefined;
  const opened = removeLinks(doc, [link]);
  return addLink(addLink(opened, fit.into.from, fit.into.to, types), fit.onward.from, fit.onward.to, types);
}

/** Which types could stand in an edge. */
export function fitsInto(graph: Graph, linkId: string, declaration: NodeDeclaration): boolean {
  return tried(graph, declaration, (grown, id) => spliceOf(grown, linkId, id) !== undefined);
}

/** Which types could follow an output. */
export function fitsAfter(graph: Graph, from: End, declaration: NodeDeclaration): boolean {
  return tried(graph, declaration, (grown, id) => refuse(grown, from, { node: id, port: declaration.inputs?.[0]?.name ?? '' }) === undefined);
}

/** Which types could lead to an input. */
export function fitsBefore(graph: Graph, to: End, declaration: NodeDeclaration): boolean {
  return tried(graph, declaration, (grown, id) => fittingPorts(grown, id, to.node) !== undefined);
}

/** Asks a question of the graph with one more node. */
function tried(graph: Graph, declaration: NodeDeclaration, ask: (grown: Graph, id: string) => boolean): boolean {
  const id = freshId('trial', new Set(graph.nodes.keys()));
  return ask({ ...graph, nodes: new Map(graph.nodes).set(id, newNode(id, declaration)) }, id);
}

/** Draws an edge if nothing speaks against it. */
export function tryLink(doc: FlowDocument, from: End, to: End, types: Types): { doc: FlowDocument } | { refusal: Refusal } {
  const refusal = refuse(graphOf(doc, types), from, to);
  return refusal === undefined ? { doc: addLink(doc, from, to, types) } : { refusal };
}
