import { type InfiniteData, type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { keys } from '../shared/api/keys';
import { type StreamEvent, type StreamState, useStream } from '../shared/api/sse';

const TYPES = ['run', 'flow'] as const;
/** However much happens, lists ask again at most this often (ms). */
const PACE = 2000;
/** A list scrolled beyond this many pages is being read: it is only marked as old. */
const FRESH_PAGES = 3;

/** What an event makes stale. */
export function touched(event: StreamEvent): readonly QueryKey[] {
  return event.type === 'run' ? [keys.home, keys.flows, keys.runs, keys.documents, keys.facets, keys.allReadings, keys.allFlowStates] : [keys.home, keys.flows, keys.allReadings, keys.allFlowStates];
}

export function refresh(client: QueryClient, roots: Iterable<QueryKey>) {
  for (const queryKey of roots) {
    void client.invalidateQueries({ queryKey, refetchType: 'none' });
    void client.refetchQueries({
      queryKey,
      type: 'active',
      predicate: ({ state }) => ((state.data as InfiniteData<unknown> | undefined)?.pages?.length ?? 0) <= FRESH_PAGES,
    });
  }
}

/** After a lost line: what happened meanwhile was not told, and what was asked for in vain is asked for again. */
export function recover(client: QueryClient) {
  refresh(client, [keys.home, keys.flows, keys.runs, keys.documents, keys.facets, keys.connections, keys.allReadings, keys.allFlowStates]);
  void client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
}

/** Follows what happens in the workspace and brings the lists it touches up to date. */
export function useWorkspaceEvents(): StreamState {
  const client = useQueryClient();
  const stale = useRef(new Set<QueryKey>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const state = useStream('/events', TYPES, (event) => {
    for (const root of touched(event)) stale.current.add(root);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      refresh(client, stale.current);
      stale.current.clear();
    }, PACE);
  });
  const lost = useRef(false);
  useEffect(() => {
    if (state === 'live' && lost.current) recover(client);
    lost.current = state === 'reconnecting' || (lost.current && state !== 'live');
  }, [state, client]);
  return state;
}
