import { api, take } from '~/shared/api/client';
import { asApiError } from '~/shared/api/errors';
import type { Json, PinnedSample } from '~/shared/api/types';
import { parseLossless } from '~/model/lossless';
import { current, type Sample, useDesigner } from '../designer.store';

/** What the server keeps of one sample, in bytes, with room for the request. */
const MOST_BYTES = 1_000_000;

export function setSample(source: string, sample: Sample) {
  useDesigner.setState((state) => ({ samples: { ...state.samples, [source]: sample } }));
}

const at = (node: string) => ({ path: { id: current().flow.id, node } });

/** As many documents as the server keeps, the chosen one in any case. */
export function fitting(items: readonly Json[], chosen: number): { items: Json[]; chosen: number } {
  const size = (one: Json | undefined) => new TextEncoder().encode(JSON.stringify(one)).length;
  let left = MOST_BYTES - size(items[chosen]);
  const kept = items.map((one, i) => {
    const cost = i === chosen ? 0 : size(one);
    if (cost > left) return i === chosen;
    left -= cost;
    return true;
  });
  return { items: items.filter((_, i) => kept[i]), chosen: kept.slice(0, chosen).filter(Boolean).length };
}

/** Brings the samples that stay with the flow's nodes; what was taken on this page stands. */
export async function loadPins(flow: string, signal: AbortSignal): Promise<void> {
  const text = (await take(api.GET('/flows/{id}/samples', { params: { path: { id: flow } }, parseAs: 'text', signal }))) as unknown as string;
  if (current().flow.id !== flow) return;
  const { items } = parseLossless(text) as unknown as { items: PinnedSample[] };
  useDesigner.setState((state) => ({ samples: { ...Object.fromEntries(items.map((one) => [one.node, sampleOf(one)])), ...state.samples } }));
}

const sampleOf = (kept: PinnedSample): Sample => ({
  items: kept.items, at: kept.chosen, request: kept.request, total: kept.total, origin: kept.origin, basis: kept.basis ?? '', pinned: { by: kept.pinnedBy, at: kept.pinnedAt ?? '' },
});

/** Changes of one page go to the server one after the other: the last one stands. */
let line: Promise<unknown> = Promise.resolve();
function inLine<T>(call: () => Promise<T>): Promise<T> {
  const mine = line.then(call, call);
  line = mine.catch(() => undefined);
  return mine;
}

/** Keeps a sample with its node, for everybody of the workspace. */
export async function pin(source: string): Promise<void> {
  const sample = current().samples[source];
  if (sample === undefined || current().readOnly) return;
  const { items, chosen } = fitting(sample.items, sample.at);
  const body = { items, chosen, total: sample.total, origin: sample.origin, basis: sample.basis, ...(sample.request === undefined ? {} : { request: sample.request }) };
  const say = (what: Pick<Sample, 'pinned' | 'refused'>) => {
    const now = current().samples[source];
    if (now !== undefined) setSample(source, { ...now, ...what });
  };
  try {
    const { pinnedBy, pinnedAt } = await inLine(() => take(api.PUT('/flows/{id}/samples/{node}', { params: at(source), body })));
    say({ pinned: { by: pinnedBy, at: pinnedAt ?? '' }, refused: undefined });
  } catch (error) {
    say({ refused: asApiError(error) });
    throw error;
  }
}

/** Lets go of a sample; this page has it on. */
export async function unpin(source: string): Promise<void> {
  if (current().readOnly) return;
  await inLine(() => take(api.DELETE('/flows/{id}/samples/{node}', { params: at(source) })));
  const now = current().samples[source];
  if (now !== undefined) setSample(source, { ...now, pinned: undefined });
}

/** Which document is chosen goes along; where that fails, the one before is chosen after a reload. */
export function choosePinned(source: string, chosen: number) {
  if (current().samples[source]?.pinned === undefined || current().readOnly) return;
  void inLine(() => take(api.POST('/flows/{id}/samples/{node}/choose', { params: at(source), body: { chosen } }))).catch(() => undefined);
}
