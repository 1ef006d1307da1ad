import { type JsonNode, parseJson, type RawJson, writeJson } from '../../../shared/lib/json';

export interface FieldRow {
  /** Dotted names and indexes from the root. */
  path: string;
  sent: string;
  /** Undefined where the target shows no such field. */
  found: string | undefined;
  same: boolean;
}

function leaves(node: JsonNode, path: string, out: Map<string, string>) {
  const under = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  if (node.kind === 'object' && node.entries.length > 0) for (const [name, one] of node.entries) leaves(one, under(name), out);
  else if (node.kind === 'array' && node.items.length > 0) for (const [i, one] of node.items.entries()) leaves(one, under(i), out);
  else out.set(path, node.kind === 'string' ? node.value : writeJson(node));
}

function read(raw: RawJson): Map<string, string> {
  const out = new Map<string, string>();
  leaves(parseJson(raw.text), '', out);
  return out;
}

const DECIMAL = /^-?\d+\.\d+$/;
/** 320.50 and 320.5 are one amount; the texts themselves are shown as they are. */
const amount = (text: string) => (DECIMAL.test(text) ? text.replace(/\.?0+$/, '') : text);

/** What was sent, field by field, beside what the target holds. Fields that only the target has are its own affair. */
export function fieldRows(sent: RawJson, found: RawJson): FieldRow[] {
  const held = read(found);
  return [...read(sent)].map(([path, text]) => {
    const other = held.get(path);
    return { path, sent: text, found: other, same: other !== undefined && amount(other) === amount(text) };
  });
}
