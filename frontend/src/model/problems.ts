import type { Problem } from '../shared/api/types';
import { type FlowDocument, type FlowNode, isObject } from './document';

/** What a problem is about: a node and the setting in it, an edge, or the flow as a whole. */
export interface Place {
  node?: string;
  /** Path below the node, for example "settings.fields[2].value". */
  field?: string;
  /** Place in spec.edges. */
  edge?: number;
}

const NODE = /^spec\.nodes\[(\d+)\]\.?(.*)$/;
const EDGE = /^spec\.edges\[(\d+)\]/;

export function placeOf(problem: Problem, doc: FlowDocument): Place {
  const path = problem.path ?? '';
  const inNode = NODE.exec(path);
  if (inNode !== null) {
    const value = doc.spec.nodes[Number(inNode[1])];
    if (!isObject(value) || typeof value.id !== 'string') return {};
    return { node: (value as FlowNode).id, field: inNode[2] ?? '' };
  }
  const inEdge = EDGE.exec(path);
  return inEdge === null ? {} : { edge: Number(inEdge[1]) };
}

export interface NodeProblems {
  blocking: number;
  warnings: number;
}

/** How many problems each node has. */
export function countByNode(problems: readonly Problem[], doc: FlowDocument): Map<string, NodeProblems> {
  const counts = new Map<string, NodeProblems>();
  for (const problem of problems) {
    const { node } = placeOf(problem, doc);
    if (node === undefined) continue;
    const found = counts.get(node) ?? { blocking: 0, warnings: 0 };
    counts.set(node, problem.blocking === true ? { ...found, blocking: found.blocking + 1 } : { ...found, warnings: found.warnings + 1 });
  }
  return counts;
}

/** The problems of one node whose path begins at a setting, the path made relative to it. */
export function problemsAt(problems: readonly Problem[], doc: FlowDocument, node: string, setting: string): { problem: Problem; path: string }[] {
  const head = `settings.${setting}`;
  return problems.flatMap((problem) => {
    const place = placeOf(problem, doc);
    if (place.node !== node || place.field === undefined || !place.field.startsWith(head)) return [];
    const rest = place.field.slice(head.length);
    if (rest !== '' && rest[0] !== '.' && rest[0] !== '[') return [];
    return [{ problem, path: rest.replace(/^\./, '') }];
  });
}

/** The first step of a path below settings: "settings.fields[2].value" gives "fields". */
export function settingIn(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  if (!field.startsWith('settings.')) return field.split(/[.[]/)[0] || undefined;
  return field.slice('settings.'.length).split(/[.[]/)[0] || undefined;
}

const PARTS = /^(metadata|spec\.(settings|triggers|params|uses))\b/;

/** Whether a problem is about what the flow's settings show; its path then names the field. */
export const isFlowPath = (path: string | undefined): boolean => PARTS.test(path ?? '');
