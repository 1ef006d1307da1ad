import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Navigate, useLocation } from 'react-router';
import type { LoginDialogProps } from '../features/auth/LoginDialog';
import { watchRefusals } from '../shared/api/client';
import { needsLogin, needsSetup } from '../shared/api/errors';
import { keys } from '../shared/api/keys';
import { useSession } from '../shared/api/session';
import { PageSkeleton } from '../shared/ui/PageSkeleton';
import { Trouble } from '../shared/ui/Trouble';

/** In place of a dialog that could not be fetched: the page with the login. */
function Leave({ open, onLeave }: LoginDialogProps) {
  useEffect(() => {
    if (open) onLeave();
  });
  return null;
}

// Fetched with the first page, while the server is sure to have it.
const LoginDialog = lazy((): Promise<{ default: ComponentType<LoginDialogProps> }> => import('../features/auth/LoginDialog').catch(() => ({ default: Leave })));

/** Asks who is logged in when any request is refused for want of a login. */
function watchSession(client: QueryClient): () => void {
  return watchRefusals((refusal) => {
    const session = client.getQueryState(keys.session);
    if (needsLogin(refusal) && session?.data !== undefined && session.fetchStatus === 'idle') void client.invalidateQueries({ queryKey: keys.session });
  });
}

/**
 * Lets only logged-in people through. A session that ends under an open page
 * takes nothing away: the page stays with all that was typed, and the login is
 * a dialog over it.
 */
export function RequireSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const here = useLocation();
  const client = useQueryClient();
  useEffect(() => watchSession(client), [client]);
  if (session.data !== undefined) {
    return (
      <>
        {children}
        <Suspense fallback={null}>
          <LoginDialog open={needsLogin(session.error)} person={session.data.user.name} onLeave={() => void client.resetQueries({ queryKey: keys.session })} />
        </Suspense>
      </>
    );
  }
  if (session.isPending) return <PageSkeleton />;
  if (needsSetup(session.error)) return <Navigate to="/setup" replace />;
  if (needsLogin(session.error)) {
    const next = here.pathname + here.search + here.hash;
    return <Navigate to={next === '/' || client.getQueryData(keys.left) === true ? '/login' : `/login?next=${encodeURIComponent(next)}`} replace />;
  }
  return <Trouble error={session.error} onRetry={() => void session.refetch()} />;
}
