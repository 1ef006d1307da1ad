import type { Json, Run } from '../../../shared/api/types';
import { drawnNodes } from '../../../shared/lib/drawnNodes';

export interface NodeRow {
  id: string;
  title: string;
  type: string;
  settings: { [key: string]: Json };
  in: number | undefined;
  /** Documents per output, the error port apart. */
  out: { port: string; count: number }[];
  errors: number;
}

const PORT = 'port:';

/** The nodes of a run with what went through them, in the order of the drawing; nodes it does not know come last. */
export function nodeRows(run: Run, document: Json | undefined): NodeRow[] {
  const counts = run.nodes ?? {};
  const known = drawnNodes(document);
  const ids = [...known.map((node) => node.id), ...Object.keys(counts).filter((id) => !known.some((node) => node.id === id)).sort()];
  return ids.map((id) => {
    const node = known.find((one) => one.id === id);
    const mine = counts[id] ?? {};
    const out = Object.entries(mine).filter(([slot]) => slot.startsWith(PORT) && slot !== 'port:error').map(([slot, count]) => ({ port: slot.slice(PORT.length), count }));
    return {
      id, title: node?.title ?? '', type: node?.type ?? '', settings: node?.settings ?? {},
      in: mine.in, out, errors: mine['port:error'] ?? 0,
    };
  }).filter((row) => row.in !== undefined || row.out.length > 0 || row.errors > 0 || known.length > 0);
}
