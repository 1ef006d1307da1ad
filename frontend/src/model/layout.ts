import type { Json } from '../shared/api/types';
import { GAP_X, GAP_Y, NODE_HEIGHT, NODE_WIDTH, type Point } from './card';
import { type FlowDocument, isObject, type JsonObject, withMember, withSpec } from './document';
import { type Graph, order } from './graph';
import { wrapped } from './wrap';

export { GAP_X, GAP_Y, NODE_HEIGHT, NODE_WIDTH, type Point } from './card';

// Where nodes stand is kept under spec.layout.nodes and never affects execution.

export const GRID = 8;

export const snap = (value: number): number => Math.round(value / GRID) * GRID;

const placesOf = (doc: FlowDocument): JsonObject => {
  const layout = doc.spec.layout;
  return isObject(layout) && isObject(layout.nodes) ? layout.nodes : {};
};

function readPoint(value: Json | undefined): Point | undefined {
  if (!isObject(value) || typeof value.x !== 'number' || typeof value.y !== 'number') return undefined;
  return { x: value.x, y: value.y };
}

/** Positions of all nodes; those that have none yet get places beside each other. */
export function positionsOf(doc: FlowDocument, graph: Graph): Map<string, Point> {
  const places = placesOf(doc);
  const found = new Map<string, Point>();
  for (const id of graph.nodes.keys()) {
    const point = readPoint(places[id]);
    if (point !== undefined) found.set(id, point);
  }
  if (found.size === graph.nodes.size) return found;
  if (found.size === 0) return wrapped(inLayers(graph), graph.links.map((link) => ({ from: link.from.node, to: link.to.node })));
  const lowest = Math.max(...[...found.values()].map((point) => point.y));
  let x = Math.min(...[...found.values()].map((point) => point.x));
  for (const id of graph.nodes.keys()) {
    if (found.has(id)) continue;
    found.set(id, { x, y: lowest + NODE_HEIGHT + GAP_Y });
    x += NODE_WIDTH + GAP_X;
  }
  return found;
}

/** Columns by the longest way from a start: good enough until somebody asks for a tidy layout. */
export function inLayers(graph: Graph): Map<string, Point> {
  const column = new Map<string, number>();
  const rows = new Map<number, number>();
  const points = new Map<string, Point>();
  for (const id of order(graph)) {
    const before = (graph.in.get(id) ?? []).map((link) => column.get(link.from.node) ?? -1);
    const here = Math.max(-1, ...before) + 1;
    const row = rows.get(here) ?? 0;
    column.set(id, here);
    rows.set(here, row + 1);
    points.set(id, { x: here * (NODE_WIDTH + GAP_X), y: row * (NODE_HEIGHT + GAP_Y) });
  }
  return points;
}

export function withPositions(doc: FlowDocument, points: Iterable<readonly [string, Point]>): FlowDocument {
  const places: JsonObject = { ...placesOf(doc) };
  for (const [id, point] of points) {
    const before = places[id];
    places[id] = { ...(isObject(before) ? before : {}), x: snap(point.x), y: snap(point.y) };
  }
  return withPlaces(doc, places);
}

export function withoutPositions(doc: FlowDocument, ids: ReadonlySet<string>): FlowDocument {
  const places = placesOf(doc);
  if (![...ids].some((id) => id in places)) return doc;
  return withPlaces(doc, Object.fromEntries(Object.entries(places).filter(([id]) => !ids.has(id))));
}

function withPlaces(doc: FlowDocument, places: JsonObject): FlowDocument {
  const layout = isObject(doc.spec.layout) ? doc.spec.layout : {};
  return withSpec(doc, { layout: withMember(layout, 'nodes', places) });
}

/** A free place at or below the wanted one. */
export function freePlace(wanted: Point, taken: Iterable<Point>): Point {
  const others = [...taken];
  const hits = (at: Point) => others.some((other) => Math.abs(other.x - at.x) < NODE_WIDTH && Math.abs(other.y - at.y) < NODE_HEIGHT);
  const at = { x: snap(wanted.x), y: snap(wanted.y) };
  while (hits(at)) at.y += NODE_HEIGHT + GAP_Y;
  return at;
}
