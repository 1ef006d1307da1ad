import { type Edge, MarkerType, type Node } from '@xyflow/react';
import { useMemo, useState } from 'react';
import type { Graph } from '~/model/graph';
import { NODE_HEIGHT, NODE_WIDTH, type Point, positionsOf } from '~/model/layout';
import { useDesigner } from '../designer.store';
import { portPlaces } from './portPlaces';

// React Flow redraws a node when its object is another one, so an object is kept
// until something it says has changed.

/** All of a card is known before it is drawn, so nothing of it is measured. */
const SIZE = { width: NODE_WIDTH, height: NODE_HEIGHT };

const same = (a: Point, b: Point) => a.x === b.x && a.y === b.y;

type Label = (id: string) => string;

function nodeKeeper() {
  let kept = new Map<string, Node>();
  return (graph: Graph, places: ReadonlyMap<string, Point>, dragging: ReadonlyMap<string, Point> | undefined, selected: ReadonlySet<string>, label: Label): Node[] => {
    const next = new Map<string, Node>();
    for (const id of graph.nodes.keys()) {
      const position = dragging?.get(id) ?? places.get(id) ?? { x: 0, y: 0 };
      const old = kept.get(id);
      const name = label(id);
      const handles = portPlaces(graph, id);
      const unchanged = old !== undefined && same(old.position, position) && old.selected === selected.has(id) && old.ariaLabel === name && old.handles === handles;
      next.set(id, unchanged ? old : { id, type: 'card', position, selected: selected.has(id), ...SIZE, measured: SIZE, handles, data: {}, ariaLabel: name });
    }
    kept = next;
    return [...next.values()];
  };
}

/** The nodes as the canvas wants them. */
export function useCanvasNodes(label: Label): Node[] {
  const doc = useDesigner((state) => state.history.present);
  const graph = useDesigner((state) => state.graph);
  const selected = useDesigner((state) => state.selected);
  const dragging = useDesigner((state) => state.dragging);
  const [keep] = useState(nodeKeeper);
  const places = useMemo(() => positionsOf(doc, graph), [doc, graph]);
  return useMemo(() => keep(graph, places, dragging, selected, label), [keep, graph, places, dragging, selected, label]);
}

const ARROW = { type: MarkerType.ArrowClosed, width: 16, height: 16, color: 'var(--kz-control-border)' };

function edgeKeeper() {
  let kept = new Map<string, Edge>();
  return (graph: Graph, selected: ReadonlySet<string>, label: (from: string, to: string) => string): Edge[] => {
    const next = new Map<string, Edge>();
    for (const link of graph.links) {
      const old = kept.get(link.id);
      const name = label(link.from.node, link.to.node);
      const unchanged = old !== undefined && old.selected === selected.has(link.id) && old.ariaLabel === name;
      next.set(link.id, unchanged ? old : {
        id: link.id, type: 'flow', source: link.from.node, target: link.to.node, sourceHandle: link.from.port, targetHandle: link.to.port,
        selected: selected.has(link.id), markerEnd: ARROW, ariaLabel: name,
      });
    }
    kept = next;
    return [...next.values()];
  };
}

export function useCanvasEdges(label: (from: string, to: string) => string): Edge[] {
  const graph = useDesigner((state) => state.graph);
  const selected = useDesigner((state) => state.selectedLinks);
  const [keep] = useState(edgeKeeper);
  return useMemo(() => keep(graph, selected, label), [keep, graph, selected, label]);
}
