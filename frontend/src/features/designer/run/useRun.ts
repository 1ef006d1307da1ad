import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import { runOf } from '~/shared/api/run';
import { type StreamEvent, type StreamState, useStream } from '~/shared/api/sse';
import type { Run } from '~/shared/api/types';
import { useDialogs } from '~/shared/ui/dialogs';
import { startRun } from '../api';
import { current, useDesigner } from '../designer.store';
import { isOver } from './overlay';
import { saveNow } from '../useAutosave';

const TYPES = ['progress', 'end'] as const;

/** Follows the run that is watched and shows it on the canvas. */
export function useRunStream(): StreamState {
  const client = useQueryClient();
  const watching = useDesigner((state) => state.watching);
  const receive = useCallback((event: StreamEvent) => {
    const run = event.data as Run;
    if (run.id !== current().watching) return;
    useDesigner.setState(event.type === 'end' ? { run, watching: undefined } : { run: { ...current().run, ...run } });
    if (event.type === 'end') {
      void client.invalidateQueries({ queryKey: keys.runs });
      void client.invalidateQueries({ queryKey: keys.flows });
    }
  }, [client]);
  const state = useStream(watching === undefined ? undefined : `/runs/${watching}/events`, TYPES, receive);
  useEffect(() => () => useDesigner.setState({ run: undefined, watching: undefined }), []);
  return state;
}

/** Shows the run that the address names on the canvas, whenever it was. One of another flow is left out. */
export function useNamedRun(): void {
  const id = useSearchParams()[0].get('run') ?? '';
  const client = useQueryClient();
  const { toast } = useDialogs();
  useEffect(() => {
    if (id === '') return;
    let gone = false;
    client.fetchQuery(runOf(id)).then(
      (run) => {
        if (!gone && run.flow === current().flow.id) useDesigner.setState({ run, watching: isOver(run) ? undefined : id, panel: 'run' });
      },
      (error: unknown) => void (gone || toast(asApiError(error).message, 'err')),
    );
    return () => {
      gone = true;
    };
  }, [id, client, toast]);
}

const queued = (id: string): Run => ({ id, flow: current().flow.id, flowTitle: '', version: current().flow.publishedVersion, state: 'queued', trigger: 'manual', pulling: false, paused: false, startedAt: '', counts: {}, balanced: true });

/** Starts the published version and watches it. */
export async function runNow(): Promise<void> {
  const { id } = await startRun(current().flow.id);
  useDesigner.setState({ run: queued(id), watching: id, panel: 'run' });
}

/** What the run button does: a draft that was never published, or was changed since, is published first. */
export function useRunButton(): () => Promise<void> {
  const { toast } = useDialogs();
  return useCallback(async () => {
    await saveNow();
    const { flow, readOnly } = current();
    if (!readOnly && (flow.publishedVersion === 0 || flow.dirty)) {
      useDesigner.setState({ dialog: 'publishAndRun' });
      return;
    }
    try {
      await runNow();
    } catch (error) {
      const problem = asApiError(error);
      toast([problem.message, problem.hint].filter(Boolean).join(' '), 'err');
    }
  }, [toast]);
}
