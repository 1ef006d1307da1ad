import type { Counts, CountSlot, DocumentState } from '../api/types';

/** The states that wait for a person, in the order of urgency. */
export const NEEDS_YOU = ['needs_decision', 'rejected', 'unmapped'] as const satisfies readonly DocumentState[];

/** Where accepted documents are, in the order in which they are told. */
export const PLACES: readonly DocumentState[] = [
  'delivered', 'collected', 'filtered', 'waiting', 'claimed', 'held', 'retry_at', 'unmapped', 'needs_decision', 'rejected', 'superseded', 'skipped',
];

/** What became of a pulled record before the ledger. */
export const LEFT_OUT: readonly CountSlot[] = ['dropped', 'unchanged', 'ignored'];

export const count = (counts: Counts | undefined, slot: CountSlot) => counts?.[slot] ?? 0;
export const sum = (counts: Counts | undefined, slots: readonly CountSlot[]) => slots.reduce((total, slot) => total + count(counts, slot), 0);

/** The two equations of a run. What they leave over is work in flight, or a fault worth telling. */
export function balance(counts: Counts): { pulled: number; accepted: number; balanced: boolean } {
  const pulled = count(counts, 'pulled') - sum(counts, LEFT_OUT) - count(counts, 'accepted');
  const accepted = count(counts, 'accepted') - sum(counts, PLACES);
  return { pulled, accepted, balanced: pulled === 0 && accepted === 0 };
}

/** Documents of a run that wait for a person. What is tried again by itself is told apart. */
export const troubled = (counts: Counts | undefined) => sum(counts, NEEDS_YOU);

/** Documents with this problem go on once the code is filled into its table. */
export const isMissingCode = (code: string): boolean => code === 'lookup.code_missing';
