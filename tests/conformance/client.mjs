// Runs one client's script against one broker, and collects what it saw.

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** A script that prints nothing for this long is stopped. */
const silence_ms = 60_000

/**
 * @typedef {object} Outcome what one behaviour did with one broker
 * @property {'ok' | 'failed' | 'unable'} end unable: the client has no such thing
 * @property {string} [why]
 * @property {Record<string, unknown>} saw by what was looked at
 * @property {number} took_ms
 */

/**
 * @param {import('./clients.mjs').Client} client
 * @param {import('./brokers.mjs').RunningBroker} broker
 * @param {{ behaviour?: string, log: string }} options log: the file for what it says on standard error
 * @returns {Promise<{ version: string, outcomes: Map<string, Outcome> }>}
 */
export async function runClient(client, broker, { behaviour, log }) {
  const [command, ...first] = client.command
  const options = [...first, '--bootstrap', broker.bootstrap]
  if (behaviour) options.push('--behaviour', behaviour)
  const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'pipe'] })
  const failed = new Promise((resolve) => child.once('error', (error) => resolve(error.message)))
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)))
  const errors = createWriteStream(log)
  child.stderr.pipe(errors)

  let timer
  const listen = () => {
    clearTimeout(timer)
    timer = setTimeout(() => child.kill('SIGKILL'), silence_ms)
  }
  listen()
  let version = ''
  const outcomes = new Map()
  let current
  let since = performance.now()
  for await (const line of createInterface({ input: child.stdout })) {
    listen()
    const entry = parse(line)
    if (!entry) {
      errors.write(`${line}\n`)
      continue
    }
    if (entry.version) version = entry.version
    if (entry.begin) {
      current = { end: 'failed', why: 'it did not come to an end', saw: {}, took_ms: 0 }
      since = performance.now()
      outcomes.set(entry.begin, current)
    }
    if (entry.what !== undefined) current.saw[entry.what] = entry.value
    if (entry.end) {
      Object.assign(current, { end: entry.end, why: entry.why, took_ms: performance.now() - since })
    }
  }
  clearTimeout(timer)
  const status = await Promise.race([closed, failed])
  if (status !== 0 && current) current.why = `${current.why ?? ''} (the script ended with ${status})`.trim()
  if (status !== 0 && !current) throw new Error(`${client.name} does not start (${status}): see ${log}`)
  return { version, outcomes }
}

function parse(line) {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
