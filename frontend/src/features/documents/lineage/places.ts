import { Graph as DagreGraph, layout } from '@dagrejs/dagre';
import type { Lineage } from '../../../shared/api/types';

export const WIDTH = 216;
export const HEIGHT = 86;
const BETWEEN = 18;
const APART = 96;

export interface Place {
  x: number;
  y: number;
}

export interface Drawing {
  width: number;
  height: number;
  places: ReadonlyMap<string, Place>;
  /** The ids of the nodes from left to right, each column from top to bottom: the order of the Tab key. */
  order: string[];
}

/** Puts a lineage from left to right; a circle is drawn as well. */
export function placed({ nodes, edges }: Pick<Lineage, 'nodes' | 'edges'>): Drawing {
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: 'LR', nodesep: BETWEEN, ranksep: APART, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  const known = new Set(nodes.map(({ id }) => id));
  // One that leads to itself has no place of its own.
  for (const { from, to } of edges) if (from !== to && known.has(from) && known.has(to)) graph.setEdge(from, to);
  layout(graph);
  const places = new Map<string, Place>(nodes.map(({ id }) => {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Place>;
    return [id, { x: Math.round(x - WIDTH / 2), y: Math.round(y - HEIGHT / 2) }];
  }));
  const at = (id: string) => places.get(id) ?? { x: 0, y: 0 };
  const all = [...places.values()];
  return {
    places,
    width: Math.max(0, ...all.map(({ x }) => x)) + WIDTH + 4,
    height: Math.max(0, ...all.map(({ y }) => y)) + HEIGHT + 4,
    order: nodes.map(({ id }) => id).sort((a, b) => at(a).x - at(b).x || at(a).y - at(b).y),
  };
}

/** The line between two nodes: from the right side of one to the left side of the other. */
export function wire(from: Place, to: Place): string {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(32, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
