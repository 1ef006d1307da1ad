import { describe, expect, it } from 'vitest';
import { balance, LEFT_OUT, PLACES, troubled } from './counts';

const counts = {
  pulled: 120, dropped: 4, unchanged: 10, ignored: 1, accepted: 105,
  delivered: 90, filtered: 5, rejected: 6, retry_at: 1, unmapped: 2, needs_decision: 1,
};

describe('balance', () => {
  it('holds when every record is accounted for', () => {
    expect(balance(counts)).toEqual({ pulled: 0, accepted: 0, balanced: true });
  });
  it('says which equation is open and by how many', () => {
    expect(balance({ ...counts, pulled: 122 })).toEqual({ pulled: 2, accepted: 0, balanced: false });
    expect(balance({ ...counts, delivered: 93 })).toEqual({ pulled: 0, accepted: -3, balanced: false });
  });
  it('counts every slot once', () => {
    expect(new Set([...PLACES, ...LEFT_OUT]).size).toBe(15);
    for (const slot of PLACES) expect(balance({ accepted: 1, pulled: 1, [slot]: 1 }).balanced, slot).toBe(true);
  });
});

describe('troubled', () => {
  it('counts what waits for a person', () => {
    expect(troubled(counts)).toBe(9);
    expect(troubled(undefined)).toBe(0);
  });
});
