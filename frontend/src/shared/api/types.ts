// The shapes of the REST interface, written by hand in one place until they are
// generated from the server's OpenAPI document. Ids are opaque texts, times are
// RFC 3339 UTC or "" when there is none.

export type Id = string;
export type Time = string;
export type Language = 'zh-CN' | 'en';

/** JSON that nobody declared: a payload of a vendor or a flow document. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface List<T> {
  items: T[];
  next?: string;
}

export interface Text {
  zh: string;
  en?: string;
}

export interface Problem {
  code: string;
  path?: string;
  message: string;
  hint?: string;
  blocking?: boolean;
}

/** RFC 9457 with the product's code, in the language of the request. */
export interface ProblemDetails {
  type?: string;
  title?: string;
  status: number;
  code: string;
  message: string;
  args?: Json[];
  path?: string;
  hint?: string;
  problems?: Problem[];
  requestId?: string;
}

export interface Session {
  user: { id: Id; name: string; role: string; language: string };
  workspace: { id: Id; name: string };
  version: string;
}

export interface Token {
  id: Id;
  name: string;
  role: string;
  createdAt: Time;
  lastUsedAt?: Time;
  expiresAt?: Time;
}

export type RunState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export type DocumentState =
  | 'waiting' | 'claimed' | 'held' | 'delivered' | 'collected' | 'filtered'
  | 'rejected' | 'retry_at' | 'unmapped' | 'needs_decision' | 'superseded' | 'skipped';

export type DeliveryState = 'pending' | 'sending' | 'done' | 'rejected' | 'retry_at' | 'unknown' | 'needs_decision';

export type CountSlot = 'pulled' | 'dropped' | 'unchanged' | 'ignored' | 'accepted' | DocumentState;
export type Counts = Partial<Record<CountSlot, number>>;

export interface Attention {
  rejected?: number;
  needs_decision?: number;
  unmapped?: number;
  retry_at?: number;
}

export interface FlowSummary {
  id: Id;
  name: string;
  title: string;
  enabled: boolean;
  draftVersion: number;
  /** 0 when nothing is published. */
  publishedVersion: number;
  dirty: boolean;
  /** Number of problems that keep the draft from being published. */
  blocking: number;
  updatedAt: Time;
  lastRun?: { id: Id; state: RunState; startedAt: Time; endedAt?: Time; counts: Counts };
  attention?: Attention;
  nextFire?: Time;
}

export interface Flow {
  id: Id;
  name: string;
  title: string;
  enabled: boolean;
  draftVersion: number;
  publishedVersion: number;
  dirty: boolean;
  blocking: number;
  updatedAt: Time;
  etag: string;
  document: Json;
  problems: Problem[];
}

export interface FlowVersion {
  no: number;
  note: string;
  createdAt: Time;
  document?: Json;
}

export interface RunProblem {
  state: DocumentState;
  code: string;
  message: string;
  documents: number;
  examples?: Id[];
}

export interface Run {
  id: Id;
  flow: Id;
  flowTitle: string;
  version: number;
  state: RunState;
  trigger: string;
  pulling: boolean;
  startedAt: Time;
  endedAt?: Time;
  code?: string;
  message?: string;
  counts: Counts;
  balanced: boolean;
  /** Per node: "in" and one "port:<name>" for each output that was used. */
  nodes?: Record<string, Record<string, number>>;
  problems?: RunProblem[];
}

export type AttentionMark = 'uncertain' | 'warned' | 'writeback_failing' | 'handled';

export interface DocumentSummary {
  id: Id;
  flow: Id;
  flowTitle: string;
  node: string;
  key: string;
  number?: string;
  state: DocumentState;
  attention?: AttentionMark[];
  code?: string;
  message?: string;
  rev: number;
  /** Newer revisions that wait behind this one. */
  newer?: number;
  targetNumber?: string;
  updatedAt: Time;
}

export interface Facets {
  states: Partial<Record<DocumentState, number>>;
  codes: { state: DocumentState; code: string; message: string; documents: number }[];
}

export interface Call {
  id: Id;
  kind: 'send' | 'probe' | 'writeback';
  operation: string;
  attempt: number;
  startedAt: Time;
  endedAt?: Time;
  outcome: string;
  code?: string;
  message?: string;
  request?: Json;
  response?: Json;
}

export interface Delivery {
  node: string;
  part: number;
  connection: string;
  resource?: string;
  key: string;
  state: DeliveryState;
  attempt: number;
  code?: string;
  message?: string;
  targetId?: string;
  targetNumber?: string;
  mapped?: Json;
  response?: Json;
  writeback?: Json;
  nextAt?: Time;
  updatedAt?: Time;
  calls: Call[];
}

export type DocumentAction = 'retry' | 'resend' | 'skip' | 'edit';

export interface DocumentDetail extends DocumentSummary {
  run: Id;
  version: number;
  problem?: { code: string; message: string; hint?: string; path?: string; node?: string; since?: Time };
  source: Json;
  revisions: { rev: number; origin: string; state: string; at: Time; actor?: string }[];
  deliveries: Delivery[];
  events?: { at: Time; kind: string; text?: string; args?: Json[] }[];
  actions: DocumentAction[];
}

export interface BulkResult {
  done: number;
  refused: { id: Id; code: string; message: string }[];
}

export interface Connection {
  name: string;
  connector: string;
  version?: string;
  settings: Record<string, Json>;
  /** Which secrets are stored; their values never leave the server. */
  secrets?: Record<string, boolean>;
  usedBy?: { id: Id; title: string }[];
  updatedAt?: Time;
}

export interface ConnectionInput {
  name?: string;
  connector?: string;
  version?: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

export interface CheckResult {
  ok: boolean;
  code?: string;
  message?: string;
  hint?: string;
  tookMs: number;
  account?: string;
}

export type SettingKind =
  | 'text' | 'int' | 'bool' | 'duration' | 'choice' | 'url' | 'time' | 'list' | 'group'
  | 'value' | 'conditions' | 'mapping' | 'params' | 'script' | 'operation' | 'flowRef' | 'codeTable';

/** One declared setting of a connection or a node. */
export interface Setting {
  key: string;
  kind: SettingKind;
  title: Text;
  describe?: Text;
  required?: boolean;
  secret?: boolean;
  default?: string;
  options?: { value: string; title: Text }[];
  items?: Setting[];
  when?: { key: string; in: string[] };
  min?: number;
  max?: number;
}

export type FieldType = 'string' | 'int' | 'decimal' | 'bool' | 'date' | 'datetime' | 'array' | 'object' | 'json';

/** One field of a request or an answer of an operation. */
export interface Field {
  field: string;
  title: Text;
  type?: FieldType;
  required?: boolean;
  describe?: Text;
  group?: 'business' | 'other';
  path?: string;
  default?: string;
  parser?: { name: string; params?: string[] };
  format?: string;
  baseData?: string;
  children?: Field[];
}

export interface Port {
  name: string;
  title: Text;
  traffic: 'request' | 'documents';
}

export interface NodeDeclaration {
  type: string;
  typeVersion: number;
  title: Text;
  describe: Text;
  icon: string;
  category: string;
  kind: 'pull' | 'transform' | 'barrier' | 'sink';
  role?: 'window' | 'paginate' | 'source' | 'inlet' | 'target' | 'writeback' | 'respond' | 'notify' | 'discard';
  inputs?: Port[];
  outputs?: Port[];
  connection?: boolean;
  settings: Setting[];
}

export interface OperationSummary {
  name: string;
  kind: 'query' | 'write' | 'action';
  title: Text;
  object?: string;
}

export interface Operation extends OperationSummary {
  describe?: Text;
  request?: Field[];
  response?: Field[];
  [more: string]: unknown;
}

export interface Connector {
  id: string;
  version: string;
  title: Text;
  icon?: string;
  settings: Setting[];
  operations: OperationSummary[];
  fault?: { code: string; message: string; hint?: string };
}

export interface SampleResult {
  items: Json[];
  request?: Json;
  total: number;
}

export interface Fault {
  code: string;
  message: string;
  path?: string;
  hint?: string;
}

export interface TestResult {
  nodes: { id: string; outputs: { port: string; body: Json }[]; fault?: Fault }[];
  requests: { node: string; connection: string; operation: string; body: Json }[];
}

export type Evaluation =
  | { type: string; value: Json; error?: undefined }
  | { error: { code: string; message: string; position?: number }; type?: undefined; value?: undefined };

export interface ScriptProblem {
  line: number;
  column: number;
  message: string;
}
