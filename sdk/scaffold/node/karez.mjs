// What a connector in Node needs to be served to the engine: the handshake, the protocol of
// connector.proto, the way back to the engine, and JSON that keeps its bytes.
import { createServer, request as askHTTP } from 'node:http'
import { request as askHTTPS } from 'node:https'
import { connect as encrypt } from 'node:tls'
import { createReadStream, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Server, ServerCredentials, credentials, makeGenericClientConstructor } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'
import protobuf from 'protobufjs'
import source from './connector.proto'

const cookie = ['KAREZ_CONNECTOR', '7d1f1a7c-karez-connector']
const largest = 64 << 20

/** A failure that people and the engine understand. A class of '' leaves it to the manifest's rules. */
export class Fault extends Error {
  constructor(code, message, more = {}) {
    super(message)
    Object.assign(this, { code, class: '', path: '', hint: '', args: {}, retryAfter: 0, notApplied: false }, more)
  }

  static of(error) {
    return error instanceof Fault ? error : new Fault('connector.failed', String(error?.message ?? error))
  }

  wire() {
    return {
      code: this.code, message: this.message, path: this.path, hint: this.hint, class: this.class,
      args: this.args, retryAfter: duration(this.retryAfter), notApplied: this.notApplied,
    }
  }
}

const duration = (ms) => ({ seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 })
const moment = (date) => (date ? { seconds: String(Math.floor(date.getTime() / 1000)), nanos: (date.getTime() % 1000) * 1e6 } : null)

const options = { longs: String, enums: String, defaults: true, oneofs: true }
const broker = `syntax = "proto3"; package plugin;
message ConnInfo { uint32 service_id = 1; string network = 2; string address = 3; }
message Empty {}
service GRPCBroker { rpc StartStream(stream ConnInfo) returns (stream ConnInfo); }
service GRPCController { rpc Shutdown(Empty) returns (Empty); }`
const health = `syntax = "proto3"; package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { int32 status = 1; }
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }`

function load(...sources) {
  const root = new protobuf.Root()
  for (const name of ['duration', 'timestamp']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`).nested)
  }
  for (const text of sources) protobuf.parse(text, root)
  return fromJSON(root.toJSON(), options)
}

/**
 * Serves a connector as the program's arguments say. nodes are those that the manifest declares, by
 * name: { apply(settings, records, call), check?(settings), upgrade?(from, settings) }. A record is
 * { raw, vars, key, number, revision }, its raw and vars JSON as text; apply gives for each
 * { outputs: [{ port?, raw?, vars?, route? }] }, where what is absent goes on as it came, or
 * { fault: new Fault(…) }. A plugin may have nodes only, without open and sandbox.
 */
export function main({ manifest, open, sandbox, nodes }) {
  const args = process.argv.slice(2)
  const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : '')
  if (args.includes('--manifest')) return process.stdout.write(manifest)
  if (args.includes('--sandbox')) return serveSandbox(sandbox, value('--sandbox'), value('--now'))
  if (process.env[cookie[0]] !== cookie[1]) {
    process.stderr.write("This is a Karez connector. Put it into the engine's folder of connectors.\n")
    process.exit(1)
  }
  serve(manifest, open ?? noConnector, nodes)
}

function noConnector() {
  throw new Fault('plugin.no_connector', 'the plugin brings nodes only and connects to no system', { class: 'config', notApplied: true })
}

function serve(manifest, open, nodes) {
  endWithEngine()
  const types = load(source, broker, health)
  const sessions = new Map()
  const running = new Map()
  const streams = new Streams()
  let host = null
  let calls = 0

  // unary answers a call with what work gives, or with its fault.
  const unary = (work) => (call, done) => {
    const id = ++calls
    const abort = new AbortController()
    call.on('cancelled', () => {
      running.set(id, Date.now())
      abort.abort(new Fault('connector.cancelled', 'the call was called off', { class: 'transient' }))
    })
    Promise.resolve()
      .then(() => work(call.request, abort.signal))
      .catch((error) => ({ fault: Fault.of(error).wire() }))
      .then((answer) => {
        running.delete(id)
        done(null, answer)
      })
  }
  const on = (name) =>
    unary(async (request, signal) => {
      const session = sessions.get(request.session)
      if (!session) throw new Fault('connector.no_session', 'the session is not open', { class: 'transient', notApplied: true })
      return await session[name](request, { signal, meta: request.meta })
    })
  const server = new Server({ 'grpc.max_receive_message_length': largest, 'grpc.max_send_message_length': largest })
  server.addService(types['karez.connector.v1.Connector'], {
    Handshake: unary(async (request) => {
      host = await streams.host(request.hostStream, types, request.capabilities)
      return { capabilities: nodes ? ['transforms'] : [] }
    }),
    Manifest: unary(() => ({ yaml: Buffer.from(manifest) })),
    Ping: unary(() => {
      const oldest = Math.min(...running.values())
      return { overdue: duration(Number.isFinite(oldest) ? Date.now() - oldest : 0) }
    }),
    Open: unary((request) => {
      const session = open({
        id: request.account.id, settings: JSON.parse(request.account.settings.toString() || '{}'), secrets: request.account.secrets ?? {},
      }, host.of(request.session))
      sessions.set(request.session, adapt(session))
      return { capabilities: ['writer', 'prober', 'discoverer'].filter((_, i) => session[['write', 'probe', 'discover'][i]]) }
    }),
    Check: on('check'), Query: on('query'), Write: on('write'), Probe: on('probe'), Discover: on('discover'),
    Close: unary(async (request) => {
      await sessions.get(request.session)?.close()
      sessions.delete(request.session)
      return {}
    }),
  })
  if (nodes) server.addService(types['karez.connector.v1.Transforms'], transforms(nodes, unary))
  server.addService(types['plugin.GRPCBroker'], { StartStream: (call) => streams.listen(call) })
  server.addService(types['plugin.GRPCController'], { Shutdown: (_, done) => { done(null, {}); setImmediate(() => process.exit(0)) } })
  server.addService(types['grpc.health.v1.Health'], { Check: (_, done) => done(null, { status: 1 }) })
  const socket = join(mkdtempSync(join(process.env.PLUGIN_UNIX_SOCKET_DIR || tmpdir(), 'node-')), 'plugin.sock')
  server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
    if (error) throw error
    process.stdout.write(`1|1|unix|${socket}|grpc|\n`)
  })
}

// transforms serves nodes.
function transforms(nodes, unary) {
  const text = (buffer) => buffer.toString()
  const bytes = (raw) => (raw === undefined ? undefined : Buffer.from(raw))
  const named = (name) => {
    if (!Object.hasOwn(nodes, name)) throw new Fault('transform.unknown', `the plugin has no code for its node ${name}`, { class: 'config', args: { node: name } })
    return nodes[name]
  }
  return {
    Apply: unary(async (r, signal) => {
      const records = r.records.map((one) => ({ raw: text(one.raw), vars: text(one.vars), key: text(one.key), number: text(one.number), revision: +one.revision }))
      const results = await named(r.node).apply(JSON.parse(text(r.settings)), records, { signal, meta: r.meta })
      return {
        results: results.map((one, index) => ({
          index: String(index), fault: one.fault ? Fault.of(one.fault).wire() : null,
          outputs: (one.outputs ?? []).map((o) => ({ port: o.port ?? '', route: o.route ?? '', raw: bytes(o.raw), vars: bytes(o.vars) })),
        })),
      }
    }),
    CheckSettings: unary(async (r) => {
      const problems = (await named(r.node).check?.(JSON.parse(text(r.settings)))) ?? []
      return { problems: problems.map((one) => Fault.of(one).wire()) }
    }),
    Upgrade: unary(async (r) => {
      const node = named(r.node)
      if (!node.upgrade) throw new Fault('transform.no_upgrade', `the plugin can't read settings of version ${r.from} of its node ${r.node}`, { class: 'config' })
      return { settings: Buffer.from(JSON.stringify(await node.upgrade(+r.from, JSON.parse(text(r.settings))))) }
    }),
  }
}

// adapt turns the protocol's messages into what a session's methods take and give.
function adapt(session) {
  const rows = (buffer) => buffer.toString()
  return {
    check: async (_, call) => {
      const got = await session.check(call)
      return { sourceTime: moment(got.sourceTime), account: got.account ?? '' }
    },
    query: async (r, call) => {
      const got = await session.query({
        operation: r.operation, params: rows(r.params),
        page: { number: +r.pageNumber, offset: +r.pageOffset, size: +r.pageSize, token: rows(r.pageToken) },
      }, call)
      return {
        rows: Buffer.from(got.rows), total: String(got.total ?? -1), more: got.more ?? false, nextToken: Buffer.from(got.nextToken ?? ''),
        sourceTime: moment(got.sourceTime), warnings: got.warnings ?? [],
      }
    },
    write: async (r, call) => {
      const got = await session.write({ operation: r.operation, mode: r.mode, params: rows(r.params), rows: elements(rows(r.rows)), keys: r.keys.map(rows) }, call)
      return { answers: got.answers.map((a) => ({ ...a, raw: Buffer.from(a.raw ?? '') })), raw: Buffer.from(got.raw ?? '') }
    },
    probe: async (r, call) => {
      const got = await session.probe({ operation: r.operation, params: rows(r.params), keys: r.keys.map(rows), compare: r.compare }, call)
      return { found: got.map((f) => ({ ...f, object: Buffer.from(f.object ?? '') })) }
    },
    discover: async (r, call) => {
      const got = await session.discover(r.operation, r.form, call)
      return { request: Buffer.from(got.request), response: Buffer.from(got.response) }
    },
    close: async () => session.close?.(),
  }
}

// Streams are the ways back to the engine, as its broker names them.
class Streams {
  known = new Map()
  waiting = new Map()

  listen(call) {
    call.on('data', (info) => {
      this.known.set(info.serviceId, info)
      this.waiting.get(info.serviceId)?.(info)
    })
    call.on('end', () => call.end())
    call.on('error', () => {})
  }

  async host(id, types, capabilities) {
    const info = this.known.get(id) ?? (await new Promise((found) => this.waiting.set(id, found)))
    const client = new (makeGenericClientConstructor(types['karez.connector.v1.Host'], 'Host'))(`${info.network}:${info.address}`, credentials.createInsecure())
    const ask = (method, message) =>
      new Promise((done, fail) => client[method](message, (error, answer) => {
        if (error) return fail(new Fault('connector.host_unreachable', 'the engine did not answer', { class: 'transient' }))
        return answer.fault ? fail(new Fault(answer.fault.code, answer.fault.message, { class: answer.fault.class })) : done(answer)
      }))
    const note = (name, method, message) => (capabilities.includes(name) ? ask(method, message).catch(() => {}) : Promise.resolve())
    return {
      of: (session) => ({
        get: async () => (await ask('GetState', { session })).snapshot,
        /** Gives null where the state changed since it was read. */
        swap: async (old, value, leaseMS = 0) => {
          const answer = await ask('CompareAndSwapState', { session, old, value: Buffer.from(value), lease: duration(leaseMS) })
          return answer.conflict ? null : answer.snapshot
        },
        log: (level, message, attrs = {}) => note('log', 'Log', { session, level, message, attrs }),
        trace: (exchange) => note('trace', 'Trace', { session, exchange }),
      }),
    }
  }
}

function endWithEngine() {
  process.on('SIGTERM', () => process.exit(0))
  if (process.env.KAREZ_LIFELINE) {
    createReadStream('', { fd: +process.env.KAREZ_LIFELINE }).on('end', () => process.exit(0)).on('error', () => {}).resume()
  }
}

// Where the engine confines the process it has no network but the engine's gate, which is
// a socket that takes CONNECT.
async function askThroughGate(url, { method, headers, body, signal }) {
  const at = new URL(url)
  const secure = at.protocol === 'https:'
  const host = at.hostname.replace(/^\[|\]$/g, '')
  const socket = await connectThroughGate(`${at.hostname}:${at.port || (secure ? 443 : 80)}`, signal)
  return new Promise((resolve, reject) => {
    const createConnection = () => (secure ? encrypt({ socket, servername: host }) : socket)
    const sent = (secure ? askHTTPS : askHTTP)(url, { method, headers, signal, createConnection }, async (answer) => {
      try {
        const text = await textOf(answer)
        resolve({ status: answer.statusCode, headers: { get: (name) => answer.headers[name] ?? null }, text: async () => text })
      } catch (error) {
        reject(error)
      }
    })
    sent.on('error', reject).end(body)
  })
}

function connectThroughGate(address, signal) {
  return new Promise((resolve, reject) => {
    const asked = askHTTP({ socketPath: process.env.KAREZ_GATE, method: 'CONNECT', path: address, signal })
    asked.on('error', reject).on('connect', async (answer, socket, head) => {
      try {
        if (head.length > 0) socket.unshift(head)
        if (answer.statusCode === 200) return resolve(socket)
        const { fault, cause, reason } = JSON.parse(await textOf(socket))
        if (fault) throw new Fault(fault.code, fault.message, { class: fault.class, hint: fault.hint ?? '', args: fault.args ?? {}, notApplied: true })
        throw new Error(reason, { cause: { code: { refused: 'ECONNREFUSED', no_host: 'ENOTFOUND' }[cause] ?? 'UND_ERR_CONNECT_TIMEOUT' } })
      } catch (error) {
        reject(error)
      }
    })
    asked.end()
  })
}

async function textOf(stream) {
  const parts = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** Sends one request, traced without its secrets. What answers is given with its status, whatever that is. */
export async function request(host, secrets, call, { method, url, headers = {}, body }) {
  const hide = (text) => secrets.filter(Boolean).reduce((t, secret) => t.replaceAll(secret, '***'), text)
  const started = new Date()
  let status = 0
  let text = ''
  try {
    const response = await (process.env.KAREZ_GATE ? askThroughGate : fetch)(url, { method, headers, body, signal: call.signal, redirect: 'manual' })
    status = response.status
    text = await response.text()
    const date = new Date(response.headers.get('date') ?? '')
    return { status, text, date: Number.isNaN(date.getTime()) ? null : date, retryAfter: +(response.headers.get('retry-after') ?? 0) * 1000 }
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason
    if (error instanceof Fault) throw error
    const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(error.cause?.code)
    throw unsent
      ? new Fault('http.unreachable', 'the system could not be reached', { class: 'transient', notApplied: true, hint: 'check the address and that the system is running' })
      : new Fault('http.cut', 'the connection was cut before the answer was complete', { class: 'transient' })
  } finally {
    host.trace({
      method, url: hide(url), status: String(status), requestBody: Buffer.from(hide(body ?? '')), responseBody: Buffer.from(hide(text)),
      started: moment(started), took: duration(Date.now() - started.getTime()),
    })
  }
}

// end finds the end of the JSON value that begins at i. Values are cut out of the text, for
// a number that became one of JavaScript's would lose digits.
function end(text, i) {
  if (text[i] === '"') {
    for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++
    return i + 1
  }
  if (text[i] === '{' || text[i] === '[') {
    for (let depth = 0; ; ) {
      const c = text[i]
      if (c === '"') {
        i = end(text, i)
        continue
      }
      if (c === '{' || c === '[') depth++
      if ((c === '}' || c === ']') && --depth === 0) return i + 1
      i++
    }
  }
  while (i < text.length && !',]} \t\r\n'.includes(text[i])) i++
  return i
}

const past = (text, i, skipped) => {
  while (skipped.includes(text[i])) i++
  return i
}
const blank = ' \t\r\n'

/** The members of a JSON object, each as its own text. */
export function members(text) {
  const found = {}
  JSON.parse(text) // what is no JSON is refused here
  for (let i = past(text, text.indexOf('{') + 1, blank + ','); text[i] === '"'; i = past(text, i, blank + ',')) {
    const name = JSON.parse(text.slice(i, (i = end(text, i))))
    i = past(text, i, blank + ':')
    found[name] = text.slice(i, (i = end(text, i)))
  }
  return found
}

/** The elements of a JSON array, each as its own text. */
export function elements(text) {
  const found = []
  JSON.parse(text)
  for (let i = past(text, text.indexOf('[') + 1, blank + ','); i < text.length && text[i] !== ']'; i = past(text, i, blank + ',')) {
    found.push(text.slice(i, (i = end(text, i))))
  }
  return found
}

// serveSandbox serves a simulated system with the control endpoints that every sandbox has,
// until its input ends.
function serveSandbox(make, addr, now) {
  const began = Date.now()
  const clock = () => new Date((now ? Date.parse(now) : began) + Date.now() - began)
  const vendor = make(clock)
  let faults = []
  const calls = {}
  const reply = (res, status, body) => res.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
  const control = (req, res, name, body) => {
    if (name === 'credentials') return reply(res, 200, vendor.credentials)
    if (name === 'state') return reply(res, 200, { ...vendor.state(), calls })
    if (name === 'reset') {
      faults = []
      vendor.reset()
      return reply(res, 200, { ok: true })
    }
    if (name.startsWith('objects/')) {
      const objects = vendor.objects(name.slice('objects/'.length))
      return objects ? reply(res, 200, `[${objects.join(',')}]`) : reply(res, 404, { error: 'no such objects' })
    }
    if (name !== 'faults') return reply(res, 404, { error: `no such control: ${name}` })
    const asked = JSON.parse(body)
    for (const [key, value] of Object.entries(asked.set ?? {})) {
      if (!vendor.set(key, value)) return reply(res, 400, { error: `unknown setting ${key}` })
    }
    faults = asked.faults ? asked.faults.map((f) => ({ ...f, fired: 0, seen: 0 })) : faults
    return reply(res, 200, { ok: true })
  }
  const hit = (path) =>
    faults.find((f) => path.includes(f.path ?? '') && ++f.seen > (f.after ?? 0) && (!f.times || f.fired < f.times) && ++f.fired)
  const server = createServer(async (req, res) => {
    res.setHeader('Date', clock().toUTCString())
    let body = ''
    for await (const chunk of req) body += chunk
    const url = new URL(req.url, 'http://sandbox')
    if (url.pathname.startsWith('/_sandbox/')) return control(req, res, url.pathname.slice('/_sandbox/'.length), body)
    calls[url.pathname] = (calls[url.pathname] ?? 0) + 1
    const fault = hit(url.pathname)
    if (fault?.kind === 'delay') await new Promise((go) => { const t = setTimeout(go, fault.delayMs); res.on('close', () => { clearTimeout(t); go() }) })
    if (fault?.kind === 'status') return reply(res, fault.status, '<html></html>')
    if (fault?.kind === 'lost_request') return req.socket.destroy()
    const [status, answer, headers] = vendor.answer(req.method, url, req.headers, body)
    if (fault?.kind === 'lost_answer') return req.socket.destroy()
    for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value)
    return reply(res, status, answer)
  })
  const [host, port] = [addr.slice(0, addr.lastIndexOf(':')), +addr.slice(addr.lastIndexOf(':') + 1)]
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) {
    process.stderr.write('a sandbox listens on loopback only\n')
    process.exit(1)
  }
  server.listen(port, host, () => process.stdout.write(`{"url":"http://${host}:${server.address().port}"}\n`))
  process.stdin.on('end', () => process.exit(0)).resume()
  process.on('SIGTERM', () => process.exit(0))
}
