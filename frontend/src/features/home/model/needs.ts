import type { Home } from '~/shared/api/types';
import { isMissingCode, NEEDS_YOU } from '~/shared/lib/counts';

type Group = Home['groups'][number];
type Flow = Home['flows'][number];
type Connection = Home['connections'][number];

/** What waits for a person, in the order in which it is told. */
export interface Needs {
  decisions: Group[];
  connections: Connection[];
  flows: Flow[];
  /** Groups of documents that failed or miss a code. */
  groups: Group[];
  blocked: Flow[];
  tokens: Home['tokens'];
  /** What the system tries again by itself, quieter. */
  tried: Group[];
}

const biggestFirst = (a: Group, b: Group) => b.documents - a.documents;

export function needsOf(home: Home): Needs {
  const of = (fits: (state: Group['state']) => boolean) => home.groups.filter(({ state }) => fits(state)).sort(biggestFirst);
  return {
    decisions: of((state) => state === 'needs_decision'),
    connections: home.connections,
    flows: home.flows.filter(({ why }) => why !== 'blocked'),
    groups: of((state) => state !== 'needs_decision' && (NEEDS_YOU as readonly string[]).includes(state)),
    blocked: home.flows.filter(({ why }) => why === 'blocked'),
    tokens: home.tokens,
    tried: of((state) => state === 'retry_at'),
  };
}

export const nothingNeeded = (needs: Needs): boolean => Object.values(needs).every((list: unknown[]) => list.length === 0);

/** Where a group of documents is mended. */
export const groupPlace = ({ state, code }: Group): string => (isMissingCode(code) ? '/codes?tab=missing' : `/docs?state=${state}&code=${encodeURIComponent(code)}`);

export function flowPlace({ id, why, run }: Flow): string {
  if (why === 'blocked') return `/flows/${id}/design`;
  if (why === 'failing' && run !== undefined) return `/runs/${run}`;
  return why === 'late' ? `/flows/${id}/reading` : `/flows/${id}/overview`;
}

/** A refused account is mended in its form; what is only slow is looked at on the card. */
export const connectionPlace = ({ name, why }: Connection): string => (why === 'broken' ? `/connectors?edit=${encodeURIComponent(name)}` : `/connectors#${encodeURIComponent(name)}`);

/** The flows by one word for how they fare, the worst first. */
export const HEALTHS = ['failing', 'late', 'attention', 'healthy', 'stopped', 'draft'] as const;
export type Health = (typeof HEALTHS)[number];

const HEALTH_OF: Record<string, Health> = {
  unpublished: 'draft', paused: 'stopped', failing: 'failing', attention: 'attention', stopped: 'stopped', never: 'healthy', late: 'late', retrying: 'healthy', reading: 'healthy', healthy: 'healthy',
};

export function healthsOf(verdicts: Home['verdicts']): { health: Health; size: number }[] {
  const sizes = new Map<Health, number>();
  for (const [verdict, size] of Object.entries(verdicts)) {
    const health = HEALTH_OF[verdict] ?? 'healthy';
    sizes.set(health, (sizes.get(health) ?? 0) + size);
  }
  return HEALTHS.flatMap((health) => (sizes.has(health) ? [{ health, size: sizes.get(health) ?? 0 }] : []));
}

/** The steps of a new instance, each with where it is taken. */
export function stepsOf({ steps, latest }: Home): { key: keyof Home['steps']; done: boolean; to: string }[] {
  const flow = latest === undefined ? '/flows?new=1' : `/flows/${latest}`;
  return [
    { key: 'connected', done: steps.connected, to: '/connectors?new=1' },
    { key: 'drawn', done: steps.drawn, to: '/market' },
    { key: 'dryRun', done: steps.dryRun, to: latest === undefined ? flow : `${flow}/dry-run` },
    { key: 'enabled', done: steps.enabled, to: latest === undefined ? flow : `${flow}/design` },
    { key: 'delivered', done: steps.delivered, to: latest === undefined ? flow : `${flow}/overview` },
  ];
}
