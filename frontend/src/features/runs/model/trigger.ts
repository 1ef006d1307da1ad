import type { Run } from '../../../shared/api/types';

/** What started a run; triggers of one kind may name more behind a colon. */
export const kindOf = (trigger: string): string => trigger.split(':', 1)[0] ?? trigger;

/** The source whose past a run reads, with why; undefined where it reads what changed. */
export function pastOf({ trigger }: Pick<Run, 'trigger'>): { kind: 'sweep' | 'backfill'; node: string } | undefined {
  const kind = kindOf(trigger);
  return kind === 'sweep' || kind === 'backfill' ? { kind, node: trigger.slice(kind.length + 1) } : undefined;
}
