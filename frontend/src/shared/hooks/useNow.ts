import { useSyncExternalStore } from 'react';

// One clock for the page: every "3 minutes ago" moves at the same moment.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const changed of listeners) changed();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The current time in steps (ms), so that a component draws again only when its words can change. */
export function useNow(step = 10_000): number {
  return useSyncExternalStore(subscribe, () => {
    if (listeners.size === 0 || Date.now() - now > 5_000) now = Date.now() - (Date.now() % step);
    return Math.floor(now / step) * step;
  });
}
