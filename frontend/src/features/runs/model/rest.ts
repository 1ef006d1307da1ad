import type { TFunction } from 'i18next';
import type { Run } from '../../../shared/api/types';

/** Whether the run itself was paused; its flow may rest besides. */
export const ownPause = (run: Run) => (run.pausedBy ?? '') !== '';

/** Why a run rests, in words. */
export function restOf(run: Run, t: TFunction<'runs'>): string {
  return [run.flowPaused === true ? t('common:pause.byFlow') : '', ownPause(run) ? t('common:pause.by', { actor: run.pausedBy }) : ''].filter(Boolean).join(' · ');
}
