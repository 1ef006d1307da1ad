import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { needsLogin, needsSetup } from '../shared/api/errors';
import { keys } from '../shared/api/keys';
import { useSession } from '../shared/api/session';
import { PageSkeleton } from '../shared/ui/PageSkeleton';
import { Trouble } from '../shared/ui/Trouble';

/** Lets only logged-in people through; whose session ended comes back to the same page after the login. */
export function RequireSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const here = useLocation();
  const client = useQueryClient();
  if (session.data !== undefined) return children;
  if (session.isPending) return <PageSkeleton />;
  if (needsSetup(session.error)) return <Navigate to="/setup" replace />;
  if (needsLogin(session.error)) {
    const next = here.pathname + here.search + here.hash;
    return <Navigate to={next === '/' || client.getQueryData(keys.left) === true ? '/login' : `/login?next=${encodeURIComponent(next)}`} replace />;
  }
  return <Trouble error={session.error} onRetry={() => void session.refetch()} />;
}
