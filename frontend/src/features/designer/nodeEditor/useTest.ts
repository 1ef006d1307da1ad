import { useCallback, useEffect } from 'react';
import { asApiError } from '~/shared/api/errors';
import type { Json } from '~/shared/api/types';
import { declarationOf, sourcesOf } from '~/model/graph';
import { addDiscovered } from '~/model/knownFields';
import { change } from '../actions';
import { fetchSample, type SampleOf, testFlow } from '../api';
import { current, documentNow, useDesigner } from '../designer.store';
import { choosePinned, pin, setSample, unpin } from './pins';
import { basisOf } from '~/model/basis';

/** Rows asked for at once. */
const ROWS = 20;
/** Quiet before a changed draft is tested again, in milliseconds. */
const QUIET = 700;

/** The source a node's sample comes from. */
export const useSourceOf = (id: string): string | undefined => useDesigner((state) => sourcesOf(state.graph, id)[0]);

/**
 * Asks the source's real system for its newest rows or those of some numbers, or takes what
 * would be posted to it. The first becomes the sample, which stays with the node; false where
 * nothing came.
 */
export async function askForSample(source: string, of?: SampleOf): Promise<boolean> {
  const basis = basisOf(current().graph.nodes.get(source));
  const result = await fetchSample(current().flow.id, documentNow(), source, ROWS, of);
  if (result.items.length === 0) return false;
  const { graph } = current();
  const keeps = declarationOf(graph, source)?.settings.some((setting) => setting.key === 'fields' && setting.kind === 'list') === true;
  if (keeps && result.discovered !== undefined) change(addDiscovered(documentNow(), source, result.discovered), `${source}.discovered`);
  const origin = of === undefined ? 'taken' : 'posted' in of ? 'posted' : 'numbers';
  setSample(source, { items: result.items, at: 0, request: result.request, total: result.total, origin, basis });
  // It is there to test with, kept or not.
  await pin(source).catch(() => undefined);
  return true;
}

export function pickSample(source: string, at: number) {
  const sample = current().samples[source];
  if (sample === undefined) return;
  const chosen = Math.max(0, Math.min(at, sample.items.length - 1));
  setSample(source, { ...sample, at: chosen });
  choosePinned(source, chosen);
}

/** Puts what a person wrote in place of the chosen document. */
export async function editSample(source: string, item: Json): Promise<void> {
  const sample = current().samples[source];
  if (sample === undefined) return;
  setSample(source, { ...sample, items: sample.items.map((one, i) => (i === sample.at ? item : one)), origin: 'edited' });
  if (sample.pinned !== undefined) await pin(source).catch(() => undefined);
}

/** Forgets a sample, here and where it was kept. */
export async function dropSample(source: string): Promise<void> {
  const { [source]: gone, ...rest } = current().samples;
  if (gone?.pinned !== undefined) await unpin(source);
  useDesigner.setState({ samples: rest, test: undefined, testError: undefined });
}

let turn = 0;

/** Sends one sample through the flow without sending anything to a system. */
export async function testNow(source: string, sample: Json): Promise<void> {
  const mine = ++turn;
  useDesigner.setState({ testing: true });
  try {
    const test = await testFlow(current().flow.id, documentNow(), source, sample);
    // A slower answer to an older question says nothing about the draft of now.
    if (mine === turn) useDesigner.setState({ test, testError: undefined, testing: false });
  } catch (error) {
    if (mine === turn) useDesigner.setState({ testError: asApiError(error), testing: false });
  }
}

export const sampleOf = (source: string | undefined): Json | undefined => {
  const sample = source === undefined ? undefined : current().samples[source];
  return sample?.items[sample.at];
};

/** Tests again a moment after the draft or the sample changed, while an editor is open. */
export function useLiveTest(source: string | undefined): () => void {
  const doc = useDesigner((state) => state.history.present);
  const sample = useDesigner((state) => (source === undefined ? undefined : state.samples[source]));
  const run = useCallback(() => {
    const item = sampleOf(source);
    if (source !== undefined && item !== undefined) void testNow(source, item);
  }, [source]);
  useEffect(() => {
    if (sample === undefined) return;
    const timer = setTimeout(run, QUIET);
    return () => clearTimeout(timer);
  }, [doc, sample, run]);
  return run;
}
