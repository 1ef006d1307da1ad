import { useQuery } from '@tanstack/react-query';
import { LASTING } from '~/shared/api/catalog';
import { api, take } from '~/shared/api/client';
import { asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import type { CaseResult, Evaluation, Explained, Flow, Json, Problem, SampleResult, ScriptProblem, TestResult } from '~/shared/api/types';
import { asJson, type FlowDocument } from '~/model/document';
import { parseLossless } from '~/model/lossless';
import { useDesigner } from './designer.store';

// Flow documents and payloads are read as text, so that long numbers keep their digits.

async function takeText<T>(answer: Promise<{ data?: unknown }>): Promise<T> {
  return parseLossless((await take(answer)) as string) as unknown as T;
}

const at = (id: string) => ({ path: { id } });

export const getFlow = (id: string, signal?: AbortSignal): Promise<Flow> => takeText(api.GET('/flows/{id}', { params: at(id), signal, parseAs: 'text' }));

/** The flow as a version of it was published, to be looked at: nothing of it can be saved. */
export async function getVersion(id: string, no: number, signal?: AbortSignal): Promise<Flow> {
  const [flow, old] = await Promise.all([
    getFlow(id, signal),
    takeText<{ document: Json; createdAt: string }>(api.GET('/flows/{id}/versions/{no}', { params: { path: { id, no } }, signal, parseAs: 'text' })),
  ]);
  return { ...flow, document: old.document, updatedAt: old.createdAt, problems: [] };
}

export const saveFlow = (id: string, etag: string, doc: FlowDocument): Promise<Flow> =>
  takeText(api.PUT('/flows/{id}', { params: { ...at(id), header: { 'If-Match': etag } }, body: { document: asJson(doc) }, parseAs: 'text' }));

export const publishFlow = (id: string, note: string): Promise<Flow> => takeText(api.POST('/flows/{id}/publish', { params: at(id), body: { note }, parseAs: 'text' }));

export const setEnabled = (id: string, on: boolean): Promise<Flow> =>
  on ? takeText(api.POST('/flows/{id}/enable', { params: at(id), body: {}, parseAs: 'text' })) : takeText(api.POST('/flows/{id}/disable', { params: at(id), body: {}, parseAs: 'text' }));

export const keepAsCopy = (title: string, doc: FlowDocument): Promise<Flow> => takeText(api.POST('/flows', { body: { title, document: asJson(doc) }, parseAs: 'text' }));

export const startRun = (id: string) => take(api.POST('/flows/{id}/runs', { params: at(id), body: {} }));
export const cancelRun = (id: string) => take(api.POST('/runs/{id}/cancel', { params: at(id), body: {} }));

/** What a sample is made of, where not of the newest documents of the system. */
export type SampleOf = { posted: string } | { numbers: string[] };

export const fetchSample = (id: string, doc: FlowDocument, node: string, count: number, of?: SampleOf): Promise<SampleResult> =>
  takeText(api.POST('/flows/{id}/sample', { params: at(id), body: { document: asJson(doc), node, count, ...of }, parseAs: 'text' }));

/** Walks a record from a node on, to the targets or to one node. */
export const testFlow = (id: string, doc: FlowDocument, node: string, sample: Json, until?: string): Promise<TestResult> =>
  takeText(api.POST('/flows/{id}/test', { params: at(id), body: { document: asJson(doc), node, sample, ...(until === undefined ? {} : { until }) }, parseAs: 'text' }));

/** Runs the tests of one node that stand in the document. */
export const runTests = async (id: string, doc: FlowDocument, node: string): Promise<CaseResult[]> =>
  (await takeText<{ tests: CaseResult[] }>(api.POST('/flows/{id}/tests', { params: at(id), body: { document: asJson(doc), node }, parseAs: 'text' }))).tests;

/** What a mapping makes of every field of a record that reaches it, and why. */
export const explainMapping = async (id: string, doc: FlowDocument, node: string, sample: Json, signal?: AbortSignal): Promise<Explained[]> =>
  (await takeText<{ items: Explained[] }>(api.POST('/flows/{id}/explain', { params: at(id), body: { document: asJson(doc), node, sample }, signal, parseAs: 'text' }))).items;

export async function evaluate(text: string, source: Json, uses?: Record<string, { flow: string }>, signal?: AbortSignal): Promise<Evaluation> {
  try {
    return await takeText(api.POST('/values/evaluate', { body: { text, source, ...(uses === undefined ? {} : { uses }) }, signal, parseAs: 'text' }));
  } catch (error) {
    const { code, message } = asApiError(error);
    return { error: { code, message } };
  }
}

export async function checkScript(source: string): Promise<ScriptProblem[]> {
  return (await take(api.POST('/scripts/check', { body: { source } }))).problems;
}

/** What is wrong with a document, saved or not. */
export async function validate(doc: FlowDocument, signal?: AbortSignal): Promise<Problem[]> {
  return (await take(api.POST('/flows/validate', { body: { document: asJson(doc) }, signal }))).problems ?? [];
}

/** The document of a published version, to compare with. */
export function usePublishedVersion(id: string, no: number) {
  return useQuery({
    queryKey: [...keys.flow(id), 'version', no],
    enabled: no > 0,
    staleTime: Infinity,
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/versions/{no}', { params: { path: { id, no } }, signal })),
  });
}

/** The fields that the system behind a connection tells of a form; undefined names ask for nothing. Only those who may edit are answered. */
export function useDiscovered(connection: string | undefined, operation: string | undefined, form: string) {
  const readOnly = useDesigner((state) => state.readOnly);
  return useQuery({
    queryKey: [...keys.connections, connection, 'discover', operation, form],
    enabled: connection !== undefined && connection !== '' && operation !== undefined && form !== '' && !readOnly,
    staleTime: LASTING,
    retry: false,
    queryFn: async ({ signal }) => (await take(api.POST('/connections/{name}/discover', { params: { path: { name: connection ?? '' } }, body: { operation: operation ?? '', form }, signal }))).form,
  });
}
