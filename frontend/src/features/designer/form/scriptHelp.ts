/** A member of ctx as completion shows it. */
export interface Helper {
  /** The path behind ctx. */
  path: string;
  /** How it is called; absent for a value. */
  call?: string;
}

/** Everything that ctx offers to a script. In transformBatch, key, number, revision, window and vars are arrays, one entry a document. */
export const HELPERS: Helper[] = [
  { path: 'params' },
  { path: 'vars' },
  { path: 'key' },
  { path: 'number' },
  { path: 'revision' },
  { path: 'window' },
  { path: 'window.from' },
  { path: 'window.to' },
  { path: 'lookup', call: 'ctx.lookup(name, value | {field: value})' },
  { path: 'log', call: 'ctx.log([level,] ...values)' },
  { path: 'output', call: 'ctx.output(port, document)' },
  { path: 'decimal', call: 'ctx.decimal(value)' },
  { path: 'decimal.add', call: 'ctx.decimal.add(a, b)' },
  { path: 'decimal.sub', call: 'ctx.decimal.sub(a, b)' },
  { path: 'decimal.mul', call: 'ctx.decimal.mul(a, b)' },
  { path: 'decimal.div', call: 'ctx.decimal.div(a, b, scale)' },
  { path: 'decimal.round', call: 'ctx.decimal.round(a, scale)' },
  { path: 'decimal.cmp', call: 'ctx.decimal.cmp(a, b)' },
  { path: 'decimal.sum', call: 'ctx.decimal.sum(list, field?)' },
  { path: 'date' },
  { path: 'date.now', call: 'ctx.date.now()' },
  { path: 'date.parse', call: 'ctx.date.parse(text, pattern?)' },
  { path: 'date.format', call: 'ctx.date.format(date, form?)' },
  { path: 'date.add', call: 'ctx.date.add(date, n, unit)' },
  { path: 'date.diff', call: 'ctx.date.diff(from, to, unit)' },
  { path: 'hash' },
  { path: 'hash.md5', call: 'ctx.hash.md5(text, "hex" | "base64")' },
  { path: 'hash.sha1', call: 'ctx.hash.sha1(text, "hex" | "base64")' },
  { path: 'hash.sha256', call: 'ctx.hash.sha256(text, "hex" | "base64")' },
  { path: 'hash.hmacSha256', call: 'ctx.hash.hmacSha256(key, text, "hex" | "base64")' },
  { path: 'hash.base64', call: 'ctx.hash.base64(text)' },
  { path: 'hash.hex', call: 'ctx.hash.hex(text)' },
  { path: 'hash.uuid5', call: 'ctx.hash.uuid5(namespace, name)' },
];

/** The members right behind a path of ctx, "" for ctx itself. */
export const membersOf = (path: string): Helper[] =>
  HELPERS.filter((one) => one.path.split('.').slice(0, -1).join('.') === path);

/** The key of the words that tell what a member does. */
export const helpOf = ({ path }: Helper): string => `script.ctx.${path.replaceAll('.', '_')}`;
