// Simulates the system: it refuses what the system refuses.
import { members } from './karez.mjs'

const key = 'sandbox-key-0001'
const day = 24 * 60 * 60 * 1000
const local = (date) => new Date(date.getTime() + 8 * 60 * 60 * 1000).toISOString().slice(0, 19).replace('T', ' ')
const moment = (text) => (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text ?? '') ? new Date(`${text.replace(' ', 'T')}+08:00`) : null)

export function sandbox(clock) {
  let list = []
  let perSecond = 10
  let recent = []

  const add = (number, changed, body) => {
    const order = { number, changed, body: `{"id":${70000 + list.length},"changed":"${local(changed)}",${body.trim().slice(1)}` }
    list.push(order)
    return order
  }
  function reset() {
    list = []
    recent = []
    perSecond = 10
    for (let n = 0; n < 120; n++) {
      const number = `SO${String(n + 1).padStart(5, '0')}`
      const lines = `[{"sku":"SKU-${(n % 7) + 1}","quantity":${(n % 5) + 1},"price":10.50}]`
      add(number, new Date(clock().getTime() - 20 * day + n * 3 * 60 * 60 * 1000), `{"number":"${number}","customer":"${['甲商贸', '乙超市', '丙电商'][n % 3]}","amount":${100 + n}.${String(n % 100).padStart(2, '0')},"lines":${lines}}`)
    }
  }
  reset()

  const refuse = (status, code, message, field = '', headers) => [status, { code, message, field }, headers]

  function search(query) {
    const page = +(query.get('page') ?? 1)
    const size = +(query.get('per_page') ?? 20)
    if (!(page >= 1) || !(size >= 1) || size > 100) return refuse(422, 'page_invalid', 'pages count from 1 and have at most 100 rows', 'per_page')
    const number = query.get('number')
    const from = moment(query.get('changed_from'))
    const to = moment(query.get('changed_to'))
    if (!number && !(from && to && from < to)) return refuse(422, 'range_invalid', 'changed_from has to be before changed_to', 'changed_from')
    if (!number && to - from > 31 * day) return refuse(422, 'range_too_long', 'a range has at most 31 days', 'changed_to')
    const found = list.filter((o) => (number ? o.number === number : o.changed >= from && o.changed < to))
    return [200, `{"total":${found.length},"orders":[${found.slice((page - 1) * size, page * size).map((o) => o.body)}]}`]
  }

  function save(body) {
    let fields
    try {
      fields = members(body)
    } catch {
      return refuse(400, 'json_invalid', 'the order is not JSON')
    }
    for (const field of ['number', 'customer', 'lines']) {
      if (['', '""', '[]', undefined].includes(fields[field])) return refuse(422, 'field_invalid', `${field} is missing`, field)
    }
    const number = JSON.parse(fields.number)
    if (list.some((o) => o.number === number)) return refuse(409, 'number_exists', `there is an order ${number}`, 'number')
    return [201, add(number, clock(), body).body]
  }

  return {
    credentials: { apiKey: key },
    state: () => ({ orders: list.length }),
    objects: (kind) => (kind === 'order' ? list.map((o) => o.body) : null),
    reset,
    set(name, value) {
      if (name === 'perSecond') perSecond = value
      else if (name === 'touch') {
        const order = list.find((o) => o.number === value)
        const body = order.body.replace(local(order.changed), local(clock()))
        list = [...list.filter((o) => o !== order), { number: value, changed: clock(), body }]
      } else return false
      return true
    },
    answer(method, url, headers, body) {
      if (headers.authorization !== `Bearer ${key}`) return refuse(401, 'key_invalid', 'the key is not known')
      const now = clock().getTime()
      recent = [...recent.filter((t) => now - t < 1000), now]
      if (perSecond > 0 && recent.length > perSecond) return refuse(429, 'too_many', 'too many calls in a second', '', { 'Retry-After': '1' })
      const one = /^\/orders\/(.+)$/.exec(url.pathname)
      if (method === 'GET' && url.pathname === '/account') return [200, { name: '示例账户' }]
      if (method === 'GET' && url.pathname === '/orders') return search(url.searchParams)
      if (method === 'POST' && url.pathname === '/orders') return save(body)
      const order = one && list.find((o) => o.number === decodeURIComponent(one[1]))
      return order ? [200, order.body] : refuse(404, 'not_found', 'there is no such order')
    },
  }
}
