import { declarationOf, downstream, type End, type Graph, inputOf, outputsOf } from './graph';

/** Why two ports may not be joined, in the validator's terms; the words are in the catalogue under connect.*. */
export type RefusalCode = 'self' | 'duplicate' | 'unknownPort' | 'noInput' | 'noOutput' | 'traffic' | 'cycle' | 'shared' | 'joined' | 'repeated';

export interface Refusal {
  code: RefusalCode;
  /** The nodes the words are about. */
  from: string;
  to: string;
}

const isRequestNode = (role: string | undefined) => role === 'window' || role === 'paginate';

/**
 * Says why an edge may not be drawn, undefined when it may. ignoring names an edge
 * that will go when this one comes.
 */
export function refuse(graph: Graph, from: End, to: End, ignoring?: string): Refusal | undefined {
  const code = reason(graph, from, to, ignoring);
  return code === undefined ? undefined : { code, from: from.node, to: to.node };
}

function reason(graph: Graph, from: End, to: End, ignoring?: string): RefusalCode | undefined {
  if (from.node === to.node) return 'self';
  const source = declarationOf(graph, from.node);
  const target = declarationOf(graph, to.node);
  const links = graph.links.filter((link) => link.id !== ignoring);
  if (links.some((l) => l.from.node === from.node && l.from.port === from.port && l.to.node === to.node && l.to.port === to.port)) return 'duplicate';
  // A node of an unknown type has ports nobody knows: only the shape of the graph can be judged.
  if (source !== undefined && target !== undefined) {
    const input = inputOf(target);
    if (input === undefined) return 'noInput';
    if (outputsOf(source).length === 0) return 'noOutput';
    const output = outputsOf(source).find((port) => port.name === from.port);
    if (output === undefined || input.name !== to.port) return 'unknownPort';
    if (output.traffic !== input.traffic) return 'traffic';
    if (isRequestNode(source.role)) {
      if (links.some((link) => link.from.node === from.node)) return 'shared';
      if (links.some((link) => link.to.node === to.node && declarationOf(graph, link.from.node)?.kind === 'pull')) return 'joined';
      if (source.role === target.role) return 'repeated';
    }
  }
  if (downstream(graph, to.node).has(from.node)) return 'cycle';
  return undefined;
}

/** The first pair of ports by which from can lead to to. */
export function fittingPorts(graph: Graph, from: string, to: string, ignoring?: string): { from: End; to: End } | undefined {
  const input = inputOf(declarationOf(graph, to));
  if (input === undefined) return undefined;
  const end = { node: to, port: input.name };
  for (const port of declarationOf(graph, from)?.outputs ?? []) {
    const start = { node: from, port: port.name };
    if (refuse(graph, start, end, ignoring) === undefined) return { from: start, to: end };
  }
  return undefined;
}
