// The README's examples of groups, as they are written there.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AssignerProtocol, Kafka, logLevel } from 'ottla'
import { TestBroker } from 'ottla/testing'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code)
const AsyncFunction = (async () => {}).constructor

/** The block with some words in it. */
const block = (words) => blocks.find((code) => code.includes(words)) ?? assert.fail(`no block with ${words}`)

/** Runs an example with what it takes for granted; gives what it declares by these names. */
function run(code, given, names = []) {
  const body = code.replace(/^import .*$/m, '').replace('idb://shop', 'memory://readme')
  const all = { Kafka: Quiet, AssignerProtocol, ...given }
  const source = `${body}\nreturn { ${names.join(', ')} }`
  return new AsyncFunction(...Object.keys(all), source)(...Object.values(all))
}

class Quiet extends Kafka {
  constructor(config) {
    super({ ...config, logLevel: logLevel.NOTHING })
  }
}

async function until(holds, what) {
  for (const deadline = Date.now() + 20_000; !(await holds()); await sleep(10)) {
    if (Date.now() > deadline) assert.fail(`timed out: ${what}`)
  }
}

test('the work queue is shared, in order for each key; groups are read and set', async (t) => {
  const done = []
  const queue = block("groupId: 'printers'")
  const tabs = []
  for (const tab of [0, 1]) {
    const print = async (key, value) => done.push({ tab, key, value })
    const made = await run(queue, { print }, ['kafka', 'admin', 'worker', 'producer'])
    t.after(async () => {
      await Promise.all([made.admin, made.worker, made.producer].map((each) => each.disconnect()))
      await made.kafka.shutdown()
    })
    tabs.push(made)
  }
  const [{ admin, kafka, producer }] = tabs
  const shares = async () => {
    const { groups } = await admin.describeGroups(['printers'])
    return groups[0].members.map(
      ({ memberAssignment }) =>
        AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment.jobs?.length ?? 0,
    )
  }
  await until(async () => (await shares()).join() === '4,4', 'each tab has half of the partitions')
  await until(() => done.length >= 2, 'the jobs of the examples')
  done.length = 0
  const jobs = Array.from({ length: 200 }, (_, n) => ({ key: `invoice-${n % 20}`, value: `${n}` }))
  await producer.send({ topic: 'jobs', messages: jobs })
  await until(() => done.length >= jobs.length, 'all jobs')
  assert.equal(done.length, jobs.length, 'none twice, as nobody died')
  for (const tab of [0, 1]) assert.ok(done.some((each) => each.tab === tab), `tab ${tab} did some`)
  for (let key = 0; key < 20; key++) {
    const values = done.filter((each) => each.key === `invoice-${key}`).map(({ value }) => Number(value))
    assert.deepEqual(values, Array.from({ length: 10 }, (_, n) => key + 20 * n))
  }

  const stored = []
  const manual = block("groupId: 'reports'")
  const { reader } = await run(manual, { kafka, store: async (message) => stored.push(message) }, ['reader'])
  t.after(() => reader.disconnect())
  const sumOf = async () => {
    const [found] = await admin.fetchOffsets({ groupId: 'reports', topics: ['jobs'] })
    return found.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }
  await until(async () => (await sumOf()) === jobs.length + 2, 'each record is committed')
  assert.equal(stored.length, jobs.length + 2)
  const lines = []
  await run(block('admin.resetOffsets'), { admin, reader, console: { log: (...line) => lines.push(line) } })
  assert.deepEqual(Object.keys(lines[0][1]), ['jobs'])
  const zeroes = Array.from({ length: 8 }, (_, partition) => ({ partition, offset: '0', metadata: null }))
  assert.deepEqual(lines[1], [[{ topic: 'jobs', partitions: zeroes }]])
})

test('the first example sends a record and reads it', async () => {
  const line = await new Promise((resolve, reject) => {
    const log = (...line) => resolve(line)
    run(block("topic: 'orders'"), { console: { log } }, ['consumer', 'producer', 'kafka']).then(
      async ({ consumer, producer, kafka }) => {
        await sleep(0)
        await Promise.all([consumer.disconnect(), producer.disconnect()])
        await kafka.shutdown()
      },
      reject,
    )
  })
  assert.deepEqual(line, ['orders', 0, '0', 'truck-7: left depot'])
})

test('a backup comes back under another name; nobody has deleted the database', async (t) => {
  const kafka = new Quiet({ brokers: ['memory://readme-backup'] })
  const admin = kafka.admin()
  const producer = kafka.producer()
  await Promise.all([admin.connect(), producer.connect()])
  t.after(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()])
    await kafka.shutdown()
  })
  await producer.send({ topic: 'orders', messages: [{ value: 'one' }, { value: 'two' }] })
  await run(block('kafka.import'), { kafka })
  const [{ low, high }] = await admin.fetchTopicOffsets('orders-of-may')
  assert.deepEqual([low, high], ['0', '2'])
  const told = []
  await run(block('kafka.onStorage'), { kafka, console: { error: (line) => told.push(line) } })
  assert.deepEqual(told, [])
})

test('the examples of loops, and of a broker for tests', async (t) => {
  const kafka = new Quiet({ brokers: ['memory://readme-loops'] })
  t.after(() => kafka.shutdown())
  const producer = kafka.producer()
  await producer.connect()
  const messages = ['one', 'enough', 'too much'].map((value, n) => ({ key: `${n % 2}`, value }))
  await producer.send({ topic: 'orders', messages })
  await producer.disconnect()
  const lines = []
  const log = (...line) => lines.push(line)
  const { reader } = await run(block("groupId: 'labels'"), { kafka, console: { log } }, ['reader'])
  await reader.disconnect()
  assert.deepEqual(lines, [['orders', 0, '0', 'one'], ['orders', 0, '1', 'enough']])
  const { orders } = await run(block("until: 'latest'"), { kafka }, ['orders'])
  assert.deepEqual([...orders].map(([key, value]) => [key, value.toString()]), [['0', 'too much'], ['1', 'enough']])

  const { sent } = await run(block('new TestBroker'), { TestBroker }, ['sent'])
  const [{ baseOffset, topicName }] = await sent
  assert.deepEqual([topicName, baseOffset], ['orders', '0'])
})
