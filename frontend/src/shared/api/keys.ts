// The roots of the query cache. Whoever changes something on the server marks
// the roots it touches as stale; features add what makes their query special.
export const keys = {
  session: ['session'] as const,
  /** Present after a person left by will: then nothing leads back to where they were. */
  left: ['left'] as const,
  /** What the first page gathers. */
  home: ['home'] as const,
  flows: ['flows'] as const,
  flow: (id: string) => ['flow', id] as const,
  pausedFlows: ['pausedFlows'] as const,
  runs: ['runs'] as const,
  run: (id: string) => ['run', id] as const,
  documents: ['documents'] as const,
  views: ['views'] as const,
  columns: (flow: string) => ['columns', flow] as const,
  bulkJobs: ['bulkJobs'] as const,
  bulkJob: (id: string) => ['bulkJob', id] as const,
  bulkPreview: ['bulkPreview'] as const,
  facets: ['facets'] as const,
  /** Every flow's. */
  allReadings: ['readings'] as const,
  readings: (flow: string) => ['readings', flow] as const,
  /** Every flow's overview and queues. */
  allFlowStates: ['flowStates'] as const,
  flowState: (flow: string) => ['flowStates', flow] as const,
  document: (id: string) => ['document', id] as const,
  connections: ['connections'] as const,
  baseData: (name: string) => ['baseData', name] as const,
  traffic: (name: string) => ['traffic', name] as const,
  connectors: ['catalog', 'connectors'] as const,
  nodes: ['catalog', 'nodes'] as const,
  codeTables: ['codeTables'] as const,
  codeTable: (id: string) => ['codeTable', id] as const,
  missingCodes: ['missingCodes'] as const,
  reconciliations: ['reconciliations'] as const,
  reconciliation: (id: string) => ['reconciliations', id] as const,
  templates: ['templates'] as const,
  template: (id: string, version = '') => (version === '' ? (['templates', id] as const) : (['templates', id, version] as const)),
  templateDraft: (words: unknown) => ['templates', '', 'draft', words] as const,
  templateRegistry: ['templates', '', 'registry'] as const,
  tokens: ['tokens'] as const,
  retention: ['retention'] as const,
  plugins: ['plugins'] as const,
  pluginPages: (id: string, version: string, language: string) => ['plugins', 'pages', id, version, language] as const,
  files: ['files'] as const,
  webhook: (flow: string, node: string) => ['webhook', flow, node] as const,
  /** All pages in all languages. */
  allHelp: ['help'] as const,
  /** The pages are in the reader's language. */
  help: (language: string, page: string) => ['help', language, page] as const,
};
