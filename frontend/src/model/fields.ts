import type { Connection, Connector, Field, Operation } from '../shared/api/types';
import { type FlowNode, isObject, settingsOf } from './document';
import { declarationOf, type Graph } from './graph';

/** A form of an operation, for example one kind of bill. */
interface Form {
  id: string;
  request?: Field[];
  response?: Field[];
}

/** The value a node gives a request parameter. */
export function paramOf(node: FlowNode | undefined, field: string): string {
  const rows = settingsOf(node).params;
  const row = Array.isArray(rows) ? rows.filter(isObject).find((one) => one.field === field) : undefined;
  return typeof row?.value === 'string' ? row.value : '';
}

function formOf(operation: Operation | undefined, node: FlowNode | undefined): Form | undefined {
  if (operation === undefined || typeof operation.form !== 'string' || !Array.isArray(operation.forms)) return undefined;
  const id = paramOf(node, operation.form);
  return (operation.forms as Form[]).find((one) => one.id === id);
}

/** The form that a node chooses and its operation does not list, '' for none: a text with placeholders is not known here. */
export function unlistedForm(operation: Operation | undefined, node: FlowNode | undefined): string {
  if (typeof operation?.form !== 'string') return '';
  const id = paramOf(node, operation.form).trim();
  return id.includes('{{') || formChoices(operation, operation.form).some((one) => one.value === id) ? '' : id;
}

/** An operation with one form more, which its system told of. */
export function withForm(operation: Operation, form: Form): Operation {
  const own = new Set((operation.request ?? []).map((field) => field.field));
  const told = { ...form, request: markTold((form.request ?? []).filter((field) => !own.has(field.field))) };
  return { ...operation, forms: [...(Array.isArray(operation.forms) ? (operation.forms as Form[]) : []), told] };
}

const markTold = (fields: Field[]): Field[] => fields.map((field) => ({ ...field, told: true, ...(field.children === undefined ? {} : { children: markTold(field.children) }) }));

/** A form's fields stand for the operation's own ones of the same name. */
function merged(own: Field[] | undefined, form: Field[] | undefined): Field[] {
  const named = new Map([...(own ?? []), ...(form ?? [])].map((field) => [field.field, field]));
  return [...named.values()];
}

/** What an operation takes for this node: its own fields and those of the chosen form. */
export const requestFields = (operation: Operation | undefined, node: FlowNode | undefined): Field[] => merged(operation?.request, formOf(operation, node)?.request);
export const responseFields = (operation: Operation | undefined, node: FlowNode | undefined): Field[] => merged(operation?.response, formOf(operation, node)?.response);

/** The choices an operation offers for its form parameter. */
export function formChoices(operation: Operation | undefined, field: string): { value: string; title: Field['title'] }[] {
  if (operation?.form !== field || !Array.isArray(operation.forms)) return [];
  return (operation.forms as (Form & { title: Field['title'] })[]).map((form) => ({ value: form.id, title: form.title }));
}

/** Parameters that window and paging fill in when the flow says nothing. */
export function filledIn(operation: Operation | undefined): Set<string> {
  const names = [operation?.window, operation?.paging].flatMap((part) => (isObject(part) ? ['from', 'to', 'number', 'offset', 'size', 'token'].map((key) => (part as Record<string, unknown>)[key]) : []));
  return new Set(names.filter((name): name is string => typeof name === 'string'));
}

export const operationNameOf = (node: FlowNode | undefined): string | undefined => {
  const name = settingsOf(node).operation;
  return typeof name === 'string' && name !== '' ? name : undefined;
};

export function connectorOf(node: FlowNode | undefined, connections: readonly Connection[] | undefined, connectors: readonly Connector[] | undefined): Connector | undefined {
  const connection = connections?.find((one) => one.name === node?.connection);
  return connectors?.find((one) => one.id === connection?.connector);
}

/** The nearest node behind another that writes to a system: whose fields a mapping fills. */
export function writerBehind(graph: Graph, id: string): string | undefined {
  let ring = [id];
  const seen = new Set(ring);
  while (ring.length > 0) {
    ring = ring.flatMap((here) => (graph.out.get(here) ?? []).map((link) => link.to.node)).filter((here) => !seen.has(here) && seen.add(here));
    const found = ring.find((here) => {
      const declared = declarationOf(graph, here);
      return declared?.kind === 'sink' && declared.connection === true;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether documents still look like the source's when they reach a node: nothing before it makes new ones. */
export function looksLikeSource(graph: Graph, id: string): boolean {
  const remakes = (node: string) => declarationOf(graph, node)?.settings.some((setting) => setting.kind === 'mapping' || setting.kind === 'script') === true;
  let ring = (graph.in.get(id) ?? []).map((link) => link.from.node);
  const seen = new Set(ring);
  while (ring.length > 0) {
    if (ring.some(remakes)) return false;
    ring = ring.flatMap((here) => (graph.in.get(here) ?? []).map((link) => link.from.node)).filter((here) => !seen.has(here) && seen.add(here));
  }
  return true;
}
