import { lazy } from 'react';
import type { CodeEditorProps } from './CodeArea';
import { Later } from './Later';
import { PageSkeleton } from './PageSkeleton';

const CodeArea = lazy(() => import('./CodeArea'));

/** A code editor whose weight comes only when one is shown. */
export function CodeEditor(props: CodeEditorProps) {
  return (
    <Later fallback={<PageSkeleton rows={4} />}>
      <CodeArea {...props} />
    </Later>
  );
}
