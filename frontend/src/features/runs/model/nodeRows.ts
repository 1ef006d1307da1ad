import type { Json, Run } from '../../../shared/api/types';

export interface NodeRow {
  id: string;
  title: string;
  type: string;
  in: number | undefined;
  /** Documents per output, the error port apart. */
  out: { port: string; count: number }[];
  errors: number;
}

interface DrawnNode {
  id?: unknown;
  type?: unknown;
  title?: unknown;
}

function drawn(document: Json | undefined): DrawnNode[] {
  const spec = typeof document === 'object' && document !== null && !Array.isArray(document) ? document.spec : undefined;
  const nodes = typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? spec.nodes : undefined;
  return Array.isArray(nodes) ? nodes.filter((node): node is { [key: string]: Json } => typeof node === 'object' && node !== null && !Array.isArray(node)) : [];
}

const PORT = 'port:';

/** The nodes of a run with what went through them, in the order of the drawing; nodes it does not know come last. */
export function nodeRows(run: Run, document: Json | undefined): NodeRow[] {
  const counts = run.nodes ?? {};
  const known = drawn(document).filter((node): node is DrawnNode & { id: string } => typeof node.id === 'string');
  const ids = [...known.map((node) => node.id), ...Object.keys(counts).filter((id) => !known.some((node) => node.id === id)).sort()];
  return ids.map((id) => {
    const node = known.find((one) => one.id === id);
    const mine = counts[id] ?? {};
    const out = Object.entries(mine).filter(([slot]) => slot.startsWith(PORT) && slot !== 'port:error').map(([slot, count]) => ({ port: slot.slice(PORT.length), count }));
    return {
      id, title: typeof node?.title === 'string' ? node.title : '', type: typeof node?.type === 'string' ? node.type : '',
      in: mine.in, out, errors: mine['port:error'] ?? 0,
    };
  }).filter((row) => row.in !== undefined || row.out.length > 0 || row.errors > 0 || known.length > 0);
}
