import type { Json } from '../shared/api/types';
import { type FlowDocument, isObject, nodesOf, settingsOf } from './document';

/** One thing that differs between two versions of a flow. */
export interface Change {
  kind: 'added' | 'removed' | 'changed';
  about: 'node' | 'edge' | 'flow';
  /** Node id, the edge as text, or the member of spec. */
  id: string;
  title: string;
  /** For a changed node: its members and settings that differ. */
  members: string[];
  /** For a changed list of rows: how many of them came, went or differ. */
  rows?: number;
}

const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** Key order carries no meaning in a document. */
function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((one) => sorted(one) as Json);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one) as Json]));
}

/** What changed from before to after, positions apart. */
export function changesBetween(before: FlowDocument, after: FlowDocument): Change[] {
  const changes: Change[] = [];
  const old = new Map(nodesOf(before).map((node) => [node.id, node]));
  const now = new Map(nodesOf(after).map((node) => [node.id, node]));
  for (const [id, node] of now) {
    const was = old.get(id);
    if (was === undefined) {
      changes.push({ kind: 'added', about: 'node', id, title: node.title ?? '', members: [] });
      continue;
    }
    const settings = diffMembers(settingsOf(was), settingsOf(node));
    const members = [...diffMembers(was, node).filter((key) => key !== 'settings'), ...settings];
    if (members.length === 0) continue;
    const rows = settings.reduce((sum, key) => sum + diffRows(settingsOf(was)[key], settingsOf(node)[key]), 0);
    changes.push({ kind: 'changed', about: 'node', id, title: node.title ?? '', members, ...(rows > 0 ? { rows } : {}) });
  }
  for (const [id, node] of old) if (!now.has(id)) changes.push({ kind: 'removed', about: 'node', id, title: node.title ?? '', members: [] });
  const edges = (doc: FlowDocument) => new Set(doc.spec.edges.map((edge) => (isObject(edge) ? `${String(edge.from)} → ${String(edge.to)}` : JSON.stringify(edge))));
  const [was, is] = [edges(before), edges(after)];
  for (const id of is) if (!was.has(id)) changes.push({ kind: 'added', about: 'edge', id, title: '', members: [] });
  for (const id of was) if (!is.has(id)) changes.push({ kind: 'removed', about: 'edge', id, title: '', members: [] });
  const rest = diffMembers(before.spec, after.spec).filter((key) => key !== 'nodes' && key !== 'edges' && key !== 'layout');
  const meta = same(before.metadata as Json, after.metadata as Json) ? [] : ['metadata'];
  for (const id of [...meta, ...rest]) changes.push({ kind: 'changed', about: 'flow', id, title: '', members: [] });
  return changes;
}

function diffMembers(before: object, after: object): string[] {
  const a = before as Record<string, Json | undefined>;
  const b = after as Record<string, Json | undefined>;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !same(a[key], b[key]));
}

function diffRows(before: Json | undefined, after: Json | undefined): number {
  if (!Array.isArray(before) && !Array.isArray(after)) return 0;
  const texts = (value: Json | undefined) => (Array.isArray(value) ? value.map((row) => JSON.stringify(sorted(row))) : []);
  const old = texts(before);
  const now = texts(after);
  const kept = now.filter((row) => {
    const at = old.indexOf(row);
    if (at >= 0) old.splice(at, 1);
    return at >= 0;
  }).length;
  return Math.max(now.length - kept, old.length);
}
