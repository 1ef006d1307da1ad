import type { JsonNode } from './json';

export interface JsonRow {
  /** Dotted names and indexes from the root; "" is the root. */
  path: string;
  name: string;
  level: number;
  kind: string;
  inArray: boolean;
  /** The value's text, for what has no members. */
  value: string;
  /** Number of members, for what can have them. */
  size: number | undefined;
  open: boolean;
}

const dotted = (path: string) => path.replace(/\[(\d+)\]/g, '.$1');
const withoutPlaces = (path: string) => path.split('.').filter((part) => !/^\d+$/.test(part)).join('.');

/**
 * The rows a problem's path points at: FEntity[0].FMaterialId and FEntity.0.FMaterialId
 * at one field, FEntity.FMaterialId at it in every line, FMaterialId at every field
 * of that name. Where there are several, those are meant whose value the problem's
 * words name.
 */
export function marked(rows: readonly JsonRow[], path: string | undefined, words = ''): ReadonlySet<string> {
  if (path === undefined || path === '') return new Set();
  const wanted = dotted(path);
  const fits = [(row: JsonRow) => row.path === wanted, (row: JsonRow) => !row.inArray && withoutPlaces(row.path) === wanted, (row: JsonRow) => !row.inArray && row.name === wanted];
  for (const fit of fits) {
    const found = rows.filter(fit);
    if (found.length > 0) return new Set((found.length > 1 ? named(rows, found, words) : found).map((row) => row.path));
  }
  return new Set();
}

/** A shorter value could be part of any sentence. */
const TELLING = 4;

function named(rows: readonly JsonRow[], found: readonly JsonRow[], words: string): readonly JsonRow[] {
  const said = (row: JsonRow) => words.includes(row.value) || (row.value.length >= TELLING + 2 && words.includes(row.value.slice(1, -1)));
  const telling = rows.filter((row) => row.kind === 'string' && row.value.length > 2 && said(row));
  const meant = found.filter((row) => telling.some(({ path }) => path === row.path || path.startsWith(`${row.path}.`)));
  return meant.length === 0 ? found : meant;
}

const LARGE = 300;

/** Whether a value has too many members to be shown whole at first. */
export function isLarge(node: JsonNode): boolean {
  let left = LARGE;
  const count = (at: JsonNode): boolean => {
    if (--left < 0) return true;
    if (at.kind === 'array') return at.items.some(count);
    if (at.kind === 'object') return at.entries.some(([, value]) => count(value));
    return false;
  };
  return count(node);
}

function textOf(node: JsonNode): string {
  switch (node.kind) {
    case 'string':
      return JSON.stringify(node.value);
    case 'number':
      return node.text;
    case 'literal':
      return String(node.value);
    default:
      return '';
  }
}

/**
 * The rows of a tree in which levels below depth are open, except that each path
 * in toggled is the other way round.
 */
export function rowsOf(root: JsonNode, toggled: ReadonlySet<string>, depth: number): JsonRow[] {
  const rows: JsonRow[] = [];
  const walk = (node: JsonNode, path: string, name: string, level: number, inArray: boolean) => {
    const members: [string, JsonNode][] | undefined =
      node.kind === 'object' ? node.entries : node.kind === 'array' ? node.items.map((item, i): [string, JsonNode] => [String(i), item]) : undefined;
    const open = members !== undefined && level < depth !== toggled.has(path);
    rows.push({ path, name, level, kind: node.kind === 'literal' && node.value === null ? 'null' : node.kind, inArray, value: textOf(node), size: members?.length, open });
    if (members === undefined || !open) return;
    for (const [key, value] of members) walk(value, path === '' ? key : `${path}.${key}`, key, level + 1, node.kind === 'array');
  };
  walk(root, '', '', 0, false);
  return rows;
}
