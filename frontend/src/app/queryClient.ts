import { QueryClient } from '@tanstack/react-query';
import { isPassing } from '../shared/api/errors';

/** The cache of server state. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => isPassing(error) && failures < 2,
        // Being offline is shown, and pages keep what they have; a paused query would show a skeleton for ever.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}
