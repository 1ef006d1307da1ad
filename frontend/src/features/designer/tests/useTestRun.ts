import { useState } from 'react';
import { asApiError, type ApiError } from '~/shared/api/errors';
import type { CaseResult } from '~/shared/api/types';
import type { FlowDocument, JsonObject } from '~/model/document';
import { testsOf } from '~/model/tests';
import { runTests } from '../api';
import { current, documentNow, useDesigner } from '../designer.store';

/** What a run of a node's tests said, as far as it still holds. */
export interface TestRun {
  results: ReadonlyMap<JsonObject, CaseResult>;
  failed: number;
  running: boolean;
  error: ApiError | undefined;
  run: () => Promise<ReadonlyMap<JsonObject, CaseResult>>;
}

const NONE: ReadonlyMap<JsonObject, CaseResult> = new Map();

/** What decides about a test besides the test itself. */
const groundsOf = ({ spec }: FlowDocument): unknown[] => [spec.nodes, spec.params, spec.uses, spec.settings];

/** Runs the tests of a node. What a run said is forgotten when the flow is no longer the one it was said of. */
export function useTestRun(id: string): TestRun {
  const doc = useDesigner((state) => state.history.present);
  const [ran, setRan] = useState<{ grounds: unknown[]; of: ReadonlyMap<JsonObject, CaseResult> }>();
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<ApiError>();
  const holds = ran !== undefined && groundsOf(doc).every((one, i) => one === ran.grounds[i]);
  const results = holds ? ran.of : NONE;

  const run = async () => {
    const now = documentNow();
    const asked = testsOf(now, id);
    setRunning(true);
    setError(undefined);
    let of = NONE;
    try {
      const answers = await runTests(current().flow.id, now, id);
      of = new Map(asked.flatMap(({ test }, i) => (answers[i] === undefined ? [] : [[test, answers[i]]])));
      setRan({ grounds: groundsOf(now), of });
    } catch (trouble) {
      setError(asApiError(trouble));
    }
    setRunning(false);
    return of;
  };
  return { results, failed: testsOf(doc, id).filter(({ test }) => results.get(test)?.passed === false).length, running, error, run };
}
