import type {
  BulkResult, CheckResult, Connection, ConnectionInput, Connector, DocumentDetail, DocumentSummary, Evaluation, Facets, Flow,
  FlowSummary, FlowVersion, Json, List, NodeDeclaration, Operation, Problem, Run, SampleResult, ScriptProblem, Session, TestResult, Token,
} from './types';

// The paths of the REST interface in the form openapi-typescript writes, so that
// the generated file can take this one's place without a change elsewhere.

type Params = { query?: object; path?: object; header?: object; cookie?: object };
type Op<P extends Params, B, R> = {
  parameters: P;
  requestBody?: B extends undefined ? never : { content: { 'application/json': B } };
  responses: { 200: { content: { 'application/json': R } } };
};
type Get<P extends Params, R> = Op<P, undefined, R>;
type At<K extends string> = { path: Record<K, string> };
type Page = { query?: { after?: string; limit?: number } };
type None = { path?: never };
type Empty = Record<string, never>;

export interface DocumentQuery {
  flow?: string;
  node?: string;
  state?: string;
  number?: string;
  code?: string;
  run?: string;
  attention?: boolean;
  after?: string;
  limit?: number;
}

export interface paths {
  '/session': { get: Get<None, Session> };
  '/setup': { post: Op<None, { token: string; name: string; password: string; language: string }, Session> };
  '/login': { post: Op<None, { name: string; password: string }, Session> };
  '/logout': { post: Op<None, Empty, undefined> };
  '/tokens': {
    get: Get<None & Page, List<Token>>;
    post: Op<None, { name: string; role: string; expiresAt?: string }, Token & { token: string }>;
  };
  '/tokens/{id}': { delete: Get<At<'id'>, undefined> };

  '/flows': {
    get: Get<None & { query?: { q?: string; after?: string; limit?: number } }, List<FlowSummary>>;
    post: Op<None, { title: string; document?: Json }, Flow>;
  };
  '/flows/validate': { post: Op<None, { document: Json }, { problems: Problem[] }> };
  '/flows/{id}': {
    get: Get<At<'id'>, Flow>;
    put: Op<At<'id'> & { header: { 'If-Match': string } }, { document: Json }, Flow>;
    delete: Get<At<'id'>, undefined>;
  };
  '/flows/{id}/publish': { post: Op<At<'id'>, { note: string }, Flow> };
  '/flows/{id}/enable': { post: Op<At<'id'>, Empty, Flow> };
  '/flows/{id}/disable': { post: Op<At<'id'>, Empty, Flow> };
  '/flows/{id}/copy': { post: Op<At<'id'>, { title: string }, Flow> };
  '/flows/{id}/versions': { get: Get<At<'id'> & Page, List<FlowVersion>> };
  '/flows/{id}/versions/{no}': { get: Get<{ path: { id: string; no: number } }, FlowVersion> };
  '/flows/{id}/runs': { post: Op<At<'id'>, Empty, { id: string }> };
  '/flows/{id}/sample': { post: Op<At<'id'>, { document?: Json; node: string; count: number }, SampleResult> };
  '/flows/{id}/test': { post: Op<At<'id'>, { document?: Json; node?: string; sample: Json }, TestResult> };

  '/runs': { get: Get<None & { query?: { flow?: string; state?: string; after?: string; limit?: number } }, List<Run>> };
  '/runs/{id}': { get: Get<At<'id'>, Run> };
  '/runs/{id}/cancel': { post: Op<At<'id'>, Empty, undefined> };

  '/documents': { get: Get<None & { query?: DocumentQuery }, List<DocumentSummary>> };
  '/documents/facets': { get: Get<None & { query?: { flow?: string } }, Facets> };
  '/documents/actions': {
    post: Op<None, { action: 'retry' | 'skip'; ids?: string[]; filter?: { flow?: string; state?: string; code?: string } }, BulkResult>;
  };
  '/documents/{id}': { get: Get<At<'id'>, DocumentDetail> };
  '/documents/{id}/retry': { post: Op<At<'id'>, { version: 'published' | 'pinned'; source?: Json }, DocumentDetail> };
  '/documents/{id}/resend': { post: Op<At<'id'>, { node: string; part: number; body?: Json }, DocumentDetail> };
  '/documents/{id}/skip': { post: Op<At<'id'>, { note: string }, DocumentDetail> };

  '/connections': { get: Get<None & Page, List<Connection>>; post: Op<None, ConnectionInput, Connection> };
  '/connections/check': { post: Op<None, ConnectionInput, CheckResult> };
  '/connections/{name}': { put: Op<At<'name'>, ConnectionInput, Connection>; delete: Get<At<'name'>, undefined> };
  '/connections/{name}/check': { post: Op<At<'name'>, Empty, CheckResult> };

  '/catalog/nodes': { get: Get<None, List<NodeDeclaration>> };
  '/catalog/connectors': { get: Get<None, List<Connector>> };
  '/catalog/connectors/{id}/operations/{name}': { get: Get<{ path: { id: string; name: string } }, Operation> };

  '/values/evaluate': { post: Op<None, { text: string; source: Json }, Evaluation> };
  '/scripts/check': { post: Op<None, { source: string }, { problems: ScriptProblem[] }> };
  '/schedules/next': { get: Get<None & { query: { cron: string; timezone?: string } }, { times: string[] }> };
}
