import type { FlowSummary } from '../api/types';

export type FlowHealth = 'failing' | 'attention' | 'healthy' | 'stopped' | 'draft';

/** One word for how a flow fares. Documents that wait for a person count even when it is stopped. */
export function flowHealth(flow: FlowSummary): FlowHealth {
  const { rejected = 0, needs_decision: decide = 0, unmapped = 0 } = flow.attention ?? {};
  if (flow.enabled && flow.lastRun?.state === 'failed') return 'failing';
  if (rejected + decide + unmapped > 0) return 'attention';
  if (flow.enabled) return 'healthy';
  return flow.publishedVersion === 0 ? 'draft' : 'stopped';
}
