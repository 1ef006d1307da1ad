import type { Attempt, Delivery, DocumentDetail } from '../../../shared/api/types';
import { parseJson, parseKeeping, prettyJson, type RawJson } from '../../../shared/lib/json';

type Kept<T, K extends keyof T> = Omit<T, K> & { [P in K]?: RawJson };

export type LedgerDelivery = Kept<Delivery, 'mapped' | 'response' | 'writeback'>;
export type LedgerDocument = Omit<Kept<DocumentDetail, 'source'>, 'deliveries'> & { deliveries: LedgerDelivery[] };

const PAYLOADS = new Set(['source', 'mapped', 'response', 'writeback']);

/** Reads a document whose payloads stay exactly as the server wrote them. */
export function readDocument(text: string): LedgerDocument {
  const found = parseKeeping(text, PAYLOADS) as LedgerDocument;
  return { ...found, revisions: found.revisions ?? [], deliveries: found.deliveries ?? [], bills: found.bills ?? [], actions: found.actions ?? [], handedFrom: found.handedFrom ?? [], handedTo: found.handedTo ?? [] };
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
  text: string;
}

/** Everything of a document and one of its deliveries that can be looked at or compared. */
export function payloads(document: LedgerDocument, delivery: LedgerDelivery | undefined): Payload[] {
  const list: Payload[] = [{ key: 'source', kind: 'source', text: payloadText(document.source) }];
  if (delivery !== undefined) {
    list.push({ key: 'mapped', kind: 'mapped', text: payloadText(delivery.mapped) });
    list.push({ key: 'response', kind: 'response', text: payloadText(delivery.response) });
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
  /** pull and edit for a revision, else the kind of an attempt: send, probe or adopt. */
  kind: string;
  tone: 'ok' | 'err' | 'info';
  rev?: number;
  attempt?: number;
  node?: string;
  operation?: string;
  actor?: string;
  message?: string;
}

const UNDER_WAY: readonly Attempt['outcome'][] = ['pending', 'sending'];

function toneOf({ code, outcome }: Attempt): Moment['tone'] {
  if (code !== undefined && code !== '') return 'err';
  return UNDER_WAY.includes(outcome) ? 'info' : 'ok';
}

const when = (time: string | null | undefined) => Date.parse(time ?? '') || 0;

/**
 * What happened to a document, oldest first. A revision bears the time of its last
 * change, which comes after its sends, so revisions stand in their order and each
 * is followed by the attempts up to that time. An attempt of which there is no record
 * stands in the list of attempts alone.
 */
export function timeline(document: LedgerDocument, attempts: readonly Attempt[]): Moment[] {
  const calls: Moment[] = attempts.filter(({ recorded }) => recorded).map((one, i) => ({
    key: `attempt-${one.id ?? i}`, at: one.startedAt, kind: one.kind, node: one.node, operation: one.operation, attempt: one.no, tone: toneOf(one), message: one.message ?? '',
  }));
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
