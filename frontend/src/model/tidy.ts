import { Graph as DagreGraph, layout } from '@dagrejs/dagre';
import { GAP_X, GAP_Y, NODE_HEIGHT, NODE_WIDTH, type Point } from './card';
import { wrapped } from './wrap';

export interface TidyLink {
  from: string;
  to: string;
  /** How far down the card the wire leaves, from 0 to 1. */
  at: number;
}

export interface TidyRequest {
  nodes: string[];
  links: TidyLink[];
}

/** A left-to-right layout with few crossings, in lines when it is long. It takes a while on big flows: call it in the worker. */
export function tidy({ nodes, links }: TidyRequest): [string, Point][] {
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: 'LR', nodesep: GAP_Y, ranksep: GAP_X, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const link of links) graph.setEdge(link.from, link.to);
  layout(graph);
  const points = new Map(nodes.map((id) => {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
    return [id, { x: Math.round(x - NODE_WIDTH / 2), y: y - NODE_HEIGHT / 2 }];
  }));
  return [...wrapped(byPorts(points, links), links)];
}

/**
 * Puts what leaves a card further up above what leaves it further down: the layout
 * knows cards, not their ports. Places stay, cards change them within their column.
 */
function byPorts(points: ReadonlyMap<string, Point>, links: readonly TidyLink[]): ReadonlyMap<string, Point> {
  const next = new Map(points);
  const into = new Map<string, TidyLink[]>();
  for (const link of links) into.set(link.to, [...(into.get(link.to) ?? []), link]);
  const height = (link: TidyLink) => (next.get(link.from)?.y ?? 0) + link.at * NODE_HEIGHT;
  const crossings = (upper: string, lower: string) => (into.get(upper) ?? []).reduce((sum, a) => sum + (into.get(lower) ?? []).filter((b) => height(a) > height(b)).length, 0);
  const columns = new Map<number, string[]>();
  for (const [id, { x }] of points) columns.set(x, [...(columns.get(x) ?? []), id]);
  for (const x of [...columns.keys()].sort((a, b) => a - b)) {
    const ids = (columns.get(x) ?? []).sort((a, b) => (next.get(a)?.y ?? 0) - (next.get(b)?.y ?? 0));
    const places = ids.map((id) => next.get(id) ?? { x, y: 0 });
    for (let moved = true; moved; ) {
      moved = false;
      for (let i = 0; i + 1 < ids.length; i++) {
        const [upper = '', lower = ''] = [ids[i], ids[i + 1]];
        // Every change undoes at least one crossing, so this comes to an end.
        if (crossings(upper, lower) <= crossings(lower, upper)) continue;
        [ids[i], ids[i + 1]] = [lower, upper];
        moved = true;
      }
    }
    ids.forEach((id, i) => next.set(id, places[i] ?? { x, y: 0 }));
  }
  return crossed(next, links) <= crossed(points, links) ? next : points;
}

/** How many pairs of wires cross, drawn straight. */
function crossed(points: ReadonlyMap<string, Point>, links: readonly TidyLink[]): number {
  const lines = links.map((link) => {
    const from = points.get(link.from) ?? { x: 0, y: 0 };
    const to = points.get(link.to) ?? from;
    return { x1: from.x, y1: from.y + link.at * NODE_HEIGHT, x2: to.x, y2: to.y + NODE_HEIGHT / 2 };
  });
  const at = (line: (typeof lines)[number], x: number) => line.y1 + ((x - line.x1) / (line.x2 - line.x1 || 1)) * (line.y2 - line.y1);
  let sum = 0;
  lines.forEach((a, i) => {
    for (const b of lines.slice(i + 1)) {
      const [left, right] = [Math.max(a.x1, b.x1), Math.min(a.x2, b.x2)];
      if (left < right && (at(a, left) - at(b, left)) * (at(a, right) - at(b, right)) < 0) sum++;
    }
  });
  return sum;
}
