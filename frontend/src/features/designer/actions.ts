import type { NodeDeclaration } from '~/shared/api/types';
import { copyText, paste, readCopied } from '~/model/clipboard';
import { fittingPorts, type Refusal } from '~/model/connect';
import type { FlowDocument } from '~/model/document';
import { addLink, addNode, fitsAfter, removeLinks, removeNodes, splice, tryLink } from '~/model/edit';
import { declarationOf, type End, graphOf, linkOf, order } from '~/model/graph';
import * as history from '~/model/history';
import { freePlace, GAP_X, NODE_HEIGHT, NODE_WIDTH, type Point, positionsOf, withoutPositions, withPositions } from '~/model/layout';
import { current, documentNow, type PickFor, useDesigner } from './designer.store';

const set = useDesigner.setState;

/** Puts a new document in place of the old one, as one step that can be undone. */
export function change(next: FlowDocument, about = '') {
  const { history: past, types, readOnly } = current();
  if (readOnly || next === past.present) return;
  set({ history: history.step(past, next, about, Date.now()), graph: graphOf(next, types), ...dirty(next) });
}

/** Changes the document once more within the step under way. */
export function along(next: FlowDocument) {
  const { history: past } = current();
  change(next, past.last?.about ?? '');
}

/** Ends the step under way: what comes next is undone by itself. */
export function apart() {
  set({ history: { ...current().history, last: undefined } });
}

const dirty = (next: FlowDocument) => {
  const { save, saved } = current();
  if (save === 'conflict' || save === 'saving') return {};
  return { save: next === saved ? ('saved' as const) : ('dirty' as const) };
};

function travel(to: (past: history.History<FlowDocument>) => history.History<FlowDocument>) {
  const next = to(current().history);
  if (current().readOnly || next === current().history) return;
  const graph = graphOf(next.present, current().types);
  set({ history: next, graph, ...dirty(next.present), selected: new Set([...current().selected].filter((id) => graph.nodes.has(id))), selectedLinks: new Set() });
}

export const undo = () => travel(history.undo);
export const redo = () => travel(history.redo);

export const select = (nodes: Iterable<string>, links: Iterable<string> = []) => set({ selected: new Set(nodes), selectedLinks: new Set(links) });
export const selectAll = () => select(current().graph.nodes.keys());

/** Places as they are drawn now, those of a drag under way included. */
export function placesNow(): Map<string, Point> {
  const places = positionsOf(documentNow(), current().graph);
  for (const [id, point] of current().dragging ?? []) places.set(id, point);
  return places;
}

/** Writes every place down, so that a node without one does not jump when another is moved. */
const anchored = () => withPositions(documentNow(), positionsOf(documentNow(), current().graph));

export const move = (points: Iterable<readonly [string, Point]>, about = '') => change(withPositions(anchored(), points), about);

/** Adds a node where the picker or a drop says, and joins it. Gives the new node's id. */
export function insert(declaration: NodeDeclaration, where: PickFor): string {
  const { types } = current();
  const taken = placesNow().values();
  if (where.kind === 'into') return insertInto(declaration, where.link);
  const { doc, id } = addNode(anchored(), declaration, freePlace(where.at, taken));
  let joined = doc;
  if (where.kind === 'after') {
    const input = declaration.inputs?.[0]?.name;
    if (input !== undefined) joined = linked(doc, where.from, { node: id, port: input });
  }
  if (where.kind === 'before') {
    const ports = fittingPorts(graphOf(doc, types), id, where.to.node);
    if (ports !== undefined) joined = addLink(doc, ports.from, ports.to, types);
  }
  change(joined);
  select([id]);
  return id;
}

function linked(doc: FlowDocument, from: End, to: End): FlowDocument {
  const result = tryLink(doc, from, to, current().types);
  return 'doc' in result ? result.doc : doc;
}

/** Puts a new node into an edge and makes room for it. */
function insertInto(declaration: NodeDeclaration, linkId: string): string {
  const { graph, types } = current();
  const link = linkOf(graph, linkId);
  const places = placesNow();
  const from = places.get(link?.from.node ?? '') ?? { x: 0, y: 0 };
  const to = places.get(link?.to.node ?? '') ?? from;
  const step = NODE_WIDTH + GAP_X;
  // A wire to the next line has no room of its own: the new node ends the upper line.
  if (to.x <= from.x) {
    const grown = addNode(anchored(), declaration, freePlace({ x: from.x + step, y: from.y }, places.values()));
    change(splice(grown.doc, linkId, grown.id, types) ?? grown.doc);
    select([grown.id]);
    return grown.id;
  }
  const tight = to.x - from.x < 2 * step;
  const at = tight ? { x: from.x + step, y: to.y } : { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const { doc, id } = addNode(anchored(), declaration, at);
  let next = splice(doc, linkId, id, types) ?? doc;
  if (tight && link !== undefined) {
    const behind = [...graphOf(next, types).nodes.keys()].filter((other) => other !== id && (places.get(other)?.x ?? -Infinity) >= to.x && other !== link.from.node);
    next = withPositions(next, behind.map((other) => [other, { x: (places.get(other)?.x ?? 0) + step, y: places.get(other)?.y ?? 0 }] as const));
  }
  change(next);
  select([id]);
  return id;
}

/** Adds a node behind the selected one, or behind the last it fits to, or in the free. */
export function append(declaration: NodeDeclaration, centre: Point): string {
  const { graph, selected } = current();
  const places = placesNow();
  const candidates = [...selected, ...order(graph).reverse().filter((id) => (graph.out.get(id) ?? []).length === 0)];
  for (const id of candidates) {
    const port = (declarationOf(graph, id)?.outputs ?? []).find((one) => fitsAfter(graph, { node: id, port: one.name }, declaration));
    const place = places.get(id);
    if (port === undefined || place === undefined) continue;
    return insert(declaration, { kind: 'after', from: { node: id, port: port.name }, at: { x: place.x + NODE_WIDTH + GAP_X, y: place.y } });
  }
  return insert(declaration, { kind: 'free', at: { x: centre.x - NODE_WIDTH / 2, y: centre.y - NODE_HEIGHT / 2 } });
}

/** Begins a flow with nodes in a chain, as one step. */
export function startChain(declarations: readonly NodeDeclaration[]) {
  const { types } = current();
  let doc = documentNow();
  let before: string | undefined;
  for (const declaration of declarations) {
    const added = addNode(doc, declaration, { x: 0, y: 0 });
    const ports = before === undefined ? undefined : fittingPorts(graphOf(added.doc, types), before, added.id);
    doc = ports === undefined ? added.doc : addLink(added.doc, ports.from, ports.to, types);
    before = added.id;
  }
  const graph = graphOf(doc, types);
  change(withPositions(doc, positionsOf(withoutPositions(doc, new Set(graph.nodes.keys())), graph)));
}

/** Draws an edge; gives the reason when it may not be. */
export function connect(from: End, to: End): Refusal | undefined {
  const result = tryLink(documentNow(), from, to, current().types);
  if ('refusal' in result) return result.refusal;
  change(result.doc);
  return undefined;
}

export function spliceSelected(node: string, link: string, at: Point) {
  const next = splice(withPositions(anchored(), [[node, at]]), link, node, current().types);
  if (next !== undefined) change(next);
}

/** Deletes what is selected: edges and nodes in one step. */
export function removeSelected(join: boolean) {
  const { graph, selected, selectedLinks, types } = current();
  if (selected.size === 0 && selectedLinks.size === 0) return;
  const links = graph.links.filter((link) => selectedLinks.has(link.id));
  change(removeNodes(removeLinks(anchored(), links), selected, types, join));
  select([]);
}

export function removeLink(id: string) {
  const link = linkOf(current().graph, id);
  if (link !== undefined) change(removeLinks(documentNow(), [link]));
}

export const copied = (): string | undefined => (current().selected.size === 0 ? undefined : copyText(documentNow(), current().selected, current().types));

/** Pastes text; false when it holds no nodes. */
export function pasteText(text: string, at: Point): boolean {
  const found = readCopied(text);
  if (found === undefined) return false;
  const { doc, ids } = paste(anchored(), found, current().types, at);
  change(doc);
  select(ids);
  return true;
}

export function duplicate() {
  const text = copied();
  if (text === undefined) return;
  const places = placesNow();
  const chosen = [...current().selected].flatMap((id) => places.get(id) ?? []);
  pasteText(text, { x: Math.min(...chosen.map((p) => p.x)) + 40, y: Math.min(...chosen.map((p) => p.y)) + NODE_HEIGHT + 32 });
}
