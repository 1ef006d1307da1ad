import type { DocumentQuery } from '../../../shared/api/types';

export const FILTERS = ['flow', 'node', 'state', 'code', 'number', 'run', 'updatedFrom', 'updatedTo'] as const;
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
