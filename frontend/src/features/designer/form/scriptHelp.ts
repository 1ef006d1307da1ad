import type { Text } from '~/shared/api/types';

/** A member of ctx as completion shows it. */
export interface Helper {
  /** The path behind ctx. */
  path: string;
  /** How it is called; absent for a value. */
  call?: string;
  help: Text;
}

const text = (zh: string, en: string): Text => ({ zh, en });

/** Everything that ctx offers to a script. In transformBatch, key, number, revision, window and vars are arrays, one entry a document. */
export const HELPERS: Helper[] = [
  { path: 'params', help: text('方案的参数，例如 ctx.params.orgCode', "The flow's parameters, for example ctx.params.orgCode") },
  { path: 'vars', help: text('传给后面节点的变量：ctx.vars.x = 1 之后，后面的节点可写 {{vars.x}}', 'Variables for later nodes: after ctx.vars.x = 1 they may write {{vars.x}}') },
  { path: 'key', help: text('单据的主键', "The document's key") },
  { path: 'number', help: text('单据的单号', "The document's number") },
  { path: 'revision', help: text('单据的版本号，从 1 开始', "The document's revision, from 1") },
  { path: 'window', help: text('单据所属的采集时间窗，from 和 to 都是 Date', 'The pull window of the document; from and to are Dates') },
  { path: 'window.from', help: text('时间窗的开始', 'Where the window begins') },
  { path: 'window.to', help: text('时间窗的结束，也是脚本里的“现在”', 'Where the window ends, which is “now” for a script') },
  { path: 'lookup', call: 'ctx.lookup(name, value | {field: value})', help: text('查询在“联查”里声明的对照表或其他方案的单据，例如 ctx.lookup("shop", doc.shop_id)', 'Asks a code table or another flow’s documents, as declared under look-ups: ctx.lookup("shop", doc.shop_id)') },
  { path: 'log', call: 'ctx.log([level,] ...values)', help: text('写日志；level 可为 debug、info、warn、error', 'Logs a line; level may be debug, info, warn or error') },
  { path: 'output', call: 'ctx.output(port, document)', help: text('指定结果从哪个端口出去，须作为返回值返回', 'A result for a port; it takes effect by being returned') },
  { path: 'decimal', call: 'ctx.decimal(value)', help: text('精确小数；有 add、sub、mul、div、round、cmp 方法', 'An exact decimal, with the methods add, sub, mul, div, round and cmp') },
  { path: 'decimal.add', call: 'ctx.decimal.add(a, b)', help: text('相加', 'Adds') },
  { path: 'decimal.sub', call: 'ctx.decimal.sub(a, b)', help: text('相减', 'Subtracts') },
  { path: 'decimal.mul', call: 'ctx.decimal.mul(a, b)', help: text('相乘', 'Multiplies') },
  { path: 'decimal.div', call: 'ctx.decimal.div(a, b, scale)', help: text('相除，保留 scale 位小数，四舍五入', 'Divides to so many decimal places, half away from zero') },
  { path: 'decimal.round', call: 'ctx.decimal.round(a, scale)', help: text('四舍五入到 scale 位小数', 'Rounds to so many decimal places, half away from zero') },
  { path: 'decimal.cmp', call: 'ctx.decimal.cmp(a, b)', help: text('比较大小：-1、0 或 1', 'Compares: -1, 0 or 1') },
  { path: 'decimal.sum', call: 'ctx.decimal.sum(list, field?)', help: text('求和；第二个参数是字段名或函数，例如 ctx.decimal.sum(doc.lines, "amount")', 'Adds up a list; the second argument is a member or a function: ctx.decimal.sum(doc.lines, "amount")') },
  { path: 'date', help: text('日期，按方案的时区', 'Dates, in the flow’s time zone') },
  { path: 'date.now', call: 'ctx.date.now()', help: text('单据时间窗的结束，重跑时不变', 'The end of the document’s window; the same at every retry') },
  { path: 'date.parse', call: 'ctx.date.parse(text, pattern?)', help: text('把文本读成 Date，例如 ctx.date.parse("31/01/2026", "DD/MM/YYYY")；空文本得 null', 'Reads a Date, for example ctx.date.parse("31/01/2026", "DD/MM/YYYY"); null for an empty text') },
  { path: 'date.format', call: 'ctx.date.format(date, form?)', help: text('写成文本；默认 YYYY-MM-DD HH:mm:ss，也可写 date、unix 等格式名', 'Writes a date; YYYY-MM-DD HH:mm:ss unless told otherwise, or a name such as date or unix') },
  { path: 'date.add', call: 'ctx.date.add(date, n, unit)', help: text('加减时间；unit 为 year、month、week、day、hour、minute、second', 'Steps on; unit is year, month, week, day, hour, minute or second') },
  { path: 'date.diff', call: 'ctx.date.diff(from, to, unit)', help: text('相差多少个整单位', 'Whole units from one date to another') },
  { path: 'hash', help: text('摘要与编码', 'Checksums and encodings') },
  { path: 'hash.md5', call: 'ctx.hash.md5(text, "hex" | "base64")', help: text('MD5 摘要', 'The MD5 checksum') },
  { path: 'hash.sha1', call: 'ctx.hash.sha1(text, "hex" | "base64")', help: text('SHA-1 摘要', 'The SHA-1 checksum') },
  { path: 'hash.sha256', call: 'ctx.hash.sha256(text, "hex" | "base64")', help: text('SHA-256 摘要', 'The SHA-256 checksum') },
  { path: 'hash.hmacSha256', call: 'ctx.hash.hmacSha256(key, text, "hex" | "base64")', help: text('带密钥的 SHA-256 摘要', 'The keyed SHA-256 checksum') },
  { path: 'hash.base64', call: 'ctx.hash.base64(text)', help: text('Base64 编码', 'Base64 of a text') },
  { path: 'hash.hex', call: 'ctx.hash.hex(text)', help: text('十六进制编码', 'Hexadecimal of a text') },
  { path: 'hash.uuid5', call: 'ctx.hash.uuid5(namespace, name)', help: text('由名称得到固定的 UUID；namespace 为 UUID，或 dns、url、oid、x500', 'The UUID of a name; the namespace is a UUID, or dns, url, oid or x500') },
];

/** The members right behind a path of ctx, "" for ctx itself. */
export const membersOf = (path: string): Helper[] =>
  HELPERS.filter((one) => one.path.split('.').slice(0, -1).join('.') === path);
