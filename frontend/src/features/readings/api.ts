import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { usePollWhileDown } from '../../shared/hooks/useLive';

/** How often progress is asked for while a past range is read (ms). */
const PACE = 2000;

/** How far the sources of a flow are read; kept up to date while one of them reads its past. */
export function useSources(flow: string) {
  const pace = usePollWhileDown();
  return useQuery({
    queryKey: keys.readings(flow),
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/sources', { params: { path: { id: flow } }, signal })),
    refetchInterval: (query) => (query.state.data?.items.some(({ past, open }) => open !== undefined || past.some(({ reading }) => reading)) ? PACE : pace),
  });
}

export interface Range {
  from: string;
  to: string;
}

export interface Reset {
  to: string;
  version: number;
  note: string;
}

/** What can be done with one source. */
export function useSourceActions(flow: string, node: string) {
  const client = useQueryClient();
  const params = { path: { id: flow, node } };
  const stale = () => {
    void client.invalidateQueries({ queryKey: keys.readings(flow) });
    void client.invalidateQueries({ queryKey: keys.runs });
  };
  return {
    sweep: useMutation({ mutationFn: () => take(api.POST('/flows/{id}/sources/{node}/sweep', { params })), onSettled: stale }),
    estimate: useMutation({ mutationFn: (range: Range) => take(api.POST('/flows/{id}/sources/{node}/backfill/estimate', { params, body: range })) }),
    backfill: useMutation({ mutationFn: (range: Range) => take(api.POST('/flows/{id}/sources/{node}/backfill', { params, body: range })), onSettled: stale }),
    preview: useMutation({ mutationFn: (to: string) => take(api.POST('/flows/{id}/sources/{node}/cursor/preview', { params, body: { to } })) }),
    reset: useMutation({ mutationFn: (reset: Reset) => take(api.POST('/flows/{id}/sources/{node}/cursor', { params, body: reset })), onSettled: stale }),
  };
}

/** What can be done with a run that reads the past. */
export function useRunActions(flow: string, run: string) {
  const client = useQueryClient();
  const params = { path: { id: run } };
  const onSettled = () => {
    void client.invalidateQueries({ queryKey: keys.readings(flow) });
    void client.invalidateQueries({ queryKey: keys.run(run) });
  };
  return {
    pause: useMutation({ mutationFn: () => take(api.POST('/runs/{id}/pause', { params, body: {} })), onSettled }),
    resume: useMutation({ mutationFn: () => take(api.POST('/runs/{id}/resume', { params })), onSettled }),
    cancel: useMutation({ mutationFn: () => take(api.POST('/runs/{id}/cancel', { params, body: {} })), onSettled }),
  };
}
