import type { FlowOverview } from '../../../shared/api/types';
import type { Banner } from '../../../shared/ui/Banner';

type Code = FlowOverview['verdict']['code'];

const TONES: Record<Code, Parameters<typeof Banner>[0]['tone']> = {
  failing: 'err', attention: 'err', late: 'warn', retrying: 'warn', paused: 'warn', unpublished: 'info', stopped: 'info', never: 'info', reading: 'info', healthy: 'ok',
};

/** How loud a verdict is; one that a newer server knows is told quietly. */
export const toneOf = (code: Code) => TONES[code] ?? 'info';

/** What to do about a verdict, as a page of the flow; undefined where there is nothing to do. */
export function nextOf({ verdict, lastRun }: Pick<FlowOverview, 'verdict' | 'lastRun'>, flow: string): string | undefined {
  switch (verdict.code) {
    case 'failing':
      return lastRun === undefined ? undefined : `/runs/${lastRun.id}`;
    case 'attention':
      return `/flows/${flow}/docs?state=needs_decision,rejected,unmapped`;
    case 'late':
    case 'reading':
      return `/flows/${flow}/queue`;
    case 'retrying':
      return `/flows/${flow}/queue?tab=writes&state=retry_at`;
    case 'unpublished':
    case 'never':
    case 'stopped':
    case 'paused':
      return `/flows/${flow}/design`;
    default:
      return undefined;
  }
}
