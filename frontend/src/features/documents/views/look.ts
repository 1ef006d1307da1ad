import type { LedgerView, LedgerViews } from '../../../shared/api/types';
import { type Change, FILTERS, type FilterKey, NONE, PERIODS, type Period, readColumns } from '../model/filter';

// What a view keeps: the filter, a period in place of its times, and the columns.

export interface Look {
  filter: Partial<Record<FilterKey, string>> & { attention?: boolean };
  period: Period | '';
  columns: string[];
}

type Kept = LedgerView | LedgerViews['shipped'][number];

const isPeriod = (text: string | null): text is Period => PERIODS.some((one) => one === text);

/** What an address shows, on the page of a flow with that. */
export function readLook(params: URLSearchParams, flowId: string | undefined, columns: readonly string[]): Look {
  const period = params.get('period');
  const look: Look = { filter: {}, period: isPeriod(period) ? period : '', columns: readColumns(params) ?? [...columns] };
  for (const key of FILTERS) {
    const value = params.get(key)?.trim() ?? '';
    if (value !== '' && !(look.period !== '' && key.startsWith('updated'))) look.filter[key] = value;
  }
  if (params.get('attention') === 'true') look.filter.attention = true;
  if (flowId !== undefined) look.filter.flow = flowId;
  return look;
}

/** What a view shows; on the page of a flow it is about that. */
export function lookOf(view: Kept, flowId: string | undefined): Look {
  const { attention, ...rest } = view.filter;
  const filter: Look['filter'] = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ''));
  if (attention === true) filter.attention = true;
  if (flowId !== undefined) filter.flow = flowId;
  return { filter, period: view.period ?? '', columns: view.columns };
}

/** Whether a view can be shown on the page of a flow. */
export const fits = (view: Kept, flowId: string | undefined): boolean => flowId === undefined || (view.filter.flow ?? '') === '' || view.filter.flow === flowId;

const states = (text: string | undefined) => (text ?? '').split(',').sort().join(',');

export function sameLook(a: Look, b: Look): boolean {
  return (
    FILTERS.every((key) => (key === 'state' ? states(a.filter.state) === states(b.filter.state) : (a.filter[key] ?? '') === (b.filter[key] ?? ''))) &&
    (a.filter.attention ?? false) === (b.filter.attention ?? false) && a.period === b.period && a.columns.join() === b.columns.join()
  );
}

/** The change of the address that shows a look, named after the view with an id. */
export function changeTo(look: Look, saved: string, flowId: string | undefined): Change {
  const change: Change = { attention: look.filter.attention === true ? 'true' : '', period: look.period, columns: look.columns.join() || (look.filter.flow === undefined ? '' : NONE), at: '', view: '', saved };
  for (const key of FILTERS) change[key] = look.filter[key] ?? '';
  if (flowId !== undefined) change.flow = '';
  return change;
}

export const NOTHING: Look = { filter: {}, period: '', columns: [] };
