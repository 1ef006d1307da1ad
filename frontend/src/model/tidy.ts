import { Graph as DagreGraph, layout } from '@dagrejs/dagre';
import { GAP_X, GAP_Y, NODE_HEIGHT, NODE_WIDTH, type Point } from './layout';

export interface TidyRequest {
  nodes: string[];
  links: { from: string; to: string }[];
}

/** A left-to-right layout with few crossings. It takes a while on big flows: call it in the worker. */
export function tidy({ nodes, links }: TidyRequest): [string, Point][] {
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: 'LR', nodesep: GAP_Y, ranksep: GAP_X, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const link of links) graph.setEdge(link.from, link.to);
  layout(graph);
  return nodes.map((id) => {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
    return [id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
  });
}
