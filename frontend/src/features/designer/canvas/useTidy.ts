import { useReactFlow } from '@xyflow/react';
import { useCallback } from 'react';
import type { Point } from '~/model/layout';
import type { TidyRequest } from '~/model/tidy';
import { move } from '../actions';
import { current } from '../designer.store';

function inWorker(request: TidyRequest): Promise<[string, Point][]> {
  const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<[string, Point][]>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<[string, Point][]>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

/** Lays the whole flow out from left to right, off the main thread, as one step. */
export function useTidy(): () => Promise<void> {
  const { fitView } = useReactFlow();
  return useCallback(async () => {
    const { graph, readOnly } = current();
    if (readOnly || graph.nodes.size === 0) return;
    const links = graph.links.map((link) => ({ from: link.from.node, to: link.to.node }));
    const places = await inWorker({ nodes: [...graph.nodes.keys()], links });
    // Nodes that went while the worker thought are left alone.
    move(places.filter(([id]) => current().graph.nodes.has(id)));
    await fitView({ maxZoom: 1, padding: 0.08, duration: 200 });
  }, [fitView]);
}
