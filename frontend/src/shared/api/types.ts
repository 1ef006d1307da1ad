import type { Json } from './json';
import type { components, paths } from './schema.gen';

// Short names for the shapes of the REST interface. The shapes themselves are
// generated from the server's description of it; ids are opaque texts, times are
// RFC 3339 UTC and null or absent when there is none.

export type { Json };

type S = components['schemas'];

/** What code here demands of a shape; the server gives it whole. */
type Sparse<T, K extends keyof T> = Pick<T, K> & Partial<Omit<T, K>>;

export type Id = string;
export type Time = string;
export type Language = 'zh-CN' | 'en';
export type Text = S['FieldText'];
export type Problem = Sparse<S['FlowProblem'], 'code' | 'message'>;
export type ProblemDetails = Sparse<Omit<S['Problem'], 'problems'>, 'status' | 'code'> & { problems?: Problem[] };
export type Session = S['Session'];
export type Role = S['User']['role'];
export type Token = S['Token'];

export type Flow = Omit<S['Flow'], 'updatedAt' | 'problems'> & { updatedAt: Time; problems: Problem[] };
export type FlowSummary = Sparse<S['FlowSummary'], Exclude<keyof S['FlowSummary'], 'attention'>>;
export type FlowDiff = S['Diff'];
export type DiffNode = S['DiffNode'];
export type DiffChange = S['DiffChange'];
export type DiffSaid = S['DiffSaid'];
export type FlowHistory = S['FlowHistory'];
export type FlowVersion = S['FlowVersion'];
export type VersionEditor = S['Editor'];

export type Run = Sparse<S['Run'], Exclude<keyof S['Run'], 'nodes' | 'problems'>>;
export type RunState = Run['state'];
export type PausedFlow = S['PausedFlow'];
export type RunProblem = S['ProblemGroup'];

export type Home = S['Home'];

export type SourceReading = S['SourceReading'];
export type FlowOverview = S['FlowOverview'];
export type FlowRequests = S['FlowRequests'];
export type FlowWrites = S['FlowWrites'];
export type PageRequest = S['PageRequest'];
export type QueueEntry = S['QueueEntry'];
export type PastReading = S['PastReading'];
export type Template = S['Template'];
export type TemplateDetail = S['TemplateDetail'];
export type TemplateWords = S['TemplateWords'];
export type TemplateDraft = S['TemplateDraft'];
export type TemplateInspection = S['TemplateInspection'];
export type TemplateRegistry = S['TemplateRegistry'];
export type Reconciliation = S['Reconciliation'];
export type ReconciliationBody = S['ReconciliationBody'];
export type ReconciliationRun = S['ReconciliationRun'];
export type ReconciliationFinding = S['ReconciliationFinding'];
export type ComparedField = S['ReconcileField'];
export type RetentionDays = S['RetentionDays'];
export type RetentionView = S['Retention'];
export type RetentionEstimate = S['RetentionEstimate'];
export type Plugin = S['Plugin'];
export type PluginIsolation = S['PluginIsolation'];
export type PluginVersion = S['PluginVersion'];
export type TrustStatus = PluginVersion['status'];
export type PluginInspection = S['PluginInspection'];
export type PluginEffect = S['PluginEffect'];
export type PluginFault = S['PluginFault'];
export type PluginPage = S['PluginPage'];
export type BackfillEstimate = S['BackfillEstimate'];
export type CursorPreview = S['CursorPreview'];

/** The states of a document. The interface gives them as texts, because a newer server may know more. */
export type DocumentState =
  | 'waiting' | 'claimed' | 'held' | 'delivered' | 'collected' | 'filtered'
  | 'rejected' | 'retry_at' | 'unmapped' | 'needs_decision' | 'superseded' | 'skipped';
export type DeliveryState = 'pending' | 'sending' | 'done' | 'rejected' | 'retry_at' | 'unknown' | 'needs_decision';
export type CountSlot = 'pulled' | 'dropped' | 'unchanged' | 'ignored' | 'accepted' | 'found' | DocumentState;
export type Counts = Run['counts'];

export type DocumentSummary = S['DocumentSummary'];
export type DocumentDetail = S['DocumentDetail'];
export type DocumentAction = DocumentDetail['actions'][number];
export type AttentionMark = DocumentSummary['attention'][number];
export type DocumentQuery = NonNullable<paths['/documents']['get']['parameters']['query']>;
export type Facets = S['Facets'];
export type LedgerView = S['SavedLook'];
export type LedgerViews = S['ViewsAnswer'];
export type LedgerColumn = S['LedgerColumn'];
export type Delivery = S['Delivery'];
export type Errand = S['Errand'];
export type Attempt = S['Attempt'];
export type AttemptContent = S['AttemptContent'];
export type Lineage = S['Lineage'];
export type LineageNode = S['LineageNode'];
export type HistoryEvent = S['Event'];
export type DecisionSheet = S['Sheet'];
export type DecisionQuestion = S['Question'];
export type BulkOrder = S['BulkOrder'];
export type BulkJob = S['BulkJob'];
export type BulkPreview = S['BulkPreview'];

export type Webhook = S['Hook'];

export type StoredFile = S['File'];
export type FilePreview = Omit<S['Preview'], 'rows'> & { rows: Json[] };

export type Connection = S['Connection'];
export type ConnectionInput = S['NamedChange'];
export type CheckResult = S['Check'];
export type Traffic = S['Traffic'];
export type Limit = S['Limit'];

export type CodeTable = S['CodeTable'];
export type HelpTitle = S['HelpTitle'];
export type HelpPage = S['HelpPage'];
export type CodeRow = S['CodeRow'];
export type CodeRowChange = S['CodeRowChange'];
export type CodeFile = S['CodeFile'];
export type MissingCode = S['MissingCode'];

export type Connector = Sparse<S['CatalogConnector'], 'id' | 'version' | 'title' | 'settings' | 'operations'>;
export type OperationSummary = S['CatalogSummary'];
export interface Field extends Sparse<Omit<S['CatalogField'], 'children'>, 'field' | 'title'> {
  children?: Field[];
  /** The system told of it and no connector declares it: a row that fills it says its type and parser itself. */
  told?: boolean;
}
interface Fields {
  request?: Field[];
  response?: Field[];
}
export type Operation = Pick<S['CatalogOperation'], 'name' | 'kind' | 'title' | 'form'> & Fields & { object?: string; writing?: { steps?: { operation: string; default?: boolean }[] }; [more: string]: unknown };
export type Setting = S['FieldSetting'];
export type NodeDeclaration = S['NodeDeclaration'];
export type Port = S['NodePort'];

export type SampleResult = S['TrialSampled'];
export type PinnedSample = Omit<S['PinnedSample'], 'items' | 'request'> & { items: Json[]; request?: Json };
export type TestResult = S['TrialTested'];
export type CaseResult = S['CasesResult'];
export type Fault = S['Fault'];
export type Evaluation = Omit<S['Evaluated'], 'error'> & { error?: Sparse<S['EvaluateError'], 'code' | 'message'> };
export type ScriptProblem = S['ScriptProblem'];
export type Explained = S['Explained'];

/** The kinds of settings that have an editor here; a newer server may declare more. */
export type SettingKind =
  | 'text' | 'int' | 'bool' | 'duration' | 'choice' | 'url' | 'time' | 'list' | 'group'
  | 'value' | 'conditions' | 'mapping' | 'params' | 'script' | 'operation' | 'step' | 'flowRef' | 'codeTable' | 'file' | 'folder' | 'endpoint';

/** string, int, decimal, bool, date, datetime, array, object or json; a newer server may know more. */
export type FieldType = string;
