// How long a broker takes from before its process exists to its first answer to Metadata, and how
// much memory it has then, idle.

import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'

// Size, key 3, version 0, correlation id, no client id, no topics.
const metadata = Buffer.from([0, 0, 0, 14, 0, 3, 0, 0, 0, 0, 0, 7, 255, 255, 0, 0, 0, 0])

/** Asks until a broker answers with itself. */
async function firstMetadata(bootstrap) {
  for (;;) {
    const brokers = await ask(bootstrap).catch(() => 0)
    if (brokers > 0) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function ask(bootstrap) {
  const [host, port] = bootstrap.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host)
    let answer = Buffer.alloc(0)
    socket.once('connect', () => socket.write(metadata))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return
      resolve(answer.readInt32BE(8))
      socket.destroy()
    })
  })
}

async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(status.match(/VmRSS:\s+(\d+) kB/)[1]) * 1024
}

/** @param {() => Promise<import('../../conformance/brokers.mjs').RunningBroker>} begin */
export async function measureStart(begin) {
  const broker = await begin()
  await firstMetadata(broker.bootstrap)
  const start_ms = performance.now() - broker.since_ms
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const idle_bytes = await resident(broker.pid)
  await broker.stop()
  return { start_ms, idle_bytes }
}
