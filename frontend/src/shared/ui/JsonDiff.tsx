import { lazy } from 'react';
import type { JsonDiffProps } from './DiffArea';
import { Later } from './Later';
import { PageSkeleton } from './PageSkeleton';

const DiffArea = lazy(() => import('./DiffArea'));

/** Two texts side by side with what differs; its weight comes only when one is shown. */
export function JsonDiff(props: JsonDiffProps) {
  return (
    <Later fallback={<PageSkeleton rows={4} />}>
      <DiffArea {...props} />
    </Later>
  );
}
