import type { Run } from '~/shared/api/types';
import type { Graph } from '~/model/graph';

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
  const went = counts.in ?? 0;
  const seen = went + out + failed;
  // The pull side moves requests, which nobody counts: it is as far as what follows it.
  const before = graph.types.get(graph.nodes.get(id)?.type ?? '')?.outputs?.every((port) => port.traffic === 'request') === true;
  return { state: stateOf(run, seen, failed, before), in: went, out, failed };
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

/** What went over an edge; undefined where nothing is counted. */
export function linkCount(run: Run | undefined, node: string, port: string): number | undefined {
  return run?.nodes?.[node]?.[`port:${port}`];
}

export const isOver = (run: Run | undefined): boolean => run !== undefined && over(run);
