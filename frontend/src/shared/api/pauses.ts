import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { usePollWhileDown } from '../hooks/useLive';
import { api, take } from './client';
import { keys } from './keys';
import type { PausedFlow } from './types';

const NONE: ReadonlyMap<string, PausedFlow> = new Map();

/** The flows that rest, by id. */
export function usePausedFlows(): ReadonlyMap<string, PausedFlow> {
  const query = useQuery({
    queryKey: keys.pausedFlows,
    queryFn: async ({ signal }) => (await take(api.GET('/paused-flows', { signal }))).items,
    refetchInterval: usePollWhileDown(),
    select: (items): ReadonlyMap<string, PausedFlow> => new Map(items.map((one) => [one.flow, one])),
  });
  return query.data ?? NONE;
}

/** Lets a run or a flow rest, or go on. What rests stays where it is: neither loses anything. */
export function usePausing(kind: 'run' | 'flow') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, pause }: { id: string; pause: boolean }) => {
      const order = { params: { path: { id } }, body: {} };
      if (kind === 'run') return take(api.POST(pause ? '/runs/{id}/pause' : '/runs/{id}/resume', order));
      return take(api.POST(pause ? '/flows/{id}/pause' : '/flows/{id}/resume', order));
    },
    onSettled: async (_data, _error, { id }) => {
      void client.invalidateQueries({ queryKey: keys.runs });
      // A flow's rest shows in each of its runs.
      void client.invalidateQueries({ queryKey: kind === 'run' ? keys.run(id) : ['run'] });
      if (kind === 'flow') await client.invalidateQueries({ queryKey: keys.pausedFlows });
    },
  });
}
