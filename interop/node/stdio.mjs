// A server of JSON lines: {id, client, method, params} on standard input,
// {id, result} or {id, error} on standard output, one after the other. Bytes
// are base64 in both directions. A driver passes its methods to serve.

import { createInterface } from 'node:readline'

export const bytes = (base64) => new Uint8Array(Buffer.from(base64 ?? '', 'base64'))
export const base64 = (u8) => Buffer.from(u8).toString('base64')
export const text = (u8) => Buffer.from(u8).toString()

// concat returns the concatenation of byte arrays.
export const concat = (...parts) => new Uint8Array(Buffer.concat(parts.map((p) => Buffer.from(p))))

// vector returns u8 as opaque<V> (RFC 9420, Section 2.1.2).
export function vector(u8) {
  const n = u8.length
  if (n < 1 << 6) return concat([n], u8)
  if (n < 1 << 14) return concat([0x40 | (n >> 8), n & 0xff], u8)
  return concat([0x80 | (n >>> 24), (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff], u8)
}

// unvector returns the content of u8 if it is exactly one opaque<V>, else u8.
export function unvector(u8) {
  const size = [1, 2, 4][u8[0] >> 6]
  if (size === undefined || u8.length < size) return u8
  let n = u8[0] & 0x3f
  for (let i = 1; i < size; i++) n = n * 256 + u8[i]
  return n === u8.length - size ? u8.subarray(size) : u8
}

// serve answers requests until standard input ends. methods are functions of
// (client, params), where client is the object of that name, empty at first.
export async function serve(methods) {
  const clients = new Map()
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, client, method, params } = JSON.parse(line)
    if (!clients.has(client)) clients.set(client, {})
    let answer
    try {
      const f = methods[method]
      if (f === undefined) throw new Error(`no method ${method}`)
      answer = { id, result: (await f(clients.get(client), params ?? {})) ?? {} }
    } catch (err) {
      answer = { id, error: describe(err) }
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
}

// describe tells an error with what it carries inside.
function describe(err) {
  const seen = new Set()
  const parts = []
  for (let e = err; e && typeof e === 'object' && !seen.has(e); e = e.inner ?? e.cause ?? e.mlsError) {
    seen.add(e)
    if (e.message) parts.push(e.message)
    if (e.mlsError && e.mlsError !== e) return [...parts, describe(e.mlsError)].join(': ')
  }
  const last = [...seen].at(-1)
  if (last && !last.message) parts.push(JSON.stringify(last))
  return parts.join(': ') || String(err)
}
