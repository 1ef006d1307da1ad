import { type ComponentType, lazy, Suspense, useEffect } from 'react';
import { useLocation } from 'react-router';
import { useSession } from '../shared/api/session';
import { guideOf, isSeen, useGuides } from '../shared/lib/guides.store';

// Nobody waits for them: what cannot be had is simply not shown.
const ornament = <P,>(load: () => Promise<{ default: ComponentType<P> }>) => lazy(() => load().catch(() => ({ default: () => null })));
const Coach = ornament(() => import('../features/coach/Coach'));
const Keys = ornament(() => import('../features/coach/Keys'));

/** Shows a person around at the first visit of a page, and the keys at "?". */
export default function Guides() {
  const { pathname } = useLocation();
  const { data: session } = useSession();
  const { seen, replay, keys } = useGuides();
  const guide = guideOf(pathname);
  const person = session?.user.name;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable=true], dialog, [role=dialog], .cm-editor') !== null;
      // The designer tells its own.
      if (event.key === '?' && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !typing && !pathname.includes('/design')) useGuides.setState({ keys: true });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [pathname]);
  return (
    <Suspense fallback={null}>
      {person !== undefined && guide !== undefined && (replay === guide || !isSeen(seen, guide, person)) && <Coach key={`${pathname} ${String(replay)}`} guide={guide} person={person} asked={replay === guide} />}
      {keys && <Keys ledger={guide === 'ledger'} />}
    </Suspense>
  );
}
