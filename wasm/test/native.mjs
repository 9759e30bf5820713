// Starts ottla-native, Ottla's broker behind TCP.

import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const path =
  process.env.OTTLA_NATIVE ?? fileURLToPath(new URL('../../target/debug/ottla-native', import.meta.url))

/** Why there is none, if there is none. */
export const missing = await access(path).then(
  () => false,
  () => `NOT RUN: ${path} is missing: cargo build --package ottla-native`,
)

const ends = new WeakMap()

/** Does something after a test; what was begun last ends first. */
export function atEnd(t, end) {
  const all = ends.get(t)
  if (all) return void all.unshift(end)
  const first = [end]
  ends.set(t, first)
  t.after(async () => {
    for (const each of first) await each()
  })
}

/** Starts one; ended with the test, or by `kill`. `port` 0 is a free one. */
export async function startNative(t, { port = 0, args = [] } = {}) {
  const listen = `127.0.0.1:${port}`
  const child = spawn(path, ['--listen', listen, '--log-level', 'off', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  atEnd(t, kill)
  const bootstrap = await new Promise((resolve, reject) => {
    child.once('error', reject)
    exited.then(() => reject(new Error('ottla-native has ended')))
    createInterface(child.stdout).on('line', (line) => {
      const [, at] = /^listening on (\S+)/.exec(line) ?? []
      if (at) resolve(at)
    })
  })
  return { bootstrap, port: Number(bootstrap.split(':').at(-1)), kill }
}
