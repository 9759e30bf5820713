// The broker for unit tests.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka, logLevel } from 'ottla'
import { TestBroker } from 'ottla/testing'

const timeout = 30_000

/** A broker, ended with the test, and clients that are connected. */
async function broker(t, options, { retry, ...consumerConfig } = {}) {
  const broker = new TestBroker(options)
  t.after(() => broker.close())
  const kafka = broker.kafka({ retry })
  const [admin, producer, consumer] = [kafka.admin(), kafka.producer(), kafka.consumer(consumerConfig)]
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  const send = (value = 'v') => producer.send({ topic: 'orders', messages: [{ value }] })
  const read = async () => {
    const seen = []
    for await (const { message } of kafka.topic('orders').messages({ until: 'latest' })) seen.push(message)
    return seen
  }
  return { broker, kafka, admin, producer, consumer, send, read }
}

test('its time stands, and is advanced', { timeout }, async (t) => {
  const { broker: made, send, read } = await broker(t, { paused: true, now: Date.UTC(2030, 5, 1) })
  await send('first')
  await made.advance(60_000)
  await send('second')
  assert.equal(made.now.toISOString(), '2030-06-01T00:01:00.000Z')
  const times = (await read()).map(({ timestamp }) => new Date(Number(timestamp)).toISOString())
  assert.deepEqual(times, ['2030-06-01T00:00:00.000Z', '2030-06-01T00:01:00.000Z'])
  await assert.rejects(made.advance(-1), /-1/)
})

test('retention follows its clock', { timeout }, async (t) => {
  const { broker: made, admin, send } = await broker(t, { paused: true })
  const configEntries = [
    { name: 'retention.ms', value: '60000' },
    { name: 'segment.ms', value: '10000' },
  ]
  await admin.createTopics({ topics: [{ topic: 'short', configEntries }] })
  const producer = made.kafka().producer()
  await producer.connect()
  await producer.send({ topic: 'short', messages: [{ value: 'old' }] })
  await made.advance(20_000)
  await producer.send({ topic: 'short', messages: [{ value: 'new' }] })
  await send()
  await made.advance(600_000)
  const [{ low, high }] = await admin.fetchTopicOffsets('short')
  assert.equal(high, '2')
  assert.notEqual(low, '0')
})

test('one seed, one run', { timeout }, async (t) => {
  const run = async (seed) => {
    const { admin } = await broker(t, { seed })
    const { clusterId } = await admin.describeCluster()
    return clusterId
  }
  assert.equal(await run(7), await run(7))
  assert.notEqual(await run(7), await run(8))
})

test('commits fail as often as is asked for; an idempotent producer stores once', { timeout }, async (t) => {
  const { broker: made, send, read } = await broker(t)
  await send('before')
  made.failCommits(2)
  const [{ baseOffset }] = await send('after')
  assert.equal(baseOffset, '1')
  assert.deepEqual((await read()).map(({ value }) => value.toString()), ['before', 'after'])
})

test('a full storage takes nothing, and lets read', { timeout }, async (t) => {
  const { broker: made, send, read } = await broker(t, {}, { retry: { retries: 0 } })
  await send('before')
  made.full = true
  await assert.rejects(send('lost'), { name: 'KafkaJSStorageError', reason: 'full' })
  assert.equal((await read()).length, 1)
  made.full = false
  await send('after')
  assert.equal((await read()).length, 2)
})

test('answers come late', { timeout }, async (t) => {
  const { broker: made, send } = await broker(t, { paused: true })
  // From now on, a send is one request.
  await send()
  made.delayAnswers(2_000)
  let done = false
  const sent = send().then(() => {
    done = true
  })
  await made.advance(1_999)
  assert.equal(done, false)
  await made.advance(1)
  assert.equal(done, true)
  await sent
})

test('members live by its clock: who heartbeats stays in, through minutes in a moment', { timeout }, async (t) => {
  const { broker: made, admin, consumer, send } = await broker(t, {}, { groupId: 'readers', sessionTimeout: 10_000 })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  const seen = []
  await consumer.run({ eachMessage: ({ message }) => void seen.push(message.value.toString()) })
  await made.advance(300_000)
  const { groups } = await admin.describeGroups(['readers'])
  assert.deepEqual([groups[0].state, groups[0].members.length], ['Stable', 1])
  made.disconnectClients()
  await send('after')
  await made.advance(10_000)
  for (let turns = 0; seen.length === 0 && turns < 500; turns++) await made.advance(100)
  assert.deepEqual(seen, ['after'])
})

test('it is a broker like others to a Kafka made elsewhere, until it is closed', { timeout }, async (t) => {
  const { broker: made } = await broker(t)
  const kafka = new Kafka({ brokers: [...made.brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  assert.deepEqual(await admin.listTopics(), ['orders'])
  await admin.disconnect()
})
