import type { Connection, FinalConnectionState, OnConnectStartParams } from '@xyflow/react';
import { fittingPorts, refuse, type Refusal } from '~/model/connect';
import { declarationOf, type End, inputOf } from '~/model/graph';
import { NODE_HEIGHT, type Point } from '~/model/layout';
import { connect } from '../actions';
import { current, type PickFor, useDesigner } from '../designer.store';

const ends = (wire: Pick<Connection, 'source' | 'sourceHandle' | 'target' | 'targetHandle'>): { from: End; to: End } => ({
  from: { node: wire.source, port: wire.sourceHandle ?? '' },
  to: { node: wire.target, port: wire.targetHandle ?? '' },
});

export const refusalOf = (wire: Pick<Connection, 'source' | 'sourceHandle' | 'target' | 'targetHandle'>): Refusal | undefined => {
  const { from, to } = ends(wire);
  return refuse(current().graph, from, to);
};

/** A wire is being drawn: which nodes it may end at is worked out once. */
export function startWire({ nodeId, handleId, handleType }: OnConnectStartParams) {
  if (nodeId === null) return;
  const { graph } = current();
  const from = { node: nodeId, port: handleId ?? '' };
  const backwards = handleType === 'target';
  const fits = (id: string) => {
    if (backwards) return fittingPorts(graph, id, nodeId) !== undefined;
    const input = inputOf(declarationOf(graph, id));
    return refuse(graph, from, { node: id, port: input?.name ?? '' }) === undefined;
  };
  useDesigner.setState({ wiring: { from, backwards, allowed: new Set([nodeId, ...[...graph.nodes.keys()].filter(fits)]) } });
}

export function endWire(event: MouseEvent | TouchEvent, state: FinalConnectionState, toFlow: (at: Point) => Point): Refusal | undefined {
  const { wiring, graph } = current();
  useDesigner.setState({ wiring: undefined });
  if (wiring === undefined || state.isValid === true) return undefined;
  const point = 'changedTouches' in event ? event.changedTouches[0] : event;
  if (point === undefined) return undefined;
  const screen = { x: point.clientX, y: point.clientY };
  // Dropped on a card instead of its port: take the port that is meant.
  const onto = state.toNode?.id ?? (document.elementFromPoint(screen.x, screen.y)?.closest<HTMLElement>('.react-flow__node')?.dataset.id);
  if (onto !== undefined && onto !== wiring.from.node) {
    if (wiring.backwards) {
      const ports = fittingPorts(graph, onto, wiring.from.node);
      return ports === undefined ? refuse(graph, { node: onto, port: state.toHandle?.id ?? graph.types.get(graph.nodes.get(onto)?.type ?? '')?.outputs?.[0]?.name ?? '' }, wiring.from) : connect(ports.from, ports.to);
    }
    return connect(wiring.from, { node: onto, port: inputOf(declarationOf(graph, onto))?.name ?? '' });
  }
  if (onto !== undefined) return undefined;
  const at = toFlow(screen);
  const place = { x: at.x, y: at.y - NODE_HEIGHT / 2 };
  const pick: PickFor = wiring.backwards ? { kind: 'before', to: wiring.from, at: place } : { kind: 'after', from: wiring.from, at: place };
  useDesigner.setState({ picking: { for: pick, screen } });
  return undefined;
}

/** The edge under a point of the window. */
export function linkUnder(screen: Point): string | undefined {
  for (const element of document.elementsFromPoint(screen.x, screen.y)) {
    const edge = element.closest<SVGGElement>('.react-flow__edge');
    if (edge !== null) return edge.dataset.id;
  }
  return undefined;
}
