import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { usePollWhileDown } from '../../shared/hooks/useLive';

/** A flow's published versions and who changed what; what is under way is counted anew. */
export function useHistory(flow: string) {
  const pace = usePollWhileDown();
  return useQuery({
    queryKey: [...keys.flowState(flow), 'history'],
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/versions', { params: { path: { id: flow } }, signal })),
    refetchInterval: (query) => (query.state.data?.items.some(({ inFlight }) => inFlight > 0) === true ? 5000 : pace),
  });
}

/** How two versions differ; a number, draft, or nothing. */
export function useDiff(flow: string, from: string, to: string) {
  return useQuery({
    queryKey: [...keys.flowState(flow), 'diff', from, to],
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/diff', { params: { path: { id: flow }, query: { from, to } }, signal })),
  });
}

export interface Rollback {
  no: number;
  note: string;
  draft: 'keep' | 'replace';
  draftVersion: number;
}

export function useRollback(flow: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Rollback) => take(api.POST('/flows/{id}/rollback', { params: { path: { id: flow } }, body })),
    onSettled: () => {
      for (const queryKey of [keys.flowState(flow), keys.flow(flow), keys.flows]) void client.invalidateQueries({ queryKey });
    },
  });
}
