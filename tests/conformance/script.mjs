// What the scripts of the clients in JavaScript share: see README.md for what they print.

import { createHash } from 'node:crypto'
import { parseArgs, inspect } from 'node:util'

/** The client has no such thing. */
export class Unable extends Error {}

/** Prints what is to be the same with every broker. */
export function see(what, value) {
  print({ what, value: plain(value) })
}

/** A value as JSON can hold it; long bytes become their length and a hash. */
export function plain(value) {
  if (value instanceof Uint8Array) {
    if (value.length <= 200) return Buffer.from(value).toString('utf8')
    const hash = createHash('sha256').update(value).digest('hex').slice(0, 16)
    return `${value.length} bytes, sha256 ${hash}`
  }
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value ?? null
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]))
}

/** Bytes that are the same in each run, and do not compress to nothing. */
export function payload(at, size = 100) {
  const seed = `record ${at} `
  const filler = createHash('sha256').update(seed).digest('hex')
  return Buffer.from((seed + filler.repeat(Math.floor(size / filler.length) + 1)).slice(0, size))
}

/** What must hold with every broker. */
export function check(condition, what) {
  if (!condition) throw new Error(what)
}

/** Asks again and again until there is an answer. */
export async function until(what, ask, timeout_ms = 30_000) {
  const deadline = Date.now() + timeout_ms
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    check(Date.now() < deadline, `${what}: not within ${timeout_ms / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Runs the behaviours that the command line asks for.
 * @param {string} version
 * @param {Record<string, (bootstrap: string) => Promise<void>>} behaviours
 */
export async function run(version, behaviours) {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: 'string' },
      behaviour: { type: 'string', default: '' },
      modules: { type: 'string' },
      library: { type: 'string' },
    },
  })
  print({ version })
  for (const [name, script] of Object.entries(behaviours)) {
    if (!name.includes(values.behaviour)) continue
    print({ begin: name })
    try {
      await script(values.bootstrap)
      print({ end: 'ok' })
    } catch (error) {
      console.error(`--- ${name}\n${inspect(error)}`)
      const end = error instanceof Unable ? 'unable' : 'failed'
      print({ end, why: `${error.name}: ${error.message}`.slice(0, 300) })
    }
  }
}

function print(entry) {
  process.stdout.write(`${JSON.stringify(entry)}\n`)
}
