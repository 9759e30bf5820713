// One group whose members are different clients, as `node tests/conformance/mixed.mjs --help` tells.
//
// Exit codes: 0 all held, 1 something did not, 2 something could not be run.

import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { startKafka, startOttla } from './brokers.mjs'
import { judge } from './mixed-judge.mjs'
import { kinds, Owners, parts, startMember } from './mixed-members.mjs'
import { root, target } from './paths.mjs'

const { values: options } = parseArgs({
  options: {
    broker: { type: 'string' },
    first: { type: 'string', default: Object.keys(kinds)[0] },
    help: { type: 'boolean' },
  },
})
if (options.help) {
  console.log(`Usage: node tests/conformance/mixed.mjs [OPTIONS]

  --broker NAME  only kafka or only ottla
  --first NAME   the client that joins first, whose assignor then serves all, and is killed
                 later [${Object.keys(kinds)[0]}]: ${Object.keys(kinds).join(', ')}`)
  process.exit(0)
}
if (!kinds[options.first]) throw new Error(`there is no client '${options.first}': see --help`)

const partitions = 12
const topic = 'mixed'
const wait_ms = 60_000
const names = Object.keys(kinds)
const order = [...names.slice(names.indexOf(options.first)), ...names.slice(0, names.indexOf(options.first))]

const { status } = spawnSync(`${root}scripts/conformance`, parts, { stdio: 'inherit' })
if (status !== 0) process.exit(2)
const { AssignerProtocol, Kafka, logLevel } = createRequire(`${target}kafkajs/`)('kafkajs')
await mkdir(`${target}run`, { recursive: true })

let failed = false
for (const [name, start] of Object.entries({ kafka: startKafka, ottla: startOttla })) {
  if (options.broker && options.broker !== name) continue
  const broker = await start().catch((error) => {
    console.error(`NOT RUN: ${error.message}`)
    process.exit(2)
  })
  console.log(`== ${broker.name}, ${options.first} first`)
  const wrong = await run(broker).catch((error) => [error.message])
  for (const what of wrong.slice(0, 20)) console.log(`  WRONG: ${what}`)
  if (wrong.length > 20) console.log(`  and ${wrong.length - 20} more`)
  failed ||= wrong.length > 0
  await broker.stop()
}
process.exit(failed ? 1 : 0)

/** Lets members come and go while records are produced; returns what was wrong. */
async function run({ name: where, bootstrap }) {
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'observer', logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
  const records = produceAllTheTime(producer)

  const [events, owners, present] = [[], new Owners(), new Map()]
  let victim
  const hear = (event) => {
    // At once, so that it has read records which it may not have committed.
    if (event.records && event.member === victim?.name) victim.signal('SIGKILL')
    events.push(event)
    owners.hear(event)
  }
  const join = (kind, name = kind) => {
    const log = `${target}run/mixed-${name.replaceAll(' ', '-')}.${where}.log`
    present.set(name, startMember({ kind, name, bootstrap, topic, log }, hear))
  }
  const ends = []
  const end = async (name, signal) => {
    const member = present.get(name)
    present.delete(name)
    if (signal === 'SIGTERM') member.signal(signal)
    else victim = member
    const status = await within(member.ended, `${name} ends`)
    // A JVM that SIGTERM ended says so.
    if (signal === 'SIGTERM' && ![0, 143].includes(status)) ends.push(`${name} ended with ${status}`)
  }
  /** Waits until the members share the partitions, and then have read something from each of them. */
  const settle = async (what) => {
    const since = performance.now()
    const members = [...present.keys()]
    const told = () => members.map((name) => `${name} ${owners.of(name).join(',') || 'none'}`).join('; ')
    await until(() => owners.share(members, partitions), () => `${what}, but not shared evenly: ${told()}`)
    const took = ((performance.now() - since) / 1000).toFixed(1)
    console.log(`  ${what} (${took} s): ${told()}`)
    const from = events.length
    const busy = () => new Set(events.slice(from).flatMap(({ records = [] }) => records.map(([at]) => at)))
    await until(() => busy().size === partitions, () => `${what}: only ${[...busy()]} are read`)
  }

  try {
    for (const kind of order) {
      join(kind)
      await settle(`${kind} joined`)
    }
    await end(order[0], 'SIGKILL') // It reads still: it is killed when it says so.
    await settle(`${order[0]} was killed`)
    await end(order[1], 'SIGTERM')
    await settle(`${order[1]} left`)
    join(order[0], `${order[0]} again`)
    await settle(`${order[0]} joined again`)
    const sent = await records.stop()
    await until(() => judge(events, sent).wrong.every((it) => !it.includes('by nobody')), () => '').catch(() => undefined)
    const wrong = [...(await asDescribed(admin, owners, [...present.keys()])), ...(await asCommitted(admin, sent))]
    for (const name of [...present.keys()]) await end(name, 'SIGTERM')
    const verdict = judge(events, sent)
    for (const [name, { records, again, turns, refused }] of verdict.members) {
      const refusals = refused.length > 0 ? `, commits refused: ${refused.join(', ')}` : ''
      console.log(`  ${name}: ${records} records (${again} again) in ${turns} assignments${refusals}`)
    }
    console.log(`  ${sent.size} records were produced; ${verdict.again} were read again`)
    return [...wrong, ...verdict.wrong, ...ends]
  } finally {
    await records.stop()
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
    await writeFile(`${target}run/mixed-events.${where}.log`, lines)
    for (const member of present.values()) member.signal('SIGKILL')
    await Promise.all([admin.disconnect(), producer.disconnect()])
  }
}

/** One numbered record to each partition, again and again. */
function produceAllTheTime(producer) {
  const sent = new Map()
  let [stopped, number] = [false, 0]
  const done = (async () => {
    while (!stopped) {
      const messages = Array.from({ length: partitions }, (_, partition) => ({
        partition,
        key: `${partition}-${number}`,
        value: String(number),
      }))
      for (const { partition, baseOffset } of await producer.send({ topic, messages })) {
        sent.set(`${partition}:${baseOffset}`, `${partition}-${number}`)
      }
      number += 1
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  done.catch(() => undefined) // Whoever stops it is told.
  return {
    async stop() {
      stopped = true
      await done
      return sent
    },
  }
}

/** Does the coordinator say of each partition what its one owner says? */
async function asDescribed(admin, owners, members) {
  const { groups } = await admin.describeGroups([topic])
  const [group] = groups
  const described = group.members.map(
    ({ memberAssignment }) => AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [],
  )
  const text = (all) => JSON.stringify(all.map((it) => [...it].sort((a, b) => a - b).join()).sort())
  console.log(`  described: ${group.state}, '${group.protocol}', ${text(described)}`)
  const told = members.map((name) => owners.of(name))
  const same = group.state === 'Stable' && group.protocol === 'range' && text(described) === text(told)
  return same ? [] : [`the members say ${text(told)}`]
}

/** Is everything committed at the end? */
async function asCommitted(admin, sent) {
  const ends = Array(partitions).fill(0)
  for (const place of sent.keys()) {
    const [partition, offset] = place.split(':').map(Number)
    ends[partition] = Math.max(ends[partition], offset + 1)
  }
  let found = []
  const fetch = async () => {
    const [{ partitions: all }] = await admin.fetchOffsets({ groupId: topic, topics: [topic] })
    found = all.sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
    return String(found) === String(ends)
  }
  return until(fetch, () => `committed is ${found}, not ${ends}`).then(
    () => [],
    (error) => [error.message],
  )
}

async function until(holds, what) {
  const deadline = Date.now() + wait_ms
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${wait_ms / 1000} s: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function within(promise, what) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not within ${wait_ms / 1000} s: ${what}`)), wait_ms).unref()
  })
  return Promise.race([promise, late])
}
