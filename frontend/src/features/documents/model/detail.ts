import type { Call, Delivery, DocumentDetail } from '../../../shared/api/types';
import { parseJson, parseKeeping, prettyJson, type RawJson } from '../../../shared/lib/json';

type Kept<T, K extends keyof T> = Omit<T, K> & { [P in K]?: RawJson };

export type LedgerCall = Kept<Call, 'response'>;
export type LedgerDelivery = Omit<Kept<Delivery, 'mapped' | 'response' | 'writeback'>, 'calls'> & { calls: LedgerCall[] };
export type LedgerDocument = Omit<Kept<DocumentDetail, 'source'>, 'deliveries'> & { deliveries: LedgerDelivery[] };

const PAYLOADS = new Set(['source', 'mapped', 'response', 'writeback']);

/** Reads a document whose payloads stay exactly as the server wrote them. */
export function readDocument(text: string): LedgerDocument {
  const found = parseKeeping(text, PAYLOADS) as LedgerDocument;
  return { ...found, revisions: found.revisions ?? [], deliveries: (found.deliveries ?? []).map((one) => ({ ...one, calls: one.calls ?? [] })), bills: found.bills ?? [], actions: found.actions ?? [], handedFrom: found.handedFrom ?? [], handedTo: found.handedTo ?? [] };
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
  kind: 'source' | 'mapped' | 'response' | 'writeback';
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
      list.push({ key: `response-${call.id}`, kind: 'response', attempt: call.attempt, text: payloadText(call.response) });
    }
    list.push({ key: 'answer', kind: 'response', text: payloadText(delivery.response) });
    list.push({ key: 'writeback', kind: 'writeback', text: payloadText(delivery.writeback) });
  }
  return list.filter(({ text }) => text !== '');
}

/** The newest payload of a kind. */
export const newest = (list: Payload[], kind: Payload['kind']) => list.filter((one) => one.kind === kind).at(-1);

/** What to compare at first: source and mapped. */
export function firstPair(list: Payload[]): [string, string] | undefined {
  const [a, b] = [newest(list, 'source'), newest(list, 'mapped')];
  return a === undefined || b === undefined ? undefined : [a.key, b.key];
}

export interface Moment {
  key: string;
  /** Undefined where only the end is known, and that is told by what follows. */
  at: string | undefined;
  /** pull and edit for a revision, else the kind of a call: send, probe or writeback. */
  kind: string;
  tone: 'ok' | 'err' | 'info';
  rev?: number;
  attempt?: number;
  node?: string;
  operation?: string;
  actor?: string;
  message?: string;
}

const when = (time: string | null | undefined) => Date.parse(time ?? '') || 0;

/**
 * What happened to a document, oldest first. A revision bears the time of its last
 * change, which comes after its sends, so revisions stand in their order and each
 * is followed by the calls up to that time.
 */
export function timeline(document: LedgerDocument): Moment[] {
  const calls: Moment[] = document.deliveries.flatMap((delivery) =>
    delivery.calls.map((call) => ({
      key: `call-${delivery.node}-${delivery.part}-${call.id}`, at: call.startedAt ?? undefined, kind: call.kind, node: delivery.node, operation: call.operation,
      attempt: call.attempt, tone: call.code !== undefined && call.code !== '' ? 'err' : 'ok', message: call.message ?? '',
    })),
  );
  calls.sort((a, b) => when(a.at) - when(b.at));
  const moments: Moment[] = [];
  let next = 0;
  document.revisions.forEach((revision, i) => {
    const last = i === document.revisions.length - 1;
    const first = next;
    while (next < calls.length && (last || when(calls[next]?.at) <= when(revision.at))) next++;
    const mine = calls.slice(first, next);
    moments.push({
      key: `rev-${revision.rev}`, at: mine.length === 0 ? (revision.at ?? undefined) : undefined, kind: revision.origin === 'edit' ? 'edit' : 'pull', tone: 'info',
      rev: revision.rev, actor: revision.actor ?? '',
    }, ...mine);
  });
  return [...moments, ...calls.slice(next)];
}

/** Whether a text is what the server takes as an edited payload: one JSON object. */
export function isObject(text: string): boolean {
  return parseJson(text).kind === 'object';
}
