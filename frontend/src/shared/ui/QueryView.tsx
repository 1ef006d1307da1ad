import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, CODE_UNREADABLE } from '../api/errors';
import { Banner } from './Banner';
import { PageSkeleton } from './PageSkeleton';
import { Trouble } from './Trouble';

interface Query<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

interface Props<T> {
  query: Query<T>;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}

/**
 * The states every page has: skeleton, refusal, trouble, and data - the latter
 * with a banner when it could not be brought up to date.
 */
export function QueryView<T>({ query, skeleton, children }: Props<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error !== null && <StaleBanner error={query.error} onRetry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.error !== null) return <Trouble error={query.error} onRetry={() => void query.refetch()} />;
  return skeleton ?? <PageSkeleton />;
}

function StaleBanner({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  const problem = asApiError(error);
  const own = problem.status === 0 || problem.code === CODE_UNREADABLE;
  return (
    <Banner
      tone="warn"
      title={t('trouble.stale')}
      actions={
        <Button size="small" onClick={onRetry}>
          {t('action.tryAgain')}
        </Button>
      }
    >
      <span>{own ? t(problem.status === 0 ? 'trouble.offline.title' : 'trouble.failed.title') : problem.message}</span>
    </Banner>
  );
}
