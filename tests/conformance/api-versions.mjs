// Asks a broker which APIs it serves, in which versions.

import { connect } from 'node:net'
import { readFile } from 'node:fs/promises'
import { root } from './paths.mjs'

const apiVersions = 18

/**
 * @param {string} bootstrap host:port
 * @returns {Promise<Map<number, [number, number]>>} lowest and highest version by key
 */
export async function askApiVersions(bootstrap) {
  const [host, port] = bootstrap.split(':')
  // Size, key, version 0, correlation id, no client id.
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0)
  request.writeInt16BE(apiVersions, 4)
  request.writeInt16BE(-1, 12)
  const socket = connect(Number(port), host)
  socket.write(request)
  let answer = Buffer.alloc(0)
  for await (const bytes of socket) {
    answer = Buffer.concat([answer, bytes])
    if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) break
  }
  const error = answer.readInt16BE(8)
  if (error !== 0) throw new Error(`ApiVersions answers with error ${error}`)
  const versions = new Map()
  for (let at = 14; at < 14 + 6 * answer.readInt32BE(10); at += 6) {
    versions.set(answer.readInt16BE(at), [answer.readInt16BE(at + 2), answer.readInt16BE(at + 4)])
  }
  return versions
}

/** The names of Kafka's APIs by key, as core has them. */
export async function apiNames() {
  const source = await readFile(`${root}core/src/protocol/api_key.rs`, 'utf8')
  const pairs = source.matchAll(/\b([A-Z]\w+) = (\d+)/g)
  return new Map([...pairs].map(([, name, key]) => [Number(key), name]))
}
