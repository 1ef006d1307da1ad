import { type FitViewOptions, useReactFlow } from '@xyflow/react';
import { useCallback } from 'react';
import { placesNow } from '../actions';
import { current } from '../designer.store';
import { BESIDE, portsAt } from './wayBack';

/** How long a movement of the canvas takes, in milliseconds: none for people who want no motion. */
export const motion = (ms: number): number => (globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms);

/** Room around the cards: below are the tools, beside run the wires to the next line and stand the names of ports. */
export function fitOptions(): FitViewOptions {
  const { graph } = current();
  const places = placesNow();
  const x = (id: string) => places.get(id)?.x ?? 0;
  const rightmost = Math.max(...[...places.values()].map((at) => at.x));
  const wires = graph.links.some((link) => x(link.to.node) < x(link.from.node));
  const names = [...graph.nodes.keys()].some((id) => x(id) >= rightmost - BESIDE.named && portsAt(graph, id) > 1);
  const px = (room: number) => `${room}px` as const;
  return { maxZoom: 1, padding: { top: '32px', right: px(24 + (names ? BESIDE.named : wires ? BESIDE.plain : 0)), bottom: '72px', left: px(24 + (wires ? BESIDE.plain : 0)) } };
}

/** Brings the whole flow into sight. */
export function useFit(): () => void {
  const { fitView } = useReactFlow();
  return useCallback(() => {
    // What was just moved is drawn in the next frame.
    requestAnimationFrame(() => void fitView({ ...fitOptions(), duration: motion(200) }));
  }, [fitView]);
}
