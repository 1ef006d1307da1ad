import { useSyncExternalStore } from 'react';
import { usePreferences } from '../lib/preferences.store';

const query = () => globalThis.matchMedia('(prefers-color-scheme: dark)');

function subscribe(changed: () => void) {
  const media = query();
  media.addEventListener('change', changed);
  return () => media.removeEventListener('change', changed);
}

/** Whether the page is dark now, by choice or by the system's. */
export function useDark(): boolean {
  const choice = usePreferences((state) => state.theme);
  const system = useSyncExternalStore(subscribe, () => query().matches);
  return choice === 'dark' || (choice === 'system' && system);
}
