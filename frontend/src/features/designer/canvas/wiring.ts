import type { Connection, FinalConnectionState, OnConnectStartParams } from '@xyflow/react';
import { fittingPorts, refuse, type Refusal } from '~/model/connect';
import { declarationOf, type End, inputOf } from '~/model/graph';
import { NODE_HEIGHT, NODE_WIDTH, type Point } from '~/model/layout';
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

/** How near a wire must be to the middle of a card that is put into it. */
const REACH = NODE_HEIGHT / 2;
/** How near it must be to the pointer, in pixels of the window. */
const POINTED = 16;
const STEPS = 32;

/**
 * The edge that a card is put into when it is let go: the nearest that takes it and
 * that lies under the middle of the card or under the pointer. The pointer holds a
 * card anywhere, so it alone says little about what the card lies on.
 */
export function linkUnder(card: Point, pointer: Point, zoom: number, fits: (link: string) => boolean): string | undefined {
  const middle = { x: card.x + NODE_WIDTH / 2, y: card.y + NODE_HEIGHT / 2 };
  const slack = Math.max(REACH, POINTED / zoom);
  let best: { id: string; distance: number } | undefined;
  for (const path of document.querySelectorAll<SVGPathElement>('.react-flow__edge .react-flow__edge-path')) {
    const id = path.closest<SVGGElement>('.react-flow__edge')?.dataset.id;
    const box = path.getBBox();
    const inside = (at: Point) => at.x > box.x - slack && at.x < box.x + box.width + slack && at.y > box.y - slack && at.y < box.y + box.height + slack;
    if (id === undefined || (!inside(middle) && !inside(pointer))) continue;
    const length = path.getTotalLength();
    let distance = Infinity;
    for (let step = 0; step <= STEPS; step++) {
      const on = path.getPointAtLength((length * step) / STEPS);
      const fromMiddle = Math.hypot(on.x - middle.x, on.y - middle.y);
      const fromPointer = Math.hypot(on.x - pointer.x, on.y - pointer.y) * zoom;
      if (fromMiddle <= REACH) distance = Math.min(distance, fromMiddle);
      if (fromPointer <= POINTED) distance = Math.min(distance, fromPointer);
    }
    if (distance < (best?.distance ?? Infinity) && fits(id)) best = { id, distance };
  }
  return best?.id;
}
