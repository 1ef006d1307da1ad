import type { Json, Operation } from '../../../shared/api/types';
import { isObject, type FlowDocument, type FlowNode, type JsonObject, readDocument } from '../../../model/document';
import { filledIn, requestFields, responseFields } from '../../../model/fields';
import { type Line, mappingLines, setRow } from '../../../model/mapping';
import { sampleFields } from '../../../model/sampleTree';
import { type Suggestion, suggest } from '../../../model/automatch';

/** One side of a flow: which system, which operation, and what the operation is asked with. */
export interface Side {
  connection: string;
  operation: string;
  params: Record<string, string>;
}

/** What the steps of the wizard collect. */
export interface Choices {
  source: Side;
  target: Side;
  /** A day; '' where the source does not read by time. */
  start: string;
  /** Ids of the target's lines that are not to be filled although something fits. */
  left: string[];
  /** Values that a person wrote for lines that nothing fits, by their ids. */
  values: Record<string, string>;
  title: string;
  /** A cron text, '' for by hand. */
  schedule: string;
}

const blank = (): Side => ({ connection: '', operation: '', params: {} });
export const noChoices = (start: string): Choices => ({ source: blank(), target: blank(), start, left: [], values: {}, title: '', schedule: '*/10 * * * *' });

const rowsOf = ({ params }: Side): JsonObject[] => Object.entries(params).filter(([, value]) => value !== '').map(([field, value]) => ({ field, value }));

/** The node of a side, for what looks at nodes. */
const nodeOf = (id: string, type: string, side: Side, more: JsonObject = {}): FlowNode => {
  const params = rowsOf(side);
  return { id, type, connection: side.connection, settings: { operation: side.operation, ...more, ...(params.length > 0 ? { params } : {}) } };
};

/** The parameters that a person has to give: those that are required and come neither from the window, the page nor the mapping. */
export function asked(operation: Operation | undefined, side: Side) {
  const filled = filledIn(operation);
  return requestFields(operation, nodeOf('x', 'source', side)).filter((field) => !filled.has(field.field) && (operation?.kind !== 'write' || field.group === 'other') && (field.required === true || field.field === operation?.form));
}

export const missing = (operation: Operation | undefined, side: Side) => asked(operation, side).filter((field) => (side.params[field.field] ?? '') === '' && (field.default ?? '') === '');

/** Whether an operation reads what changed in a span of time. */
export const readsByTime = (operation: Operation | undefined) => isObject(operation?.window as Json | undefined);

/** The target's lines with what of the source fits each of them. */
export function match(choices: Choices, source: Operation, target: Operation, sample: Json | undefined): { lines: Line[]; found: Map<string, Suggestion[]> } {
  const request = requestFields(target, nodeOf('target', 'target', choices.target)).filter((field) => field.group !== 'other');
  const lines = mappingLines([], request);
  return { lines, found: suggest(lines, sampleFields(sample, responseFields(source, nodeOf('source', 'source', choices.source)))) };
}

/** The flow's document. Lines that something fits are filled with the best of it unless they are left out. */
export function documentOf(choices: Choices, source: Operation, target: Operation, matched: ReturnType<typeof match>, zone: string): FlowDocument {
  const begin: JsonObject = readsByTime(source) ? { startFrom: `${choices.start} 00:00:00` } : {};
  const nodes: FlowNode[] = [
    ...(readsByTime(source) ? [{ id: 'span', type: 'window' }] : []),
    ...(isObject(source.paging as Json | undefined) ? [{ id: 'pages', type: 'paginate' }] : []),
    nodeOf('source', 'source', choices.source, begin),
    { id: 'map', type: 'map', settings: { fields: rowsFor(choices, target, matched) } },
    nodeOf('target', 'target', choices.target),
  ];
  return readDocument({
    apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: choices.title },
    spec: {
      settings: { timezone: zone },
      triggers: [...(choices.schedule === '' ? [] : [{ schedule: choices.schedule }]), { manual: true }],
      nodes, edges: nodes.slice(1).map((node, i) => ({ from: nodes[i]?.id ?? '', to: node.id })),
    },
  } as unknown as Json);
}

/** A document that reads the source alone, to see a few of its records. */
export function sketchOf(choices: Choices, source: Operation): Json {
  const begin: JsonObject = readsByTime(source) ? { startFrom: `${choices.start} 00:00:00` } : {};
  return { apiVersion: 'karez/v1', kind: 'Flow', metadata: { title: 'sketch' }, spec: { nodes: [nodeOf('source', 'source', choices.source, begin)], edges: [] } } as unknown as Json;
}

/** The rows of the mapping: what is taken, and the arrays that its lines run over. */
function rowsFor({ left, values, target: side }: Choices, target: Operation, { lines, found }: ReturnType<typeof match>): Json[] {
  const request = requestFields(target, nodeOf('target', 'target', side));
  let rows: Json[] = [];
  const walk = (list: readonly Line[]) => {
    for (const line of list) {
      const value = left.includes(line.id) ? undefined : (found.get(line.id)?.[0]?.value ?? values[line.id]);
      if (value !== undefined && value !== '') rows = setRow(rows, line.path, request, { value });
      if (line.type !== 'array' || value !== undefined) walk(line.children);
    }
  };
  walk(lines);
  return rows;
}
