import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Requests } from '../dist/instrumentation/requests.js'
import { Emitter } from '../dist/instrumentation/emitter.js'
import { createLogger, logLevel } from '../dist/logger.js'
import { read, shop } from './helpers.mjs'

const names = { REQUEST: 'request', REQUEST_TIMEOUT: 'timeout', REQUEST_QUEUE_SIZE: 'size', FETCH: 'fetch' }

/** What is told of requests, without a client. */
function observed() {
  const told = []
  const emitter = new Emitter(names, createLogger(logLevel.NOTHING))
  const requests = new Requests(names, emitter)
  const wanted = []
  const source = {
    broker: () => 'b',
    clientId: 'c',
    requestTimeout: 0,
    silent: true,
    observe: (observed) => wanted.push(observed),
  }
  requests.add(source)
  const listen = (...events) => {
    const removals = events.map((event) => emitter.on(event, ({ type, payload }) => told.push([type, payload])))
    requests.listenersChanged()
    return () => {
      for (const remove of removals) remove()
      requests.listenersChanged()
    }
  }
  return { told, requests, source, wanted, listen }
}

test('requests are observed as long as somebody listens', () => {
  const { wanted, listen } = observed()
  listen('request')()
  assert.deepEqual(wanted, [false, true, false])
})

test('a connection that ends too late tells which requests have timed out', async () => {
  const { told, requests, source, listen } = observed()
  listen('timeout', 'size')
  requests.sent(source, 3, 1, 'Fetch', 12, 7)
  requests.sent(source, 3, 3, 'Metadata', 9, 8)
  requests.answered(source, 3, 7, 100, 2)
  requests.unlinked(source, 3)
  assert.deepEqual(told.map(([type, { queueSize, apiName }]) => [type, queueSize ?? apiName]), [
    ['size', 1],
    ['size', 2],
    ['size', 1],
    ['timeout', 'Metadata'],
    ['size', 0],
  ])
})

test('a send that is not acknowledged is done when it is sent', () => {
  const { told, requests, source, listen } = observed()
  listen('request', 'size')
  requests.sent(source, 3, 0, 'Produce', 9, 7)
  const [[type, { apiKey, correlationId, size }]] = told
  assert.deepEqual([told.length, type, apiKey, correlationId, size], [1, 'request', 0, 7, 0])
})

test('fetches tell what they bring', async (t) => {
  const { producer, consumer } = await shop(t, { topics: [{ topic: 'orders', numPartitions: 2 }] })
  const fetches = []
  consumer.on(consumer.events.FETCH, ({ payload }) => fetches.push(payload))
  for (const partition of [0, 1]) {
    await producer.send({ topic: 'orders', messages: [{ value: 'x', partition }] })
  }
  consumer.assign([0, 1].map((partition) => ({ topic: 'orders', partition })))
  await read(consumer, 2)
  assert.equal(fetches.reduce((sum, { numberOfBatches }) => sum + numberOfBatches, 0), 2)
  assert.ok(fetches.every(({ duration }) => duration >= 0))
})

test('connecting twice is connecting once', async (t) => {
  const { kafka } = await shop(t)
  const producer = kafka.producer()
  const told = []
  for (const name of ['CONNECT', 'DISCONNECT']) {
    producer.on(producer.events[name], () => told.push(name))
  }
  await Promise.all([producer.connect(), producer.connect()])
  await producer.connect()
  await Promise.all([producer.disconnect(), producer.disconnect()])
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value: 'x' }] })
  await producer.disconnect()
  assert.deepEqual(told, ['CONNECT', 'DISCONNECT', 'CONNECT', 'DISCONNECT'])
})

test('connecting while disconnecting comes after it', async (t) => {
  const { kafka } = await shop(t)
  const admin = kafka.admin()
  await admin.connect()
  const gone = admin.disconnect()
  const back = admin.connect()
  await Promise.all([gone, back])
  assert.ok(Array.isArray(await admin.listTopics()))
  await admin.disconnect()
  await assert.rejects(admin.listTopics(), /connect\(\) first/)
})

test('a pause holds for partitions that come later, and but for those that are resumed', async (t) => {
  const { consumer, producer } = await shop(t, {
    topics: [{ topic: 'orders', numPartitions: 3 }],
    consumer: { groupId: 'g', heartbeatInterval: 50 },
  })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  consumer.pause([{ topic: 'orders' }])
  consumer.resume([{ topic: 'orders', partitions: [1] }])
  consumer.pause([{ topic: 'unknown', partitions: [7] }])
  const seen = []
  await consumer.run({ eachMessage: ({ partition }) => void seen.push(partition) })
  assert.deepEqual(consumer.paused(), [{ topic: 'orders', partitions: [0, 2] }])
  const messages = [0, 1, 2].map((partition) => ({ value: 'x', partition }))
  await producer.send({ topic: 'orders', messages })
  while (seen.length === 0) await sleep(5)
  await sleep(100)
  assert.deepEqual(seen, [1])
  consumer.resume([{ topic: 'orders' }])
  while (seen.length < 3) await sleep(5)
  assert.deepEqual(consumer.paused(), [])
})

test('restartOnFailure that fails itself does not keep a consumer from starting anew', async (t) => {
  const restartOnFailure = async () => {
    throw new Error('no idea')
  }
  const { consumer, producer } = await shop(t, {
    topics: [{ topic: 'orders' }],
    consumer: { retry: { retries: 0, initialRetryTime: 5, restartOnFailure } },
  })
  await producer.send({ topic: 'orders', messages: [{ value: 'x' }] })
  consumer.assign([{ topic: 'orders', partition: 0 }])
  let times = 0
  await consumer.run({
    eachMessage: () => {
      if (++times === 1) throw new Error('once')
    },
  })
  while (times < 2) await sleep(5)
})
