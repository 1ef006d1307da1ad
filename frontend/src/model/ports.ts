import type { Json, NodeDeclaration, Port } from '../shared/api/types';
import { type FlowDocument, type FlowEdge, type FlowNode, isObject, type JsonObject, setSetting, settingsOf, withMember, withSpec } from './document';

// A declaration may say which of its settings is a list whose rows are outputs.

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const rowsOf = (settings: JsonObject, key: string): readonly Json[] => {
  const rows = settings[key];
  return Array.isArray(rows) ? rows : [];
};

const portOf = (row: Json | undefined): string => (isObject(row) ? textOf(row.port) : '');

/** A node as far as its ports need it. */
interface Settled {
  settings?: JsonObject;
}

const known = new WeakMap<Settled, { of: NodeDeclaration; is: NodeDeclaration }>();

/** What a type declares, with the outputs that one node's settings give it before the declared ones. */
export function declaredFor(of: NodeDeclaration | undefined, node: Settled): NodeDeclaration | undefined {
  if (of?.outputsFrom === undefined) return of;
  // Everything that is drawn asks, again and again; a node is never changed in place.
  const before = known.get(node);
  if (before?.of === of) return before.is;
  const is = { ...of, outputs: [...settingPorts(of, isObject(node.settings) ? node.settings : {}), ...(of.outputs ?? [])] };
  known.set(node, { of, is });
  return is;
}

function settingPorts(of: NodeDeclaration, settings: JsonObject): Port[] {
  const taken = new Set(['', 'error', ...(of.outputs ?? []).map((port) => port.name)]);
  const traffic = of.outputs?.at(-1)?.traffic ?? 'documents';
  return rowsOf(settings, of.outputsFrom ?? '').flatMap((row) => {
    const name = portOf(row);
    if (taken.has(name)) return [];
    taken.add(name);
    return [{ name, title: { zh: (isObject(row) ? textOf(row.title) : '') || name }, traffic }];
  });
}

/**
 * Writes a node's new settings. A row that was added to the list of outputs gets a
 * name for its port; the edges of a port that was renamed follow it, and those of a
 * row that was removed go.
 */
export function changeSettings(doc: FlowDocument, node: FlowNode, of: NodeDeclaration | undefined, next: JsonObject): FlowDocument {
  const before = settingsOf(node);
  let changed = doc;
  for (const key of new Set([...Object.keys(before), ...Object.keys(next)])) {
    if (before[key] === next[key]) continue;
    if (of === undefined || key !== of.outputsFrom) {
      changed = setSetting(changed, node.id, key, next[key]);
      continue;
    }
    const old = rowsOf(before, key);
    const rows = named(rowsOf(next, key), old.length, of);
    changed = follow(setSetting(changed, node.id, key, Array.isArray(next[key]) ? rows : next[key]), node.id, old.map(portOf), rows.map(portOf));
  }
  return changed;
}

function named(rows: readonly Json[], from: number, of: NodeDeclaration): Json[] {
  const taken = new Set([...(of.outputs ?? []).map((port) => port.name), ...rows.map(portOf)]);
  return rows.map((row, i) => {
    if (i < from || !isObject(row) || row.port !== undefined) return row;
    let no = 1;
    while (taken.has(`out${no}`)) no++;
    taken.add(`out${no}`);
    return { ...row, port: `out${no}` };
  });
}

function follow(doc: FlowDocument, id: string, before: readonly string[], after: readonly string[]): FlowDocument {
  const renamed = new Map<string, string>();
  const gone = new Set(before.length > after.length ? before.filter((port) => port !== '' && !after.includes(port)) : []);
  if (before.length === after.length) {
    before.forEach((port, i) => {
      const now = after[i] ?? '';
      if (port !== now && port !== '' && now !== '' && !after.includes(port) && !before.includes(now)) renamed.set(`${id}.${port}`, `${id}.${now}`);
    });
  }
  if (renamed.size === 0 && gone.size === 0) return doc;
  const fromOf = (edge: Json) => (isObject(edge) ? textOf(edge.from) : '');
  const edges = doc.spec.edges.filter((edge) => ![...gone].some((port) => fromOf(edge) === `${id}.${port}`));
  return withSpec(doc, { edges: edges.map((edge) => (renamed.has(fromOf(edge)) ? (withMember(edge as FlowEdge, 'from', renamed.get(fromOf(edge))) as Json) : edge)) });
}
