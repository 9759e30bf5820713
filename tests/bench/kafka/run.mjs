// Measures ottla-native beside Apache Kafka: same machine, same clients, same data, in rounds in which
// everyone has a turn, in changing order. Prints a table of medians and writes target/bench/kafka.json.

import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { kafkaVersion, startKafka, startOttla } from '../../conformance/brokers.mjs'
import { root } from '../../conformance/paths.mjs'
import { median, rotate, rounded } from '../stats.mjs'
import { printTable } from '../table.mjs'
import * as loads from './loads.mjs'
import { measureStart } from './start.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    starts: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
  },
})
const scaled = (records) => Math.round(records * Number(options.scale))

for (const part of ['kafka', 'python']) {
  const { status } = spawnSync(`${root}scripts/conformance`, [part], { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`\nNOT MEASURED: '${part}' cannot be had here, and without it there is nothing to compare with.`)
    process.exit(2)
  }
}

/** None flushes before it acknowledges: Kafka never does by default, nor Ottla for relaxed topics. */
const brokers = {
  Kafka: () => startKafka({ forSpeed: true }),
  'Ottla, memory': () => startOttla(),
  'Ottla, files': () => startOttla({ files: true }),
}
const kafka = 'Kafka'
const names = Object.keys(brokers)

const small = { records: scaled(1_000_000), size: 100 }
const large = { records: scaled(100_000), size: 1000 }
const of = ({ records, size }) => `${records.toLocaleString('en')} × ${size} bytes`
/** In this order, each with what the one before has left in the topic. */
const turns = [small, large].flatMap((load) =>
  [
    ['Java', loads.produceJava, loads.consumeJava],
    ['librdkafka', loads.produceLibrdkafka, loads.consumeLibrdkafka],
  ].flatMap(([client, produce, consume]) => [
    { what: `produce, ${client}, ${of(load)}`, begins: true, run: produce, load },
    { what: `consume, ${client}, ${of(load)}`, run: consume, load },
  ]),
)
turns.push({
  what: `produce, Java, 20,000 records/s of 100 bytes`,
  begins: true,
  paced: true,
  run: loads.produceJava,
  load: { records: scaled(100_000), size: 100, rate: 20_000 },
})

const figures = {}
const note = (what, name, found) => {
  for (const [unit, value] of Object.entries(found)) {
    const key = `${what}|${unit}`
    figures[key] ??= Object.fromEntries(names.map((name) => [name, []]))
    figures[key][name].push(value)
  }
}

for (let round = 0; round < Number(options.starts); round++) {
  for (const name of rotate(names, round)) note('start', name, await measureStart(brokers[name]))
}
const running = {}
for (const name of names) running[name] = await brokers[name]()
let topics = 0
/** Those that share a topic. */
const groups = []
for (const turn of turns) {
  if (turn.begins) groups.push([])
  groups.at(-1).push(turn)
}

async function measure(name, round, group) {
  const { bootstrap } = running[name]
  const topic = `bench-${topics++}`
  await loads.createTopic(bootstrap, topic)
  for (const { what, paced, run, load } of group) {
    const found = await run({ bootstrap, topic, ...load })
    if (paced) delete found.per_second
    console.error(`    round ${round}  ${name}  ${what}  ${JSON.stringify(found)}`)
    if (round > 0) note(what, name, found)
  }
  await loads.deleteTopic(bootstrap, topic)
}

/** Round 0 warms up, and is not counted. Who is compared is measured within seconds: what else the
 * machine does changes within a minute. */
for (let round = 0; round <= Number(options.rounds); round++) {
  for (const [at, group] of groups.entries()) {
    for (const name of rotate(names, round + at)) await measure(name, round, group)
  }
}
await Promise.all(Object.values(running).map((broker) => broker.stop()))

const medians = Object.fromEntries(
  Object.entries(figures).map(([key, by]) => [
    key,
    Object.fromEntries(Object.entries(by).map(([name, values]) => [name, median(values)])),
  ]),
)
const target = fileURLToPath(new URL('../../../target/bench/', import.meta.url))
await mkdir(target, { recursive: true })
const report = { kafka: await kafkaVersion(), options, medians, figures }
await writeFile(`${target}kafka.json`, `${JSON.stringify(report, null, 2)}\n`)

const shown = {
  start_ms: (value) => `${rounded(value)} ms`,
  idle_bytes: (value) => `${(value / 1e6).toFixed(1)} MB`,
  per_second: (value) => `${rounded(value)} /s`,
  p99_ms: (value) => `${rounded(value)} ms`,
}
const named = { start_ms: 'start to first Metadata', idle_bytes: 'resident, idle', p99_ms: 'p99' }
const rows = Object.entries(medians).flatMap(([key, by]) => {
  const [what, unit] = key.split('|')
  return names
    .filter((name) => name !== kafka)
    .map((name) => {
      const ratio = by[name] / by[kafka]
      const [bar, met] = {
        start_ms: ['≤ 30 ms', by[name] <= 30],
        idle_bytes: ['≤ 20 MB', by[name] <= 20e6],
        per_second: ['≥ 1.00', ratio >= 1],
        p99_ms: ['≤ 1.00', ratio <= 1],
      }[unit]
      const label = what === 'start' ? named[unit] : [what, named[unit]].filter(Boolean).join(', ')
      return { what: `${label} (${name.slice(7)})`, ottla: shown[unit](by[name]), peer: shown[unit](by[kafka]), ratio, bar, met }
    })
})
printTable(
  `Beside Apache Kafka ${report.kafka}, acks=all, nothing flushed before it is acknowledged: medians of ${options.rounds} rounds`,
  rows,
)
console.log('\nWritten: target/bench/kafka.json')
