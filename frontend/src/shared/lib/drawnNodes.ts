import type { Json } from '../api/types';

export interface DrawnNode {
  id: string;
  type: string;
  title: string;
  settings: { [key: string]: Json };
}

type Entries = { [key: string]: Json };
const entries = (value: Json | undefined): Entries => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {});
const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');

/** The nodes of a flow document in the order of the drawing, whatever else it holds. */
export function drawnNodes(document: Json | undefined): DrawnNode[] {
  const nodes = entries(entries(document).spec).nodes;
  if (!Array.isArray(nodes)) return [];
  return nodes.map((node) => entries(node)).filter(({ id }) => typeof id === 'string').map(({ id, type, title, settings }) => ({ id: text(id), type: text(type), title: text(title), settings: entries(settings) }));
}
