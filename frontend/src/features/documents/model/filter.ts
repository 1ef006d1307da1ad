import type { DocumentQuery } from '../../../shared/api/types';

export const FILTERS = ['flow', 'node', 'state', 'code', 'number', 'run', 'updatedFrom', 'updatedTo'] as const;
export type FilterKey = (typeof FILTERS)[number];

/** Times that move with the day. */
export const PERIODS = ['today', 'yesterday', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/** When a period began and ended, in the reader's zone; without an end it goes on. */
export function spanOf(period: string | null, now: Date = new Date()): Pick<DocumentQuery, 'updatedFrom' | 'updatedTo'> {
  const day = (back: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - back).toISOString().replace('.000Z', 'Z');
  switch (period) {
    case 'today':
      return { updatedFrom: day(0) };
    case 'yesterday':
      return { updatedFrom: day(1), updatedTo: day(0) };
    case 'week':
      return { updatedFrom: day(6) };
    case 'month':
      return { updatedFrom: day(29) };
    default:
      return {};
  }
}

/** What may be said of the ledger in its address. */
export type Change = Partial<Record<FilterKey | 'attention' | 'period' | 'columns' | 'at' | 'saved' | 'job' | 'view', string>>;

/** Says in an address that no columns are shown, whatever was chosen last. */
export const NONE = '-';

/** The business fields that an address shows as columns; undefined where it does not say. */
export function readColumns(params: URLSearchParams): string[] | undefined {
  return params.get('columns')?.split(',').filter((path) => path !== '' && path !== NONE);
}

/** The filter a query string asks for; a flow's own page fixes the flow. */
export function readFilter(params: URLSearchParams, flowId: string | undefined): DocumentQuery {
  const filter: DocumentQuery = {};
  for (const key of FILTERS) {
    const value = params.get(key)?.trim();
    if (value !== undefined && value !== '') filter[key] = value;
  }
  Object.assign(filter, spanOf(params.get('period')));
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
