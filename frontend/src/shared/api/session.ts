import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from './client';
import { keys } from './keys';
import { retryStreams } from './sse';
import type { Session } from './types';

/** Who is logged in. Fails with auth.login_required or auth.setup_required when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: ({ signal }) => take(api.GET('/session', { signal })),
    staleTime: 5 * 60_000,
  });
}

/** Drops everything but the session itself: its observers must stay with the query they watch. */
function forget(client: QueryClient) {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
}

/** Enters a session that login or setup gave, forgetting what another person's pages left. */
export function useEnter() {
  const client = useQueryClient();
  return (session: Session) => {
    forget(client);
    client.setQueryData(keys.session, session);
  };
}

/** Goes on with a session that a second login gave the same person: what was refused meanwhile is asked for again. */
export function useReenter() {
  const client = useQueryClient();
  return (session: Session) => {
    client.setQueryData(keys.session, session);
    retryStreams();
    void client.invalidateQueries();
  };
}

/** Leaves. The page goes to the login even when the server cannot be told. */
export function useLeave() {
  const client = useQueryClient();
  return async () => {
    try {
      await api.POST('/logout', { body: {} });
    } finally {
      forget(client);
      client.setQueryData(keys.left, true);
      // Asked again it is refused, and that leads to the login.
      await client.resetQueries({ queryKey: keys.session });
    }
  };
}

const RANK: Record<string, number> = { viewer: 1, operator: 2, editor: 3, admin: 4 };
const NEEDED = { operate: 2, edit: 3, administer: 4 };

/** Whether a role may do something. The server decides; this only hides what it would refuse. */
export function may(session: Session | undefined, what: keyof typeof NEEDED): boolean {
  return (RANK[session?.user.role ?? ''] ?? 0) >= NEEDED[what];
}

/** What the person who is logged in may do. */
export function useMay(what: keyof typeof NEEDED): boolean {
  return may(useSession().data, what);
}
