import { useQuery } from '@tanstack/react-query';
import { api, take } from './client';
import { keys } from './keys';
import type { FlowSummary } from './types';

const PAGE = 200;

async function allFlows(signal: AbortSignal): Promise<FlowSummary[]> {
  const all: FlowSummary[] = [];
  let after: string | undefined;
  do {
    const page = await take(api.GET('/flows', { params: { query: { after, limit: PAGE } }, signal }));
    all.push(...page.items);
    after = page.next || undefined;
  } while (after !== undefined);
  return all;
}

/** Every flow of the workspace, for choices and overviews. */
export function useFlows() {
  return useQuery({ queryKey: [...keys.flows, 'all'], queryFn: ({ signal }) => allFlows(signal) });
}
