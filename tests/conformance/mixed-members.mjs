// The members of the mixed group: each is a process of another client, which says what it was
// assigned, what it read and what it committed. README.md tells how.

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { javaArguments } from './brokers.mjs'
import { sources, target } from './paths.mjs'

const python = (name) => [`${target}python/bin/python`, `${sources}python/${name}_member.py`]

/** How each client becomes a member; bootstrap and topic follow. */
export const kinds = {
  'confluent-kafka': python('confluent_kafka'),
  'franz-go': [`${target}franz-go`, 'member'],
  'kafka-python': python('kafka_python'),
  aiokafka: python('aiokafka'),
  'Java client': ['java', ...javaArguments(), 'Member'],
  KafkaJS: ['node', `${sources}kafkajs/member.mjs`, '--modules', `${target}kafkajs/`],
}

/** What scripts/conformance has to install for them. */
export const parts = ['kafka', 'java', 'go', 'python', 'kafkajs']

/**
 * @typedef {object} Event
 * @property {number} at_ms when it happened, by the clock that all processes share
 * @property {string} member
 * @property {number[]} [assigned] partitions
 * @property {number[]} [revoked] partitions
 * @property {[number, number, string][]} [records] partition, offset and key
 * @property {Record<string, number>} [committed] offsets by partition, confirmed by the broker
 * @property {string} [refused] the error of a commit
 * @property {string} [error]
 * @property {string} [ended] how the process ended
 */

/**
 * Starts a member.
 * @param {{ kind: string, name: string, bootstrap: string, topic: string, log: string }} of
 * @param {(event: Event) => void} tell
 */
export function startMember({ kind, name, bootstrap, topic, log }, tell) {
  const [command, ...first] = kinds[kind]
  const child = spawn(command, [...first, bootstrap, topic], { stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const errors = createWriteStream(log)
  child.stderr.pipe(errors)
  child.once('error', (error) => errors.write(`${error.message}\n`))
  const ended = new Promise((resolve) =>
    child.once('close', (code, signal) => {
      process.off('exit', kill)
      tell({ at_ms: performance.timeOrigin + performance.now(), member: name, ended: String(signal ?? code) })
      resolve(signal ?? code)
    }),
  )
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"')) tell({ ...JSON.parse(line), member: name })
    else errors.write(`${line}\n`)
  })
  return { name, ended, signal: (signal) => child.kill(signal) }
}

/** Who has which partitions, as the members last said it. */
export class Owners {
  /** @type {Map<string, Set<number>>} */
  #partitions = new Map()

  /** @param {Event} event */
  hear({ member, assigned, revoked, ended }) {
    const owned = this.#partitions.get(member) ?? new Set()
    for (const partition of revoked ?? []) owned.delete(partition)
    for (const partition of assigned ?? []) owned.add(partition)
    if (ended === undefined) this.#partitions.set(member, owned)
    else this.#partitions.delete(member)
  }

  of(member) {
    return [...(this.#partitions.get(member) ?? [])].sort((a, b) => a - b)
  }

  /** The others that have this partition. */
  others(member, partition) {
    return [...this.#partitions.keys()].filter((it) => it !== member && this.#partitions.get(it).has(partition))
  }

  /** Do just these members share so many partitions as evenly as the range assignor does? */
  share(members, partitions) {
    const counts = members.map((name) => this.of(name).length)
    const all = new Set(members.flatMap((name) => this.of(name)))
    const least = Math.floor(partitions / members.length)
    return (
      all.size === partitions &&
      counts.reduce((sum, count) => sum + count) === partitions &&
      counts.every((count) => count === least || count === least + 1)
    )
  }
}
