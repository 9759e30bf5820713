// What the platform asks for beside KafkaJS's API: iteration, streams, signals, disposal.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { KafkaJSNonRetriableError } from 'ottla'
import { shop } from './helpers.mjs'

const timeout = 30_000
const dispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')
const numbers = (count, first = 0) => Array.from({ length: count }, (_, n) => ({ value: String(first + n) }))
const valueOf = ({ message }) => message.value.toString()

/** Clients, a topic `orders` with these records, and a member of a group. */
async function orders(t, count, { numPartitions = 1, groupId = 'readers' } = {}) {
  const made = await shop(t, { topics: [{ topic: 'orders', numPartitions }], consumer: { groupId } })
  if (count > 0) await made.producer.send({ topic: 'orders', messages: numbers(count) })
  if (groupId) await made.consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  return made
}

async function committed({ admin }) {
  const [found] = await admin.fetchOffsets({ groupId: 'readers', topics: ['orders'] })
  return found.partitions.map(({ offset }) => offset)
}

/** Takes so many from an iterable, and leaves. */
async function take(iterable, count) {
  const taken = []
  for await (const received of iterable) {
    taken.push(valueOf(received))
    if (taken.length === count) break
  }
  return taken
}

test('for await over a consumer: what was asked on from is committed, what was left comes again', { timeout }, async (t) => {
  const made = await orders(t, 10)
  assert.deepEqual(await take(made.consumer, 4), ['0', '1', '2', '3'])
  assert.deepEqual(await committed(made), ['3'])
  assert.deepEqual(await take(made.consumer, 3), ['3', '4', '5'])
  const error = new Error('thrown in the loop')
  await assert.rejects(async () => {
    for await (const received of made.consumer) {
      assert.equal(valueOf(received), '5')
      throw error
    }
  }, error)
  assert.deepEqual(await committed(made), ['5'])
})

test('a loop ends when its consumer is stopped, also by itself', { timeout }, async (t) => {
  const { consumer } = await orders(t, 3)
  const seen = []
  for await (const received of consumer) {
    seen.push(valueOf(received))
    if (seen.length === 2) await consumer.disconnect()
  }
  assert.deepEqual(seen, ['0', '1'])
})

test('a loop is given up by a signal', { timeout }, async (t) => {
  const { consumer, producer } = await orders(t, 2)
  const giveUp = new AbortController()
  const seen = []
  await assert.rejects(
    async () => {
      for await (const received of consumer.messages({ signal: giveUp.signal })) {
        if (seen.push(valueOf(received)) === 2) setTimeout(() => giveUp.abort(), 20)
      }
    },
    { name: 'AbortError' },
  )
  assert.deepEqual(seen, ['0', '1'])
  await assert.rejects(take(consumer.messages({ signal: AbortSignal.abort() }), 1), { name: 'AbortError' })
  // It is free for the next.
  await producer.send({ topic: 'orders', messages: numbers(1, 2) })
  assert.deepEqual(await take(consumer, 1), ['2'])
})

test('one loop at a time', { timeout }, async (t) => {
  const { consumer } = await orders(t, 1)
  await consumer.run({ eachMessage: () => {} })
  await assert.rejects(take(consumer, 1), KafkaJSNonRetriableError)
})

test('for await over a topic: all partitions, from anywhere, and up to the end', { timeout }, async (t) => {
  const { kafka, producer } = await orders(t, 0, { numPartitions: 3, groupId: undefined })
  const send = (values) =>
    producer.send({ topic: 'orders', messages: values.map((n) => ({ partition: n % 3, value: String(n), timestamp: String(1000 + n) })) })
  await send([0, 1, 2, 3, 4, 5])
  const topic = kafka.topic('orders')
  const all = async (options) => (await take(topic.messages({ until: 'latest', ...options }))).sort()
  assert.deepEqual(await all(), ['0', '1', '2', '3', '4', '5'])
  assert.deepEqual(await all({ from: new Date(1003) }), ['3', '4', '5'])
  assert.deepEqual(await all({ from: new Date(5000) }), [])
  assert.deepEqual(await all({ from: 'latest' }), [])
  assert.deepEqual(await all({ partitions: [1] }), ['1', '4'])
  assert.equal((await take(topic, 2)).length, 2, 'without options, from the first record')

  // What comes while it reads is not what was there.
  const seen = []
  for await (const received of topic.messages({ until: 'latest' })) {
    if (seen.push(valueOf(received)) === 1) await send([6, 7, 8])
  }
  assert.deepEqual(seen.sort(), ['0', '1', '2', '3', '4', '5'])

  const live = take(topic.messages({ from: 'latest' }), 1)
  await sleep(100)
  await send([9])
  assert.deepEqual(await live, ['9'])
  await assert.rejects(take(kafka.topic('nowhere'), 1), /nowhere/)
})

test('a topic’s loop that waits is left at once', { timeout }, async (t) => {
  const { kafka } = await orders(t, 0)
  const messages = kafka.topic('orders').messages()
  const waiting = messages.next()
  await sleep(50)
  await messages.return()
  assert.deepEqual(await waiting, { value: undefined, done: true })
})

test('a stream of records: read on, done; cancelled, stopped', { timeout }, async (t) => {
  const made = await orders(t, 5)
  const reader = made.consumer.readable().getReader()
  for (const expected of ['0', '1', '2']) assert.equal(valueOf((await reader.read()).value), expected)
  await reader.cancel()
  assert.deepEqual(await committed(made), ['2'])

  const waiting = made.kafka.topic('orders').readable({ from: 'latest' }).getReader()
  const read = waiting.read()
  await sleep(50)
  await waiting.cancel()
  assert.deepEqual(await read, { value: undefined, done: true })
})

test('streams are piped from topic to topic', { timeout }, async (t) => {
  const { kafka, admin } = await orders(t, 2_500)
  await admin.createTopics({ topics: [{ topic: 'copies' }] })
  const double = new TransformStream({
    transform: ({ message }, controller) => controller.enqueue({ value: String(Number(message.value) * 2) }),
  })
  await kafka.topic('orders').readable({ until: 'latest' }).pipeThrough(double).pipeTo(kafka.topic('copies').writable())
  const copies = await take(kafka.topic('copies').messages({ until: 'latest' }))
  assert.deepEqual(copies, numbers(2_500).map(({ value }) => String(value * 2)))
})

test('a stream that is written to holds its writer back, and breaks with what cannot be stored', { timeout }, async (t) => {
  const { producer } = await orders(t, 0)
  const writer = producer.writable({ topic: 'orders', maxInFlight: 2 }).getWriter()
  await writer.write({ value: '0' })
  const second = writer.write({ value: '1' })
  assert.equal(writer.desiredSize, 0)
  await second
  await writer.close()

  const broken = producer.writable({ topic: 'orders' }).getWriter()
  const failed = assert.rejects(broken.closed, /MESSAGE_TOO_LARGE/)
  await broken.write({ value: 'x'.repeat(2_000_000) }).catch(() => {})
  await failed
  await assert.rejects(broken.write({ value: 'more' }), /MESSAGE_TOO_LARGE/)
})

test('signals end connecting, sending and running', { timeout }, async (t) => {
  const { kafka, producer, consumer } = await orders(t, 1)
  const aborted = { signal: AbortSignal.abort(new Error('enough')) }
  await assert.rejects(kafka.producer().connect(aborted), /enough/)
  await assert.rejects(producer.send({ topic: 'orders', messages: numbers(1) }, aborted), /enough/)
  const under = new AbortController()
  const sent = producer.send({ topic: 'orders', messages: numbers(1) }, { signal: under.signal })
  under.abort(new Error('on its way'))
  await assert.rejects(sent, /on its way/)

  const run = new AbortController()
  const stopped = new Promise((resolve) => consumer.on('consumer.stop', resolve))
  await consumer.run({ signal: run.signal, eachMessage: () => run.abort() })
  await stopped
})

test('clients are disposed of, alone and all together', { timeout }, async (t) => {
  const { kafka, producer, admin } = await orders(t, 1)
  await producer[dispose]()
  await assert.rejects(producer.send({ topic: 'orders', messages: numbers(1) }), /disconnected/)
  await kafka[dispose]()
  await assert.rejects(admin.listTopics(), /disconnected/)
  await producer.connect()
  await producer.send({ topic: 'orders', messages: numbers(1) })
})
