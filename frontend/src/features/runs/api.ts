import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { runOf } from '../../shared/api/run';
import { type StreamState, useStream } from '../../shared/api/sse';
import type { Run } from '../../shared/api/types';
import { usePollWhileDown } from '../../shared/hooks/useLive';

const PAGE = 50;

export interface RunFilter {
  flow: string;
  state: string;
}

export function useRuns({ flow, state }: RunFilter) {
  return useInfiniteQuery({
    queryKey: [...keys.runs, 'pages', flow, state],
    queryFn: ({ pageParam, signal }) =>
      take(api.GET('/runs', { params: { query: { flow: flow || undefined, state: state || undefined, after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    refetchInterval: usePollWhileDown(),
    placeholderData: (before) => before,
  });
}

export const isLive = (run: Run | undefined) => run !== undefined && (run.state === 'queued' || run.state === 'running');

/** A run, kept up to date by its own event stream while it goes on. */
export function useRun(id: string): { query: ReturnType<typeof useRunQuery>; live: StreamState } {
  const client = useQueryClient();
  const query = useRunQuery(id);
  const live = useStream(isLive(query.data) ? `/runs/${encodeURIComponent(id)}/events` : undefined, ['progress', 'end'], (event) => {
    const snapshot = event.data as Run;
    client.setQueryData<Run>(keys.run(id), (before) => mergeSnapshot(before, snapshot));
    // The groups of problems are not in snapshots; they are asked for when their number changed, and at the end.
    if (event.type === 'end') {
      void client.invalidateQueries({ queryKey: keys.run(id) });
      void client.invalidateQueries({ queryKey: keys.runs });
    }
  });
  return { query, live };
}

function useRunQuery(id: string) {
  return useQuery({
    ...runOf(id),
    // Snapshots carry no groups of problems: those come from here.
    refetchInterval: (query) => (isLive(query.state.data) ? 5000 : false),
  });
}

/** A snapshot takes the place of what is known, except for what snapshots leave out. */
export function mergeSnapshot(before: Run | undefined, snapshot: Run): Run {
  return { ...snapshot, problems: snapshot.problems ?? before?.problems, nodes: snapshot.nodes ?? before?.nodes };
}

export function useCancel(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => take(api.POST('/runs/{id}/cancel', { params: { path: { id } }, body: {} })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.run(id) }),
  });
}
