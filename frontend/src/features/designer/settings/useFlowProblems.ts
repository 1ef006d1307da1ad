import { useQuery } from '@tanstack/react-query';
import type { Problem } from '~/shared/api/types';
import { isFlowPath } from '~/model/problems';
import { validate } from '../api';
import { useDesigner } from '../designer.store';
import { useQuiet } from '../useQuiet';

const QUIET = 300;

/** What the server says about the flow's settings as they are being typed, by path. */
export function useFlowProblems(): ReadonlyMap<string, string> {
  const doc = useDesigner((state) => state.history.present);
  const quiet = useQuiet(doc, QUIET);
  const { data } = useQuery<Problem[]>({ queryKey: ['validate', quiet], gcTime: 0, placeholderData: (before) => before, queryFn: ({ signal }) => validate(quiet, signal) });
  const found = new Map<string, string>();
  for (const problem of data ?? []) {
    const path = problem.path ?? '';
    if (isFlowPath(path) && !found.has(path)) found.set(path, [problem.message, problem.hint].filter(Boolean).join(' '));
  }
  return found;
}
