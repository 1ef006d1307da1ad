import { useSyncExternalStore } from 'react';

const query = () => globalThis.matchMedia('(prefers-reduced-motion: reduce)');

function subscribe(changed: () => void) {
  const media = query();
  media.addEventListener('change', changed);
  return () => media.removeEventListener('change', changed);
}

/** Whether this person wants no motion. */
export const useStill = (): boolean => useSyncExternalStore(subscribe, () => query().matches);
