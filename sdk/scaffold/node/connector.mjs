// The connector: one system's protocol and nothing else. Paging, retries, limits and the
// ledger are the engine's.
import { Fault, main, members, request } from './karez.mjs'
import { sandbox } from './sandbox.mjs'
import manifest from './manifest.yaml'

function open(account, host) {
  const { apiKey } = account.secrets
  const address = account.settings.address.replace(/\/+$/, '')

  // call makes one call. What the system refuses comes as vendor.<its code> with its words.
  async function call(context, method, path, body) {
    const headers = { authorization: `Bearer ${apiKey}`, ...(body ? { 'content-type': 'application/json' } : {}) }
    const reply = await request(host, [apiKey], context, { method, url: address + path, headers, body })
    let answer
    try {
      answer = members(reply.text)
    } catch {
      throw new Fault('http.not_json', "the system's answer is cut short or is not JSON", { class: 'transient' })
    }
    if (reply.status >= 300) {
      const text = (name) => JSON.parse(answer[name] ?? '""')
      throw new Fault(`vendor.${text('code')}`, text('message'), { path: text('field'), notApplied: reply.status < 500, retryAfter: reply.retryAfter })
    }
    return { ...reply, answer }
  }

  const known = (operation, want) => {
    if (operation !== want) throw new Fault('sample.unknown_operation', `there is no operation ${operation}`, { class: 'config', notApplied: true })
  }

  return {
    async check(context) {
      const { date, answer } = await call(context, 'GET', '/account')
      return { sourceTime: date, account: JSON.parse(answer.name) }
    },

    async query({ operation, params }, context) {
      known(operation, 'order.list')
      const query = new URLSearchParams()
      for (const [name, raw] of Object.entries(members(params))) {
        query.set(name, raw.startsWith('"') ? JSON.parse(raw) : raw)
      }
      const { date, answer } = await call(context, 'GET', `/orders?${query}`)
      return { rows: answer.orders, total: +answer.total, sourceTime: date }
    },

    async write({ operation, rows }, context) {
      known(operation, 'order.save')
      if (rows.length !== 1) throw new Fault('sample.rows', 'one order is written at a time', { class: 'config', notApplied: true })
      try {
        const { text, answer } = await call(context, 'POST', '/orders', rows[0])
        return { answers: [{ outcome: 'done', id: answer.id, number: JSON.parse(answer.number), raw: text }], raw: text }
      } catch (fault) {
        // The system's own refusal is about the row; a cut connection tells nothing about it.
        if (!(fault instanceof Fault) || !fault.code.startsWith('vendor.') || !fault.notApplied) throw fault
        return { answers: [{ outcome: 'rejected', code: fault.code, message: fault.message, field: fault.path }] }
      }
    },

    async probe({ operation, keys }, context) {
      known(operation, 'order.save')
      return Promise.all(
        keys.map(async (number) => {
          try {
            const { text, answer } = await call(context, 'GET', `/orders/${encodeURIComponent(number)}`)
            return { exists: true, id: answer.id, number, object: text }
          } catch (fault) {
            if (fault.code === 'vendor.not_found') return { exists: false }
            throw fault
          }
        }),
      )
    },

    close() {},
  }
}

main({ manifest, open, sandbox })
