import { Position } from '@xyflow/react';
import { describe, expect, it } from 'vitest';
import { BESIDE, wayBack } from './wayBack';

const ends = (targetY: number) => ({ sourceX: 1000, sourceY: 24, sourcePosition: Position.Right, targetX: 0, targetY, targetPosition: Position.Left });

/** The farthest a path of absolute H and relative q goes to the right. */
const reach = (path: string) => Math.max(...[...path.matchAll(/H(-?[\d.]+)q(-?\d+)/g)].map(([, x, by]) => Number(x) + Math.max(0, Number(by))));

describe('a wire to the next line', () => {
  it('runs between the lines, beside the names of ports', () => {
    const [path, x, y] = wayBack(ends(180), true);
    expect([x, y]).toEqual([(1000 + BESIDE.named - BESIDE.plain) / 2, 102]);
    expect(reach(path)).toBe(1000 + BESIDE.named);
    expect(reach(wayBack(ends(180), false)[0])).toBe(1000 + BESIDE.plain);
    expect(path.endsWith('H0')).toBe(true);
  });

  it('goes up as it goes down', () => {
    const [path, , y] = wayBack(ends(-132), false);
    expect(y).toBe(-54);
    expect(path).toContain('V-38q0,-16 -16,-16');
  });

  it('finds a way where no line lies between', () => {
    expect(wayBack(ends(40), true)[0]).not.toContain('NaN');
  });
});
