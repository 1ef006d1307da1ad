import { type ReactNode, Suspense } from 'react';
import { useLocation } from 'react-router';
import { PageSkeleton } from '../shared/ui/PageSkeleton';
import { ErrorBoundary } from './ErrorBoundary';

/** Where a page is drawn: a skeleton while its code comes, its own error boundary after. */
export function PageFrame({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  // Another page gets another boundary: what broke one must not hide the next.
  const place = pathname.split('/').slice(0, 3).join('/');
  return (
    <ErrorBoundary key={place}>
      <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
    </ErrorBoundary>
  );
}
