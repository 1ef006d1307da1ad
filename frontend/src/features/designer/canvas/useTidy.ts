import { useCallback } from 'react';
import { declarationOf, ERROR_PORT, type Link } from '~/model/graph';
import type { Point } from '~/model/layout';
import type { TidyLink, TidyRequest } from '~/model/tidy';
import { move } from '../actions';
import { current } from '../designer.store';
import { useFit } from './useFit';

function inWorker(request: TidyRequest): Promise<[string, Point][]> {
  const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<[string, Point][]>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<[string, Point][]>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

/** A wire with the height at which the card has its port. */
function wire(link: Link): TidyLink {
  const outputs = declarationOf(current().graph, link.from.node)?.outputs ?? [];
  const place = outputs.findIndex((port) => port.name === link.from.port);
  return { from: link.from.node, to: link.to.node, at: link.from.port === ERROR_PORT ? 1 : (place + 1) / (outputs.length + 1) };
}

/** Lays the whole flow out from left to right, off the main thread, as one step. */
export function useTidy(): () => Promise<void> {
  const fit = useFit();
  return useCallback(async () => {
    const { graph, readOnly } = current();
    if (readOnly || graph.nodes.size === 0) return;
    const places = await inWorker({ nodes: [...graph.nodes.keys()], links: graph.links.map(wire) });
    // Nodes that went while the worker thought are left alone.
    move(places.filter(([id]) => current().graph.nodes.has(id)));
    fit();
  }, [fit]);
}
