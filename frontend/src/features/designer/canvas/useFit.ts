import { useReactFlow } from '@xyflow/react';
import { useCallback } from 'react';

/** How long a movement of the canvas takes, in milliseconds: none for people who want no motion. */
export const motion = (ms: number): number => (globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms);

/** Brings the whole flow into sight. */
export function useFit(): () => void {
  const { fitView } = useReactFlow();
  return useCallback(() => {
    // What was just moved is drawn in the next frame.
    requestAnimationFrame(() => void fitView({ maxZoom: 1, padding: 0.06, duration: motion(200) }));
  }, [fitView]);
}
