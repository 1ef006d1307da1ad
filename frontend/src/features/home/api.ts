import { useQuery } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { usePollWhileDown } from '../../shared/hooks/useLive';

/** Quotas and the answers of systems change without an event (ms). */
const PACE = 60_000;
const RUNS = 8;

/** What waits for a person, and how far a new instance has come. */
export function useHome() {
  const down = usePollWhileDown();
  return useQuery({ queryKey: keys.home, queryFn: ({ signal }) => take(api.GET('/home', { signal })), staleTime: 0, refetchInterval: down === false ? PACE : down });
}

/** The newest runs. */
export function useLastRuns() {
  return useQuery({
    queryKey: [...keys.runs, 'last'],
    queryFn: ({ signal }) => take(api.GET('/runs', { params: { query: { limit: RUNS } }, signal })),
    refetchInterval: usePollWhileDown(),
  });
}
