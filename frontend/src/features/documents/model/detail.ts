import type { Call, Delivery, DocumentDetail } from '../../../shared/api/types';
import { parseJson, parseKeeping, prettyJson, type RawJson } from '../../../shared/lib/json';

type Kept<T, K extends keyof T> = Omit<T, K> & { [P in K]?: RawJson };

export type LedgerCall = Kept<Call, 'request' | 'response'>;
export type LedgerDelivery = Omit<Kept<Delivery, 'mapped' | 'response' | 'writeback'>, 'calls'> & { calls: LedgerCall[] };
export type LedgerDocument = Omit<Kept<DocumentDetail, 'source'>, 'deliveries'> & { deliveries: LedgerDelivery[] };

const PAYLOADS = new Set(['source', 'mapped', 'response', 'writeback', 'request']);

/** Reads a document whose payloads stay exactly as the server wrote them. */
export function readDocument(text: string): LedgerDocument {
  const found = parseKeeping(text, PAYLOADS) as LedgerDocument;
  return { ...found, revisions: found.revisions ?? [], deliveries: (found.deliveries ?? []).map((one) => ({ ...one, calls: one.calls ?? [] })), actions: found.actions ?? [] };
}

/** A payload for people: laid out when it is JSON, as it is when a vendor answered in text, "" when there is none. */
export function payloadText(raw: RawJson | undefined): string {
  if (raw === undefined) return '';
  const node = parseJson(raw.text);
  if (node.kind === 'literal' && node.value === null) return '';
  return node.kind === 'string' ? node.value : prettyJson(raw.text);
}

export interface Payload {
  key: string;
  kind: 'source' | 'mapped' | 'request' | 'response' | 'writeback';
  /** Which attempt, for what belongs to a call. */
  attempt?: number;
  text: string;
}

/** Everything of a document and one of its deliveries that can be looked at or compared. */
export function payloads(document: LedgerDocument, delivery: LedgerDelivery | undefined): Payload[] {
  const list: Payload[] = [{ key: 'source', kind: 'source', text: payloadText(document.source) }];
  if (delivery !== undefined) {
    list.push({ key: 'mapped', kind: 'mapped', text: payloadText(delivery.mapped) });
    for (const call of delivery.calls) {
      list.push({ key: `request-${call.id}`, kind: 'request', attempt: call.attempt, text: payloadText(call.request) });
      list.push({ key: `response-${call.id}`, kind: 'response', attempt: call.attempt, text: payloadText(call.response) });
    }
    list.push({ key: 'answer', kind: 'response', text: payloadText(delivery.response) });
    list.push({ key: 'writeback', kind: 'writeback', text: payloadText(delivery.writeback) });
  }
  return list.filter(({ text }) => text !== '');
}

/** The newest payload of a kind. */
export const newest = (list: Payload[], kind: Payload['kind']) => list.filter((one) => one.kind === kind).at(-1);

/** What to compare at first: the last two requests, else source and mapped. */
export function firstPair(list: Payload[]): [string, string] | undefined {
  const requests = list.filter(({ kind }) => kind === 'request');
  const [a, b] = requests.length > 1 ? requests.slice(-2) : [list.find(({ kind }) => kind === 'source'), newest(list, 'mapped') ?? newest(list, 'request')];
  return a === undefined || b === undefined ? undefined : [a.key, b.key];
}

export interface Moment {
  key: string;
  at: string;
  kind: 'pull' | 'edit' | 'send' | 'probe' | 'writeback';
  tone: 'ok' | 'err' | 'info';
  rev?: number;
  attempt?: number;
  node?: string;
  operation?: string;
  actor?: string;
  message?: string;
}

/** What happened to a document, oldest first. */
export function timeline(document: LedgerDocument): Moment[] {
  const moments: Moment[] = document.revisions.map((revision) => ({
    key: `rev-${revision.rev}`, at: revision.at, kind: revision.origin === 'edit' ? 'edit' : 'pull', tone: 'info', rev: revision.rev, actor: revision.actor ?? '',
  }));
  for (const delivery of document.deliveries) {
    for (const call of delivery.calls) {
      moments.push({
        key: `call-${delivery.node}-${delivery.part}-${call.id}`, at: call.startedAt, kind: call.kind, node: delivery.node, operation: call.operation, attempt: call.attempt,
        tone: call.code !== undefined && call.code !== '' ? 'err' : 'ok', message: call.message ?? '',
      });
    }
  }
  return moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Whether a text is what the server takes as an edited payload: one JSON object. */
export function isObject(text: string): boolean {
  return parseJson(text).kind === 'object';
}
