import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import type { components } from '../../shared/api/schema.gen';

/** How often progress is asked for while a dry run goes on (ms). */
const PACE = 1000;
const PAGE = 100;

export type DryRun = components['schemas']['DryRun'];
export type DryDocument = components['schemas']['DryDocument'];
export type Verdict = DryDocument['verdict'];

export interface Asked {
  version: 'draft' | 'published';
  count: number;
  from?: string | undefined;
  to?: string | undefined;
  numbers?: string[] | undefined;
}

const runsOf = (flow: string) => ['dryRuns', flow] as const;

/** The dry runs of a flow that are kept; asked for again while one goes on. */
export function useDryRuns(flow: string) {
  return useQuery({
    queryKey: runsOf(flow),
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/dry-runs', { params: { path: { id: flow } }, signal })),
    refetchInterval: (query) => (query.state.data?.items.some(({ state }) => state === 'running') ? PACE : false),
  });
}

/** The documents of a dry run, page by page; read is how many there are by now. */
export function useDryDocuments(run: string, verdict: Verdict | '', read: number) {
  return useInfiniteQuery({
    queryKey: ['dryDocuments', run, verdict, read],
    queryFn: ({ pageParam, signal }) => take(api.GET('/dry-runs/{id}/documents', { params: { path: { id: run }, query: { verdict: verdict || undefined, after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    placeholderData: (before) => before,
  });
}

export function useDryRunOrders(flow: string) {
  const client = useQueryClient();
  const onSettled = () => void client.invalidateQueries({ queryKey: runsOf(flow) });
  return {
    start: useMutation({ mutationFn: (body: Asked) => take(api.POST('/flows/{id}/dry-runs', { params: { path: { id: flow } }, body })), onSettled }),
    cancel: useMutation({ mutationFn: (run: string) => take(api.POST('/dry-runs/{id}/cancel', { params: { path: { id: run } }, body: {} })), onSettled }),
  };
}

/** Fetches the documents as a file in the reader's language. */
export async function fetchDryExport(run: string, verdict: Verdict | '', format: 'xlsx' | 'csv', signal: AbortSignal): Promise<Blob> {
  return (await take(api.GET('/dry-runs/{id}/export', { params: { path: { id: run }, query: { verdict: verdict || undefined, format } }, parseAs: 'blob', signal }))) as unknown as Blob;
}
