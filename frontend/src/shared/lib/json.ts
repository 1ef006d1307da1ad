// JSON that keeps what was written: digits of any length, the order of keys,
// repeated keys. JSON.parse would round 9007199254740993 and 0.10 would come
// back as 0.1, and an edited payload would be sent on with the damage.

/** A JSON value as its own text. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonNode =
  | { kind: 'object'; entries: [string, JsonNode][] }
  | { kind: 'array'; items: JsonNode[] }
  | { kind: 'string'; value: string }
  | { kind: 'number'; text: string }
  | { kind: 'literal'; value: true | false | null };

export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly offset: number;
  readonly line: number;
  readonly column: number;

  constructor(text: string, offset: number) {
    const before = text.slice(0, offset).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    super(`not valid JSON at line ${line}, column ${column}`);
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERALS: [string, true | false | null][] = [['true', true], ['false', false], ['null', null]];
const DEEPEST = 512;

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): JsonNode {
    const node = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail();
    return node;
  }

  private fail(): never {
    throw new JsonError(this.text, this.at);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private space() {
    this.match(SPACE);
  }

  private take(mark: string): boolean {
    this.space();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private string(): string {
    const found = this.match(STRING);
    if (found === undefined) this.fail();
    return JSON.parse(found) as string;
  }

  private value(depth: number): JsonNode {
    if (depth > DEEPEST) this.fail();
    if (this.take('{')) return { kind: 'object', entries: this.entries(depth) };
    if (this.take('[')) return { kind: 'array', items: this.items(depth) };
    if (this.text[this.at] === '"') return { kind: 'string', value: this.string() };
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return { kind: 'literal', value };
      }
    }
    const number = this.match(NUMBER);
    if (number === undefined) this.fail();
    return { kind: 'number', text: number };
  }

  private entries(depth: number): [string, JsonNode][] {
    const entries: [string, JsonNode][] = [];
    if (this.take('}')) return entries;
    do {
      this.space();
      const key = this.string();
      if (!this.take(':')) this.fail();
      entries.push([key, this.value(depth + 1)]);
    } while (this.take(','));
    if (!this.take('}')) this.fail();
    return entries;
  }

  private items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    if (this.take(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.take(','));
    if (!this.take(']')) this.fail();
    return items;
  }
}

/** Reads JSON without losing anything. Throws a JsonError that knows where it went wrong. */
export function parseJson(text: string): JsonNode {
  return new Reader(text).document();
}

/** Writes a node back; with an indent it is laid out for people. */
export function writeJson(node: JsonNode, indent = 0, level = 0): string {
  const open = indent > 0 ? `\n${' '.repeat(indent * (level + 1))}` : '';
  const close = indent > 0 ? `\n${' '.repeat(indent * level)}` : '';
  switch (node.kind) {
    case 'object':
      if (node.entries.length === 0) return '{}';
      return `{${node.entries.map(([key, value]) => `${open}${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}${writeJson(value, indent, level + 1)}`).join(',')}${close}}`;
    case 'array':
      if (node.items.length === 0) return '[]';
      return `[${node.items.map((value) => open + writeJson(value, indent, level + 1)).join(',')}${close}]`;
    case 'string':
      return JSON.stringify(node.value);
    case 'number':
      return node.text;
    case 'literal':
      return String(node.value);
  }
}

/** Lays a JSON text out for people; a text that is no JSON is given back as it is. */
export function prettyJson(text: string): string {
  try {
    return writeJson(parseJson(text), 2);
  } catch {
    return text;
  }
}

/**
 * Reads an answer of the server, keeping the values under the given keys, at any
 * depth, as RawJson. Payloads pass through the page this way untouched.
 */
export function parseKeeping(text: string, keep: ReadonlySet<string>): unknown {
  const plain = (node: JsonNode): unknown => {
    switch (node.kind) {
      case 'object':
        return Object.fromEntries(node.entries.map(([key, value]) => [key, keep.has(key) ? new RawJson(writeJson(value)) : plain(value)]));
      case 'array':
        return node.items.map(plain);
      case 'string':
        return node.value;
      case 'number':
        return Number(node.text);
      case 'literal':
        return node.value;
    }
  };
  return plain(parseJson(text));
}

/** Writes a request body whose RawJson members go out as they are. */
export function writeBody(body: Record<string, unknown>): string {
  const members = Object.entries(body).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${value instanceof RawJson ? value.text : JSON.stringify(value)}`);
  return `{${members.join(',')}}`;
}
