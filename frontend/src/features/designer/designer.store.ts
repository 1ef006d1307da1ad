import { create } from 'zustand';
import type { ApiError } from '~/shared/api/errors';
import type { Connection, Connector, Flow, Json, PinnedSample, Problem, Run, TestResult } from '~/shared/api/types';
import { type FlowDocument, readDocument, type Types } from '~/model/document';
import { type End, type Graph, graphOf } from '~/model/graph';
import { type History, startHistory } from '~/model/history';
import type { Point } from '~/model/layout';
import { countByNode, type NodeProblems } from '~/model/problems';

export type SaveState = 'saved' | 'dirty' | 'saving' | 'failed' | 'conflict';

/** What the server says about the flow besides its document. */
export type FlowFacts = Omit<Flow, 'document' | 'problems'>;

/** Where a node picked in the picker will go. */
export type PickFor =
  | { kind: 'free'; at: Point }
  | { kind: 'after'; from: End; at: Point }
  | { kind: 'before'; to: End; at: Point }
  | { kind: 'into'; link: string };

export interface Picking {
  for: PickFor;
  /** Where the picker opens, in the window. */
  screen: Point;
}

/** Rows asked from a source, and the one that tests use. */
export interface Sample {
  items: Json[];
  at: number;
  request: Json | undefined;
  total: number;
  origin: PinnedSample['origin'];
  /** A mark of the source's settings when it was taken. */
  basis: string;
  /** Who keeps it with the node, for everybody of the workspace; undefined while only this page has it. */
  pinned?: { by: string; at: string } | undefined;
  /** Why it could not be kept. */
  refused?: ApiError | undefined;
}

export interface Wiring {
  from: End;
  /** The edge starts at an input and looks for an output. */
  backwards: boolean;
  allowed: ReadonlySet<string>;
}

export interface DesignerState {
  ready: boolean;
  flow: FlowFacts;
  types: Types;
  connections: readonly Connection[] | undefined;
  connectors: readonly Connector[] | undefined;
  readOnly: boolean;
  /** The published version that is looked at, 0 for the draft. */
  version: number;
  history: History<FlowDocument>;
  graph: Graph;
  saved: FlowDocument;
  save: SaveState;
  savedAt: number;
  saveError: ApiError | undefined;
  theirs: Flow | undefined;
  problems: readonly Problem[];
  problemCounts: ReadonlyMap<string, NodeProblems>;
  selected: ReadonlySet<string>;
  selectedLinks: ReadonlySet<string>;
  dragging: ReadonlyMap<string, Point> | undefined;
  /** The type that is dragged from the palette: what is dropped tells its type only then. */
  carrying: string | undefined;
  /** The edge a dragged node would be put into. */
  spliceInto: string | undefined;
  wiring: Wiring | undefined;
  picking: Picking | undefined;
  dialog: 'shortcuts' | 'publish' | 'publishAndRun' | 'settings' | undefined;
  /** Path of the member that the settings bring into sight. */
  dialogField: string | undefined;
  panel: 'problems' | 'run' | 'request' | undefined;
  side: 'palette' | 'outline';
  run: Run | undefined;
  watching: string | undefined;
  samples: Readonly<Record<string, Sample>>;
  test: TestResult | undefined;
  testing: boolean;
  testError: ApiError | undefined;
}

const NOTHING = readDocument(null);
const NO_FACTS: FlowFacts = { id: '', name: '', title: '', enabled: false, draftVersion: 0, publishedVersion: 0, dirty: false, blocking: 0, updatedAt: '', etag: '' };

export const emptyState = (): DesignerState => ({
  ready: false, flow: NO_FACTS, types: new Map(), connections: undefined, connectors: undefined, readOnly: false, version: 0,
  history: startHistory(NOTHING), graph: graphOf(NOTHING, new Map()), saved: NOTHING,
  save: 'saved', savedAt: 0, saveError: undefined, theirs: undefined, problems: [], problemCounts: new Map(),
  selected: new Set(), selectedLinks: new Set(), dragging: undefined, carrying: undefined, spliceInto: undefined, wiring: undefined,
  picking: undefined, dialog: undefined, dialogField: undefined, panel: undefined, side: 'palette',
  run: undefined, watching: undefined, samples: {}, test: undefined, testing: false, testError: undefined,
});

export const useDesigner = create<DesignerState>(emptyState);

export const current = (): DesignerState => useDesigner.getState();
export const documentNow = (): FlowDocument => current().history.present;

/** Splits what the server gave into the document and the facts around it. */
export function factsOf(flow: Flow): FlowFacts {
  const { document: _document, problems: _problems, ...facts } = flow;
  return facts;
}

/** Opens a flow, forgetting the one before. */
export function open(flow: Flow, types: Types, readOnly: boolean) {
  const doc = readDocument(flow.document);
  useDesigner.setState({
    ...emptyState(), ready: true, flow: factsOf(flow), types, readOnly,
    side: current().side, connections: current().connections, connectors: current().connectors,
    history: startHistory(doc), graph: graphOf(doc, types), saved: doc, savedAt: Date.parse(flow.updatedAt) || 0, ...withProblems(flow.problems ?? [], doc),
  });
}

/** Problems name nodes by their place in the document that was checked. */
export function withProblems(problems: readonly Problem[], doc: FlowDocument) {
  return { problems, problemCounts: countByNode(problems, doc) };
}
