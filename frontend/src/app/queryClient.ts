import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isPassing, needsLogin } from '../shared/api/errors';
import { keys } from '../shared/api/keys';

/** The cache of server state. A lost session is noticed wherever it shows and sends to the login. */
export function makeQueryClient(): QueryClient {
  const lost = (error: unknown) => {
    if (needsLogin(error) && client.getQueryState(keys.session)?.status === 'success') void client.resetQueries({ queryKey: keys.session });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: lost }),
    mutationCache: new MutationCache({ onError: lost }),
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
  return client;
}
