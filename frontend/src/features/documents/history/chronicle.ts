import type { Attempt, HistoryEvent } from '../../../shared/api/types';
import { type LedgerDocument, type Moment, timeline } from '../model/detail';

export interface Told extends Moment {
  /** What a person did, where the moment is that. */
  event?: HistoryEvent;
  /** The state that a revision came to, or where the document stands now. */
  state?: string;
}

const when = (time: string | null | undefined) => Date.parse(time ?? '') || 0;

/**
 * What happened to a document by itself and what people did about it, oldest first, and
 * at the end where it stands. An edit is a revision and an action: it is told once.
 */
export function chronicle(document: LedgerDocument, attempts: readonly Attempt[], events: readonly HistoryEvent[]): Told[] {
  const told: Told[] = timeline(document, attempts).map((moment) => {
    const revision = document.revisions.find(({ rev }) => rev === moment.rev);
    const older = revision !== undefined && revision.rev !== document.rev;
    return older ? { ...moment, state: revision.state } : moment;
  });
  const edits = told.filter(({ kind }) => kind === 'edit');
  for (const event of events) {
    if (event.action === 'edit') {
      const made = edits.shift();
      if (made !== undefined) {
        made.event = event;
        made.at = event.at ?? undefined;
        continue;
      }
    }
    // What has no time of its own stands with what follows it.
    const later = told.findIndex((moment) => moment.at !== undefined && when(moment.at) > when(event.at));
    let place = later < 0 ? told.length : later;
    while (place > 0 && later >= 0 && told[place - 1]?.at === undefined) place--;
    told.splice(place, 0, { key: `event-${event.id}`, at: event.at ?? undefined, kind: 'event', tone: 'info', actor: event.actor, event });
  }
  if (told.length > 0) {
    told.push({ key: 'now', at: document.updatedAt ?? undefined, kind: 'now', tone: 'info', state: document.state });
  }
  return told;
}
