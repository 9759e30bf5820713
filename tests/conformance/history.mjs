// One history of a few topics, on Apache Kafka and on Ottla, as
// `node tests/conformance/history.mjs --help` tells.
//
// Exit codes: 0 all was the same, 1 something was not, 2 it could not be run.

import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { startKafka, startOttla } from './brokers.mjs'
import { differences } from './history/compare.mjs'
import { Driver } from './history/driver.mjs'
import { dump } from './history/dump.mjs'
import { phases } from './history/steps.mjs'
import { root, target } from './paths.mjs'

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean' },
  },
})
if (options.help) {
  console.log(`Usage: node tests/conformance/history.mjs [OPTIONS]

  --seed N     another history [6]
  --rounds N   how long it is [3]`)
  process.exit(0)
}
const [seed, rounds] = [Number(options.seed), Number(options.rounds)]

/** How long the brokers have for upkeep that has to come, and how long nothing may change then. */
const patience_ms = 60_000
const quiet_ms = 3_000
const interval_ms = '200'
const settings = { 'log.retention.check.interval.ms': interval_ms }
const kafkas = {
  ...settings,
  'log.initial.task.delay.ms': interval_ms,
  'log.cleaner.backoff.ms': interval_ms,
  'log.segment.delete.delay.ms': interval_ms,
}

const { status } = spawnSync(`${root}scripts/conformance`, ['java'], { stdio: 'inherit' })
if (status !== 0) cannot('Apache Kafka and its client cannot be had here')
await mkdir(`${target}run`, { recursive: true })
const start_ms = Date.now()
const began = performance.now()
const running = await Promise.all([
  startKafka({ settings: kafkas }),
  startOttla({ settings }),
  startOttla({ settings, files: true }),
]).catch((error) => cannot(error.message))
const names = ['Kafka', 'Ottla in memory', 'Ottla with files']
const drivers = running.map((broker, at) => new Driver(broker, names[at]))

const wrong = []
let steps = 0
let known = 0
let seen = [{}, {}, {}]
const topics = new Set()
const chosen = [start_ms - 70 * 86_400_000, start_ms - 30 * 86_400_000, start_ms - 5 * 86_400_000, 0, start_ms]
for (const phase of phases({ seed, rounds, start_ms })) {
  const found = await run(phase)
  console.log(`  ${found.length > 0 ? '✗' : '✓'}  ${phase.name}: ${phase.steps.length} steps, ${told(seen[0])}`)
  for (const line of found.slice(0, 20)) console.log(`     ${line}`)
  wrong.push(...found)
  // What comes after a difference differs.
  if (found.length > 0) break
}
const [kafkaFiles, , ottlaFiles] = running
for (const topic of wrong.length > 0 ? [] : topics) {
  for (const partition of seen[0][topic].keys()) {
    wrong.push(...dump(`${topic}-${partition}`, kafkaFiles.data, ottlaFiles.data))
  }
}
for (const line of wrong.slice(0, 40)) console.log(`WRONG: ${line}`)
await Promise.all(drivers.map((driver) => driver.end()))
await Promise.all(running.map((broker) => broker.stop()))
const seconds = Math.round((performance.now() - began) / 1000)
console.log(`\n${steps} steps on each of ${names.join(', ')}: ${wrong.length} differences, ${known} known ones; ${seconds} s`)
if (wrong.length > 0) console.log(`Again: node tests/conformance/history.mjs --seed ${seed} --rounds ${rounds}`)
process.exit(wrong.length > 0 ? 1 : 0)

/** Does a phase with all brokers; gives what differs. */
async function run({ steps: wanted, awaits }) {
  for (const step of wanted) {
    steps++
    topics.add(step.topic)
    const answers = await Promise.all(drivers.map((driver) => driver.take(step)))
    const found = names.slice(1).flatMap((name, at) =>
      isDeepStrictEqual(answers[0], answers[at + 1])
        ? []
        : [`${told(step)}: ${JSON.stringify(answers[0])} with Kafka, ${JSON.stringify(answers[at + 1])} with ${name}`],
    )
    if (found.length > 0) return found
  }
  const before = seen
  const deadline = performance.now() + patience_ms
  let since = performance.now()
  for (;;) {
    const now = await Promise.all(drivers.map((driver) => driver.look([...topics], chosen)))
    if (!isDeepStrictEqual(now, seen)) since = performance.now()
    seen = now
    const found = compared()
    const missing = awaits && now.map((it, at) => [names[at], awaits(before[at], it)]).find(([, what]) => what)
    if (missing) found.push(`${missing[0]}: still awaited that ${missing[1]}`)
    const over = performance.now() > deadline
    if (over || (found.length === 0 && performance.now() - since > quiet_ms)) return found
    await sleep(500)
  }
}

function compared() {
  const [kafka, ...ottlas] = seen
  return ottlas.flatMap((ottla, at) => {
    const { lines, meant } = differences(kafka, ottla, start_ms)
    known = Math.max(known, meant)
    return lines.map((line) => line.replace('with Ottla', `with ${names[at + 1]}`))
  })
}

/** A step, or what was seen, in short. */
function told(what) {
  if (what.op) return JSON.stringify({ ...what, records: what.records?.length })
  const partitions = Object.values(what).flat()
  const records = partitions.reduce((sum, { records }) => sum + records.length, 0)
  const offsets = partitions.reduce((sum, { offsets }) => sum + offsets.latest[0], 0)
  return `${records} records of ${offsets} offsets in ${partitions.length} partitions`
}

function cannot(why) {
  console.error(`NOT RUN: ${why}`)
  process.exit(2)
}
