import { type FlowNode, settingsOf } from './document';

/** Members that a sample itself fills in, or that say nothing about what is read. */
const ASIDE = new Set(['fields', 'startFrom', 'onSeen']);

/** A mark of what a source reads, and how: another one says that a sample may be out of date. */
export function basisOf(node: FlowNode | undefined): string {
  if (node === undefined) return '';
  const settings = Object.entries(settingsOf(node)).filter(([key]) => !ASIDE.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash(JSON.stringify([node.type, node.connection ?? '', settings]));
}

/** Two rounds of FNV-1a, to tell texts apart; it keeps no secret. */
function hash(text: string): string {
  const round = (seed: number) => {
    let sum = seed;
    for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 16777619);
    return (sum >>> 0).toString(16).padStart(8, '0');
  };
  return round(2166136261) + round(84696351);
}
