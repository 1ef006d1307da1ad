import { useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { trafficOf } from '../../shared/api/traffic';
import { usePollWhileDown } from '../../shared/hooks/useLive';
import type { Span } from './model/spans';

/** How often something that goes on is asked for (ms). */
const PACE = 2000;
const PAGE = 50;

export function useOverview(flow: string, span: Span) {
  return useQuery({
    queryKey: [...keys.flowState(flow), 'overview', span],
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/overview', { params: { path: { id: flow }, query: { span } }, signal })),
    refetchInterval: usePollWhileDown(),
    placeholderData: (before) => before,
  });
}

/** How the calls of a flow's connections stand; what can't be had is left out. */
export function useQuotas(names: readonly string[]) {
  return useQueries({
    queries: names.map((name) => ({ ...trafficOf(name), refetchInterval: 15_000, retry: false })),
  });
}

/** What a flow reads, or read last; asked for again while it reads. */
export function useRequests(flow: string) {
  const pace = usePollWhileDown();
  return useQuery({
    queryKey: [...keys.flowState(flow), 'requests'],
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/requests', { params: { path: { id: flow } }, signal })),
    refetchInterval: (query) => (query.state.data?.pulling === true ? PACE : pace),
  });
}

/** What the flow's sources were asked last; asked for again while it reads. */
export function usePageRequests(flow: string, reading: boolean) {
  const pace = usePollWhileDown();
  return useQuery({
    queryKey: [...keys.flowState(flow), 'page-requests'],
    queryFn: async ({ signal }) => (await take(api.GET('/flows/{id}/page-requests', { params: { path: { id: flow } }, signal }))).items,
    refetchInterval: reading ? PACE : pace,
  });
}

/** What one of them asked, and what was answered. */
export function usePageRequest(flow: string, request: string) {
  return useQuery({
    queryKey: [...keys.flowState(flow), 'page-requests', request], staleTime: Infinity,
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/page-requests/{request}', { params: { path: { id: flow, request } }, signal })),
  });
}

/** What a flow writes, page by page; the first pages are asked for again while something is under way. */
export function useWrites(flow: string, state: string) {
  const pace = usePollWhileDown();
  return useInfiniteQuery({
    queryKey: [...keys.flowState(flow), 'writes', state],
    queryFn: ({ pageParam, signal }) => take(api.GET('/flows/{id}/writes', { params: { path: { id: flow }, query: { state: state || undefined, after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    refetchInterval: (query) => {
      const first = query.state.data?.pages[0];
      if (first === undefined || (query.state.data?.pages.length ?? 0) > 3) return false;
      return first.counts.sending.rows + first.counts.waiting.rows > 0 ? PACE : pace;
    },
    placeholderData: (before) => before,
  });
}

/** What can be ordered about an entry of the queue: the ledger's own orders, and who is first. */
export function useQueueOrders(flow: string) {
  const client = useQueryClient();
  const onSettled = () => {
    for (const queryKey of [keys.flowState(flow), keys.documents, keys.facets]) void client.invalidateQueries({ queryKey });
  };
  return {
    retry: useMutation({
      mutationFn: ({ document, version }: { document: string; version: 'pinned' | 'published' }) => take(api.POST('/documents/{id}/retry', { params: { path: { id: document } }, body: { version }, parseAs: 'text' })),
      onSettled,
    }),
    skip: useMutation({ mutationFn: ({ document, note }: { document: string; note: string }) => take(api.POST('/documents/{id}/skip', { params: { path: { id: document } }, body: { note }, parseAs: 'text' })), onSettled }),
    first: useMutation({ mutationFn: (work: string) => take(api.POST('/flows/{id}/writes/{no}/first', { params: { path: { id: flow, no: work } } })), onSettled }),
  };
}

export function useReadingOrders(flow: string, run: string) {
  const client = useQueryClient();
  const onSettled = () => {
    for (const queryKey of [keys.flowState(flow), keys.runs, keys.run(run), keys.flows]) void client.invalidateQueries({ queryKey });
  };
  return {
    start: useMutation({ mutationFn: () => take(api.POST('/flows/{id}/runs', { params: { path: { id: flow } } })), onSettled }),
    cancel: useMutation({ mutationFn: () => take(api.POST('/runs/{id}/cancel', { params: { path: { id: run } }, body: {} })), onSettled }),
    pause: useMutation({ mutationFn: (pause: boolean) => take(api.POST(pause ? '/runs/{id}/pause' : '/runs/{id}/resume', { params: { path: { id: run } }, body: {} })), onSettled }),
  };
}
