import { useQueryClient } from '@tanstack/react-query';
import { keys } from '../shared/api/keys';
import { type StreamState, useStream } from '../shared/api/sse';

const TYPES = ['run', 'flow'] as const;

/** Follows what happens in the workspace and marks the lists it touches as stale. */
export function useWorkspaceEvents(): StreamState {
  const client = useQueryClient();
  return useStream('/events', TYPES, (event) => {
    void client.invalidateQueries({ queryKey: keys.flows });
    if (event.type === 'run') {
      void client.invalidateQueries({ queryKey: keys.runs });
      void client.invalidateQueries({ queryKey: keys.documents });
      void client.invalidateQueries({ queryKey: keys.facets });
    }
  });
}
