import { getSmoothStepPath, type GetSmoothStepPathParams } from '@xyflow/react';
import { declarationOf, type Graph } from '~/model/graph';
import { NODE_HEIGHT } from '~/model/layout';

/** How far a wire to the next line goes beside the cards: past the names of ports, when they have some. */
export const BESIDE = { plain: 28, named: 58 };

const ROUND = 16;

export const portsAt = (graph: Graph, id: string): number => declarationOf(graph, id)?.outputs?.length ?? 0;

/** The wire from the end of a line to the start of the next, and the middle of its long part. */
export function wayBack(ends: GetSmoothStepPathParams, named: boolean): [path: string, x: number, y: number] {
  const { sourceX, sourceY, targetX, targetY } = ends;
  const height = targetY - sourceY;
  // No room to run between two lines.
  if (Math.abs(height) < NODE_HEIGHT) {
    const [path, x, y] = getSmoothStepPath({ ...ends, borderRadius: ROUND, offset: BESIDE.plain });
    return [path, x, y];
  }
  const [right, left, middle] = [sourceX + (named ? BESIDE.named : BESIDE.plain), targetX - BESIDE.plain, sourceY + height / 2];
  const down = Math.sign(height) * ROUND;
  const path = [
    `M${sourceX},${sourceY}H${right - ROUND}q${ROUND},0 ${ROUND},${down}`, `V${middle - down}q0,${down} ${-ROUND},${down}`,
    `H${left + ROUND}q${-ROUND},0 ${-ROUND},${down}`, `V${targetY - down}q0,${down} ${ROUND},${down}`, `H${targetX}`,
  ].join('');
  return [path, (left + right) / 2, middle];
}
