import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { RetentionDays } from '../../shared/api/types';
import { usePollWhileDown } from '../../shared/hooks/useLive';

/** How often progress is asked for while something is removed, or is about to be (ms). */
const PACE = 2000;

/** What goes by an age, in the order in which it is removed. */
export const CLASSES = ['payloads', 'calls', 'posts', 'errands', 'pages'] as const;
export type Class = (typeof CLASSES)[number];

export type Ages = Record<Class, number>;

/** For how long things are kept, and what was removed lately. */
export function useRetention() {
  const pace = usePollWhileDown();
  return useQuery({
    queryKey: keys.retention,
    queryFn: ({ signal }) => take(api.GET('/retention', { signal })),
    refetchInterval: (query) => (query.state.data?.running === true || query.state.data?.asked === true ? PACE : pace),
  });
}

export function useRetentionActions() {
  const client = useQueryClient();
  const stale = () => client.invalidateQueries({ queryKey: keys.retention });
  return {
    set: useMutation({ mutationFn: (days: RetentionDays) => take(api.PUT('/retention', { body: days })), onSuccess: stale }),
    purge: useMutation({ mutationFn: () => take(api.POST('/retention/purge')), onSettled: stale }),
    estimate: useMutation({ mutationFn: (ages: Ages) => take(api.GET('/retention/estimate', { params: { query: ages } })) }),
  };
}
