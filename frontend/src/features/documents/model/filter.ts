import type { DocumentQuery } from '../../../shared/api/types';

export const FILTERS = ['flow', 'node', 'state', 'code', 'number', 'run'] as const;
export type FilterKey = (typeof FILTERS)[number];

/** The filter a query string asks for; a flow's own page fixes the flow. */
export function readFilter(params: URLSearchParams, flowId: string | undefined): DocumentQuery {
  const filter: DocumentQuery = {};
  for (const key of FILTERS) {
    const value = params.get(key)?.trim();
    if (value !== undefined && value !== '') filter[key] = value;
  }
  if (flowId !== undefined) filter.flow = flowId;
  if (params.get('attention') === 'true') filter.attention = true;
  return filter;
}

/** Puts a state into the chosen ones or takes it out. */
export function toggleState(states: string | undefined, state: string): string {
  const chosen = new Set((states ?? '').split(',').filter((one) => one !== ''));
  if (!chosen.delete(state)) chosen.add(state);
  return [...chosen].join(',');
}

/** One group of documents with one reason can be acted on as a whole; anything wider is chosen row by row. */
export function bulkFilter(filter: DocumentQuery): { flow?: string; state?: string; code?: string } | undefined {
  const { flow, state, code, number, run, node, attention } = filter;
  if (state === undefined || code === undefined || state.includes(',')) return undefined;
  if (number !== undefined || run !== undefined || node !== undefined || attention !== undefined) return undefined;
  return flow === undefined ? { state, code } : { flow, state, code };
}
