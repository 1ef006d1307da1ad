import { type NodeHandle, Position } from '@xyflow/react';
import { declarationOf, ERROR_PORT, type Graph, inputOf, outputsOf } from '~/model/graph';
import { NODE_HEIGHT, NODE_WIDTH } from '~/model/layout';

/** How wide and high a port is. */
const SIZE = 14;
/** The border of a card; ports lie on its middle line and are placed from within it. */
const BORDER = 1.5;
/** How far the way out for errors stands from the right edge. */
const ERROR_INSET = 44;

const port = (id: string, type: 'source' | 'target', position: Position, x: number, y: number): NodeHandle => ({ id, type, position, x: x - SIZE / 2, y: y - SIZE / 2, width: SIZE, height: SIZE });

/** The place of a port as its element wants it, which counts from within the border. */
export const styleOf = ({ x, y }: NodeHandle) => ({ left: x - BORDER, top: y - BORDER });

const known = new Map<string, NodeHandle[]>();

/**
 * Where the ports of a node's card stand, from its upper left corner. Wires end there
 * before the card was ever drawn, and nothing has to be measured. Cards with the same
 * ports get the same list.
 */
export function portPlaces(graph: Graph, id: string): NodeHandle[] {
  const declaration = declarationOf(graph, id);
  const input = declaration === undefined ? '' : inputOf(declaration)?.name;
  const outputs = outputsOf(declaration).map(({ name }) => name);
  const key = JSON.stringify([input, outputs]);
  const places = known.get(key) ?? placesOf(input, outputs);
  known.set(key, places);
  return places;
}

function placesOf(input: string | undefined, outputs: readonly string[]): NodeHandle[] {
  const ways = outputs.filter((name) => name !== ERROR_PORT);
  return [
    ...(input === undefined ? [] : [port(input, 'target', Position.Left, BORDER, NODE_HEIGHT / 2)]),
    ...ways.map((name, i) => port(name, 'source', Position.Right, NODE_WIDTH - BORDER, ((i + 1) / (ways.length + 1)) * NODE_HEIGHT)),
    ...(ways.length < outputs.length ? [port(ERROR_PORT, 'source', Position.Bottom, NODE_WIDTH - ERROR_INSET, NODE_HEIGHT - BORDER)] : []),
  ];
}
