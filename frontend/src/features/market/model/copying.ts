import { nodesOf, readDocument, settingsOf } from '../../../model/document';
import { dayBefore } from '../../../shared/lib/times';
import { RawJson } from '../../../shared/lib/json';
import type { Connection, Json, TemplateDetail } from '../../../shared/api/types';

export interface CopyWish {
  connections: Record<string, string>;
  flows: Record<string, string>;
  /** Values by key: numbers with all their digits. */
  params: RawJson;
  tables: Record<string, { name: string; reuse: boolean }>;
  startFrom?: string;
}

/** What the form holds: texts, as people type them. */
export interface Draft {
  connections: Record<string, string>;
  flows: Record<string, string>;
  params: Record<string, string>;
  tables: Record<string, { name: string; reuse: boolean }>;
  /** A day, '' for what the template says; undefined where no flow reads by time. */
  start: string | undefined;
}

type Param = TemplateDetail['params'][number];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');

/** How many days back a copy begins to read: enough to see documents, few enough to look at them. */
const BACK = 7;

/** A source that begins here wants all there ever was, and stays. */
const EVERYTHING = '2000-01-01 00:00:00';

const readsByTime = (template: TemplateDetail): boolean =>
  template.documents.some((doc) =>
    nodesOf(readDocument(doc as Json)).some((node) => {
      const { startFrom } = settingsOf(node);
      return typeof startFrom === 'string' && startFrom !== EVERYTHING;
    }),
  );

/**
 * Where a copy begins: the only connection of a system is chosen, parameters have their
 * defaults, and code tables that the workspace has already are used as they are. Sources begin to read a week ago.
 */
export function begin(template: TemplateDetail, connections: readonly Connection[], today: Date): Draft {
  const only = (connector: string) => {
    const fitting = connections.filter((one) => one.connector === connector);
    return fitting.length === 1 ? (fitting[0]?.name ?? '') : '';
  };
  return {
    connections: Object.fromEntries(template.connections.map(({ slot, connector }) => [slot, only(connector)])),
    flows: Object.fromEntries(template.flowSlots.map(({ alias }) => [alias, ''])),
    params: Object.fromEntries(template.params.map(({ key, default: value }) => [key, textOf(value)])),
    tables: Object.fromEntries(template.codeTables.map(({ name, taken }) => [name, { name, reuse: taken }])),
    start: readsByTime(template) ? dayBefore(today, BACK) : undefined,
  };
}

const INT = /^[+-]?\d+$/;
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** A parameter's text as JSON in its own type; undefined where it can't be, null where nothing is given. */
function valueOf({ type }: Param, text: string): string | null | undefined {
  if (type === 'bool') return String(text === 'true');
  if (text === '') return null;
  // A number of JavaScript would lose digits.
  if (type === 'int') return INT.test(text) ? BigInt(text.replace('+', '')).toString() : undefined;
  if (type === 'decimal' && !NUMBER.test(text)) return undefined;
  return JSON.stringify(text);
}

export type Complaint = 'connection' | 'flow' | 'required' | 'number' | 'table';

/** What is missing or can't be, by the path that the server names it with. */
export function complaints(template: TemplateDetail, draft: Draft): Record<string, Complaint> {
  const found: Record<string, Complaint> = {};
  for (const { slot } of template.connections) if (draft.connections[slot] === '') found[`connections.${slot}`] = 'connection';
  for (const { alias } of template.flowSlots) if (draft.flows[alias] === '') found[`flows.${alias}`] = 'flow';
  for (const param of template.params) {
    const value = valueOf(param, draft.params[param.key] ?? '');
    if (value === undefined) found[`params.${param.key}`] = 'number';
    if (value === null && param.required) found[`params.${param.key}`] = 'required';
  }
  for (const { name } of template.codeTables) if (draft.tables[name]?.name === '') found[`tables.${name}`] = 'table';
  return found;
}

/** What the server is asked for. A parameter without a value keeps what the template says. */
export function wishOf(template: TemplateDetail, draft: Draft): CopyWish {
  const params = template.params.map((param) => [param.key, valueOf(param, draft.params[param.key] ?? '')] as const).filter(([, value]) => typeof value === 'string');
  return { connections: draft.connections, flows: draft.flows, tables: draft.tables, ...(draft.start !== undefined && draft.start !== '' && { startFrom: `${draft.start} 00:00:00` }), params: new RawJson(`{${params.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`) };
}
