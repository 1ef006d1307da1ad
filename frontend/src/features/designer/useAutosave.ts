import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import { useSession } from '~/shared/api/session';
import { saveFlow } from './api';
import { current, documentNow, factsOf, useDesigner, withProblems } from './designer.store';

/** Quiet before a draft is saved, in milliseconds. */
const QUIET = 2000;
/** Wait before a failed save is tried again. */
const RETRY = 10_000;

let timer: ReturnType<typeof setTimeout> | undefined;
let underWay: Promise<void> | undefined;

/** Saves now, after a save that is under way. Resolves when nothing is left to save or it cannot be. */
export async function saveNow(): Promise<void> {
  clearTimeout(timer);
  // Who waited with others looks again: one of them may have begun the next save.
  while (underWay !== undefined) await underWay;
  const { readOnly, save, saved, ready } = current();
  if (readOnly || !ready || save === 'conflict' || documentNow() === saved) return;
  underWay = put();
  await underWay;
  underWay = undefined;
}

async function put(): Promise<void> {
  const doc = documentNow();
  const { flow } = current();
  useDesigner.setState({ save: 'saving', saveError: undefined });
  try {
    const answer = await saveFlow(flow.id, flow.etag, doc);
    // Another flow may have been opened while this one was on its way.
    if (current().flow.id !== flow.id) return;
    useDesigner.setState({ flow: factsOf(answer), saved: doc, savedAt: Date.now(), save: documentNow() === doc ? 'saved' : 'dirty', ...withProblems(answer.problems ?? [], doc) });
    if (documentNow() !== doc) later(QUIET);
  } catch (error) {
    if (current().flow.id !== flow.id) return;
    const problem = asApiError(error);
    if (problem.code === 'flow.conflict') useDesigner.setState({ save: 'conflict', theirs: problem.current, saveError: problem });
    else {
      useDesigner.setState({ save: 'failed', saveError: problem });
      later(RETRY);
    }
  }
}

function later(wait: number) {
  clearTimeout(timer);
  timer = setTimeout(() => void saveNow(), wait);
}

const again = () => {
  if (current().save === 'failed') void saveNow();
};

/** Saves the draft after two seconds of quiet. */
export function useAutosave() {
  const client = useQueryClient();
  const { dataUpdatedAt: session } = useSession();
  // After a login over the page what could not be saved is, at once.
  useEffect(again, [session]);
  useEffect(() => {
    const stop = useDesigner.subscribe((state, before) => {
      if (state.history.present !== before.history.present && state.flow.id === before.flow.id && state.history.present !== state.saved) later(QUIET);
      if (state.flow !== before.flow && before.flow.id === state.flow.id) void client.invalidateQueries({ queryKey: keys.flows });
    });
    const leaving = (event: BeforeUnloadEvent) => {
      if (current().save !== 'saved') event.preventDefault();
    };
    // Also while somebody types: the browser's own answer would be to save the page.
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
      event.preventDefault();
      void saveNow();
    };
    globalThis.addEventListener('online', again);
    document.addEventListener('keydown', onKey);
    globalThis.addEventListener('beforeunload', leaving);
    return () => {
      stop();
      globalThis.removeEventListener('online', again);
      document.removeEventListener('keydown', onKey);
      globalThis.removeEventListener('beforeunload', leaving);
      clearTimeout(timer);
    };
  }, [client]);
}
