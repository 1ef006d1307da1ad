import { type FitViewOptions, useReactFlow } from '@xyflow/react';
import { useCallback } from 'react';

/** How long a movement of the canvas takes, in milliseconds: none for people who want no motion. */
export const motion = (ms: number): number => (globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms);

/** Room around the cards: below are the tools, beside run the wires to the next line. */
export const FIT: FitViewOptions = { maxZoom: 1, padding: { top: '32px', right: '48px', bottom: '72px', left: '48px' } };

/** Brings the whole flow into sight. */
export function useFit(): () => void {
  const { fitView } = useReactFlow();
  return useCallback(() => {
    // What was just moved is drawn in the next frame.
    requestAnimationFrame(() => void fitView({ ...FIT, duration: motion(200) }));
  }, [fitView]);
}
