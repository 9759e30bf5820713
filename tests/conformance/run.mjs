// Runs the same script of each client against Apache Kafka and against Ottla, and compares.
//
// Exit codes: 0 everything was run and nothing differs that is not known, 1 something differs,
// 2 something could not be run.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { apiNames, askApiVersions } from './api-versions.mjs'
import { kafkaVersion, startKafka, startOttla } from './brokers.mjs'
import { runClient } from './client.mjs'
import { clients } from './clients.mjs'
import { compare } from './compare.mjs'
import { writePage } from './page.mjs'
import { briefly, record, recorded } from './recorded.mjs'
import { root, sources, target } from './paths.mjs'
import { printDifferences, printOutcomes } from './report.mjs'

const { values: options } = parseArgs({
  options: {
    client: { type: 'string', multiple: true },
    behaviour: { type: 'string' },
    broker: { type: 'string' },
    files: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
if (options.help) {
  console.log(`Usage: node tests/conformance/run.mjs [OPTIONS]

  --client NAME      only this client (can be repeated): ${clients.map(({ name }) => name).join(', ')}
  --behaviour TEXT   only the behaviours whose name contains TEXT
  --broker NAME      only kafka or only ottla
  --files            Ottla keeps its data in files; without it, in memory

Only a run without options writes COMPATIBILITY.md and what is recorded of Kafka.`)
  process.exit(0)
}
const unknown = options.client?.find((wanted) => !clients.some(({ name }) => name === wanted))
if (unknown) throw new Error(`there is no client '${unknown}': see --help`)
const whole = Object.keys(options).every((name) => name === 'files')
const wanted = clients.filter(({ name }) => options.client?.includes(name) ?? true)
const started = performance.now()

/** What could not be had, and why. */
const missing = new Map()
for (const part of new Set(['kafka', ...wanted.map(({ part }) => part)])) {
  const { status, stderr } = spawnSync(`${root}scripts/conformance`, [part], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  })
  process.stderr.write(stderr)
  if (status !== 0) missing.set(part, stderr.trim().split('\n').slice(-3).join(' '))
}

await mkdir(`${target}run`, { recursive: true })
const brokers = {}
const start = async (name, begin) => {
  if (options.broker && options.broker !== name) return
  brokers[name] = await begin().catch((error) => {
    missing.set(`the broker ${name}`, error.message)
  })
}
await Promise.all([
  missing.has('kafka') ? undefined : start('kafka', startKafka),
  start('ottla', () => startOttla({ files: options.files })),
])
if (!brokers.kafka && options.broker !== 'ottla') {
  console.error('\nApache Kafka cannot be had here: Ottla is held against what was recorded of it.\n')
}

const known = JSON.parse(await readFile(`${sources}known-differences.json`, 'utf8'))
const results = []
const failed = []
for (const client of wanted) {
  if (missing.has(client.part)) continue
  console.log(`== ${client.name}`)
  const run = async (name) => {
    const broker = brokers[name]
    if (!broker) return undefined
    const log = `${target}run/${client.name.replaceAll(' ', '-')}.${name}.log`
    return runClient(client, broker, { behaviour: options.behaviour, log }).catch((error) => {
      missing.set(`${client.name} with ${name}`, error.message)
    })
  }
  const [kafka, ottla] = await Promise.all([run('kafka'), run('ottla')])
  const beside = kafka ?? (options.broker ? undefined : await recorded(client.name))
  const differences = []
  const names = new Set([...(beside?.outcomes.keys() ?? []), ...(ottla?.outcomes.keys() ?? [])])
  for (const behaviour of names) {
    if (options.behaviour && !behaviour.includes(options.behaviour)) continue
    const nothing = { end: 'failed', why: 'it was not run', saw: {} }
    const one = beside?.outcomes.get(behaviour) ?? nothing
    const seen = ottla?.outcomes.get(behaviour) ?? nothing
    const other = kafka ? seen : briefly(seen)
    if (beside && ottla) differences.push(...compare(client.name, behaviour, one, other, known))
    // Where Kafka itself fails, or no one is there to compare with, nothing was shown.
    if ((beside ? one : other).end === 'failed') failed.push(`${client.name}, ${behaviour}`)
  }
  const result = { client: client.name, kafka, ottla, differences, version: (ottla ?? kafka)?.version }
  results.push(result)
  printOutcomes(result)
}
const apis = {}
for (const [name, broker] of Object.entries(brokers)) {
  if (broker) apis[name] = await askApiVersions(broker.bootstrap)
}
await Promise.all(Object.values(brokers).map((broker) => broker?.stop()))

const differences = results.flatMap((result) => result.differences)
printDifferences(differences)
const news = differences.filter((difference) => !difference.known)
const stale = whole && brokers.kafka ? known.filter((entry) => !differences.some((it) => it.known === entry)) : []
for (const entry of stale) {
  console.error(`Known, but seen no more (remove it from known-differences.json): ${entry.why}`)
}
if (whole) {
  if (brokers.kafka) await record(results)
  await writePage({
    results,
    missing,
    apis,
    names: await apiNames(),
    kafka: brokers.kafka ? await kafkaVersion() : undefined,
    ottla: ottlaVersion(),
  })
}
for (const what of failed) console.error(`FAILED already with ${brokers.kafka ? 'Kafka' : 'what there is'}: ${what}`)
for (const [what, why] of missing) console.error(`NOT RUN: ${what}: ${why}`)
const seconds = Math.round((performance.now() - started) / 1000)
const unlike = `${news.length} differences, ${differences.length - news.length} known ones`
console.log(`\n${results.length} of ${wanted.length} clients, ${unlike}; ${seconds} s`)
process.exit(news.length + stale.length + failed.length > 0 ? 1 : missing.size > 0 ? 2 : 0)

function ottlaVersion() {
  const toml = execFileSync('cargo', ['pkgid', '--package', 'ottla-native'], { cwd: root, encoding: 'utf8' })
  return toml.trim().split(/[#@]/).pop()
}
