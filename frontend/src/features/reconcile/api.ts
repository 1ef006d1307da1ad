import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { ReconciliationBody, ReconciliationRun } from '../../shared/api/types';

/** How often a comparison under way is asked for, and one that a schedule may begin (ms). */
const PACE = 1000;
const IDLE = 15_000;

export function useReconciliations() {
  return useQuery({
    queryKey: keys.reconciliations,
    queryFn: async ({ signal }) => (await take(api.GET('/reconciliations', { signal }))).items,
    refetchInterval: (query) => (query.state.data?.some(({ last }) => last?.state === 'running') ? PACE : IDLE),
  });
}

export function useReconciliation(id: string) {
  return useQuery({
    queryKey: [...keys.reconciliation(id), 'detail'],
    queryFn: ({ signal }) => take(api.GET('/reconciliations/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.runs[0]?.state === 'running' ? PACE : IDLE),
  });
}

const LIMIT = 100;

/** What a comparison found, of one kind; how it stands in the ledger is of now. */
export function useFindings(check: string, run: ReconciliationRun, kind: Kind | undefined) {
  return useInfiniteQuery({
    queryKey: [...keys.reconciliation(check), 'findings', run.id, run.state, kind],
    queryFn: ({ pageParam, signal }) =>
      take(api.GET('/reconciliation-runs/{id}/findings', { params: { path: { id: run.id }, query: { kind, after: pageParam, limit: LIMIT } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    enabled: run.state === 'done',
  });
}

export type Kind = 'missing' | 'doubled' | 'different' | 'extra';
export const KINDS: Kind[] = ['missing', 'doubled', 'different', 'extra'];

/** What would become of the missing documents. */
export function useMissingPlan(check: string, run: ReconciliationRun, wanted: boolean) {
  return useQuery({
    queryKey: [...keys.reconciliation(check), 'missing', run.id],
    queryFn: ({ signal }) => take(api.GET('/reconciliation-runs/{id}/missing', { params: { path: { id: run.id } }, signal })),
    enabled: wanted,
  });
}

/** What can be done with comparisons. */
export function useReconciliationActions() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: keys.reconciliations });
  return {
    create: useMutation({ mutationFn: (body: ReconciliationBody) => take(api.POST('/reconciliations', { body })), onSettled }),
    save: useMutation({
      mutationFn: ({ id, version, body }: { id: string; version: number; body: ReconciliationBody }) => take(api.PUT('/reconciliations/{id}', { params: { path: { id } }, body: { ...body, version } })),
      onSettled,
    }),
    remove: useMutation({ mutationFn: (id: string) => take(api.DELETE('/reconciliations/{id}', { params: { path: { id } } })), onSettled }),
    run: useMutation({ mutationFn: (id: string) => take(api.POST('/reconciliations/{id}/runs', { params: { path: { id } }, body: {} })), onSettled }),
    cancel: useMutation({ mutationFn: (run: string) => take(api.POST('/reconciliation-runs/{id}/cancel', { params: { path: { id: run } }, body: {} })), onSettled }),
    repair: useMutation({
      mutationFn: (run: string) => take(api.POST('/reconciliation-runs/{id}/repair', { params: { path: { id: run } }, body: {} })),
      onSettled: () => Promise.all([onSettled(), client.invalidateQueries({ queryKey: keys.documents }), client.invalidateQueries({ queryKey: keys.runs }), client.invalidateQueries({ queryKey: keys.bulkJobs })]),
    }),
  };
}

/** The source nodes of a flow as it is drawn now. */
export function useSourceNodes(flow: string) {
  return useQuery({
    queryKey: [...keys.flow(flow), 'sourceNodes'],
    queryFn: async ({ signal }) => {
      const { document } = await take(api.GET('/flows/{id}', { params: { path: { id: flow } }, signal }));
      const { spec } = document as { spec?: { nodes?: { id: string; type: string; title?: string; settings?: { fields?: { field: string }[] } }[] } };
      return (spec?.nodes ?? []).filter(({ type }) => type === 'source');
    },
    enabled: flow !== '',
  });
}
