import type { Run } from '~/shared/api/types';
import { ERROR_PORT, type Graph, sourcesOf } from '~/model/graph';

export type NodeRunState = 'waiting' | 'running' | 'ok' | 'failed' | 'skipped';

export interface NodeRun {
  state: NodeRunState;
  in: number;
  out: number;
  failed: number;
}

const over = (run: Run) => run.state === 'done' || run.state === 'failed' || run.state === 'cancelled';

/** What a run did at one node; undefined while no run is shown. */
export function nodeRun(run: Run | undefined, graph: Graph, id: string): NodeRun | undefined {
  if (run === undefined) return undefined;
  const counts = run.nodes?.[id] ?? {};
  const failed = counts['port:error'] ?? 0;
  const out = Object.entries(counts).reduce((sum, [slot, n]) => (slot.startsWith('port:') && slot !== 'port:error' ? sum + n : sum), 0);
  // Not every node counts what comes in; then what left for it says so.
  const came = (graph.in.get(id) ?? []).reduce((sum, link) => sum + (portCount(run, link.from.node, link.from.port) ?? 0), 0);
  const went = Math.max(counts.in ?? 0, came);
  const behind = (graph.out.get(id) ?? []).reduce((sum, link) => sum + (run.nodes?.[link.to.node]?.in ?? 0), 0);
  const seen = went + out + failed + behind + (isOnlySource(graph, id) ? (run.counts.pulled ?? 0) : 0);
  // The pull side moves requests, which nobody counts: it is as far as what follows it.
  const before = graph.types.get(graph.nodes.get(id)?.type ?? '')?.outputs?.every((port) => port.traffic === 'request') === true;
  return { state: stateOf(run, seen, failed, before), in: went, out, failed };
}

const onlySources = new WeakMap<Graph, string | undefined>();

/** What a run pulled is counted for the run as a whole; with one source it is that one's. */
function isOnlySource(graph: Graph, id: string): boolean {
  // Every card asks at every count that comes in; a graph is never changed.
  if (!onlySources.has(graph)) {
    const sources = [...graph.nodes.keys()].filter((one) => sourcesOf(graph, one)[0] === one);
    onlySources.set(graph, sources.length === 1 ? sources[0] : undefined);
  }
  return onlySources.get(graph) === id;
}

function stateOf(run: Run, seen: number, failed: number, before: boolean): NodeRunState {
  if (!over(run)) {
    if (run.state === 'queued') return 'waiting';
    if (before) return run.pulling ? 'running' : 'ok';
    return seen === 0 ? 'waiting' : failed > 0 && !run.pulling ? 'failed' : 'running';
  }
  if (failed > 0) return 'failed';
  if (before) return run.state === 'failed' && (run.counts.pulled ?? 0) === 0 ? 'failed' : 'ok';
  return seen === 0 ? 'skipped' : 'ok';
}

const portCount = (run: Run, node: string, port: string): number | undefined => run.nodes?.[node]?.[`port:${port}`];

/** What went over an edge: counted where it leaves, else where it arrives; undefined where neither is. */
export function linkCount(run: Run | undefined, graph: Graph, node: string, port: string, to: string): number | undefined {
  if (run === undefined) return undefined;
  const left = portCount(run, node, port);
  if (left !== undefined || port === ERROR_PORT) return left;
  return graph.in.get(to)?.length === 1 ? run.nodes?.[to]?.in : undefined;
}

export const isOver = (run: Run | undefined): boolean => run !== undefined && over(run);
