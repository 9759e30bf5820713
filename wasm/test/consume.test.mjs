import assert from 'node:assert/strict'
import { test } from 'node:test'
import { read, shop } from './helpers.mjs'

const topics = [{ topic: 'orders', numPartitions: 2 }]

async function filled(t) {
  const all = await shop(t, { topics })
  for (let n = 0; n < 10; n++) {
    const timestamp = String(1_000 + n * 100)
    const messages = [{ value: `${n}`, partition: 0, timestamp }]
    await all.producer.send({ topic: 'orders', messages })
  }
  return all
}

const valuesOf = (seen) => seen.map(({ message }) => message.value.toString())

test('reading begins where it is asked to', async (t) => {
  const { kafka } = await filled(t)
  const from = async (place, count) => {
    const consumer = kafka.consumer()
    await consumer.connect()
    consumer.assign([{ topic: 'orders', partition: 0, ...place }])
    const seen = await read(consumer, count)
    await consumer.disconnect()
    return valuesOf(seen)
  }
  assert.deepEqual(await from({}, 2), ['0', '1'])
  assert.deepEqual(await from({ offset: 'earliest' }, 1), ['0'])
  assert.deepEqual(await from({ offset: '7' }, 3), ['7', '8', '9'])
  assert.deepEqual(await from({ timestamp: 1_450 }, 2), ['5', '6'])
})

test('latest sees only what comes later', async (t) => {
  const { consumer, producer } = await filled(t)
  consumer.assign([{ topic: 'orders', partition: 0, offset: 'latest' }])
  let isRead = false
  const seen = read(consumer, 1).finally(() => (isRead = true))
  // Where the end is, is asked when the consumer has begun; behind this record that has happened.
  while (!isRead) await producer.send({ topic: 'orders', messages: [{ value: 'new', partition: 0 }] })
  assert.deepEqual(valuesOf(await seen), ['new'])
})

test('a batch knows its offsets and what is left', async (t) => {
  const { consumer } = await filled(t)
  consumer.assign([{ topic: 'orders', partition: 0, offset: '3' }])
  const batches = []
  await new Promise((resolve) => {
    consumer.run({
      eachBatch: async ({ batch, isRunning, isStale, heartbeat, resolveOffset }) => {
        await heartbeat()
        resolveOffset(batch.lastOffset())
        assert.equal(isRunning(), true)
        assert.equal(isStale(), false)
        batches.push(batch)
        if (batch.lastOffset() === '9') resolve()
      },
    })
  })
  const [first] = batches
  assert.deepEqual([first.topic, first.partition, first.highWatermark], ['orders', 0, '10'])
  assert.equal(first.firstOffset(), '3')
  assert.equal(first.isEmpty(), false)
  assert.equal(first.offsetLag(), String(9 - Number(first.lastOffset())))
  assert.equal(first.offsetLagLow(), '6')
  assert.deepEqual(
    batches.flatMap(({ messages }) => messages.map(({ offset }) => offset)),
    ['3', '4', '5', '6', '7', '8', '9'],
  )
})

test('seek, also from within, goes elsewhere at once', async (t) => {
  const { consumer } = await filled(t)
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const seen = []
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.value.toString())
        if (seen.length === 2) consumer.seek({ topic: 'orders', partition: 0, offset: '8' })
        if (message.offset === '9') resolve()
      },
    })
  })
  assert.deepEqual(seen, ['0', '1', '8', '9'])
})

test('a paused partition waits, and loses nothing', async (t) => {
  const { consumer, producer } = await filled(t)
  consumer.assign([
    { topic: 'orders', partition: 0 },
    { topic: 'orders', partition: 1 },
  ])
  const seen = []
  let resume
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ partition, message, pause }) => {
        seen.push(`${partition}:${message.value}`)
        if (seen.length === 3) {
          resume = pause()
          assert.deepEqual(consumer.paused(), [{ topic: 'orders', partitions: [0] }])
          await producer.send({ topic: 'orders', messages: [{ value: 'other', partition: 1 }] })
        }
        if (partition === 1) resume()
        if (seen.length === 11) resolve()
      },
    })
  })
  assert.deepEqual(consumer.paused(), [])
  assert.deepEqual(seen, [
    ...['0', '1', '2'].map((value) => `0:${value}`),
    '1:other',
    ...['3', '4', '5', '6', '7', '8', '9'].map((value) => `0:${value}`),
  ])
})

test('stop and run go on where they were', async (t) => {
  const { consumer } = await filled(t)
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const values = []
  for (const count of [1, 4, 5]) {
    const before = values.length
    await new Promise((resolve) => {
      consumer.run({
        eachMessage: ({ message }) => {
          values.push(message.value.toString())
          if (values.length === before + count) {
            consumer.stop().then(resolve)
          }
        },
      })
    })
  }
  assert.deepEqual(values, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
})

test('a handler that throws stops a consumer that is not to be restarted, which tells, and comes back to the record', async (t) => {
  const retry = { retries: 0, restartOnFailure: async () => false }
  const { kafka } = await filled(t)
  const consumer = kafka.consumer({ retry })
  t.after(() => consumer.disconnect())
  await consumer.connect()
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const crashed = new Promise((resolve) => consumer.on(consumer.events.CRASH, resolve))
  consumer.run({
    eachMessage: ({ message }) => {
      if (message.offset === '4') throw new Error('not this one')
    },
  })
  const { payload } = await crashed
  assert.match(payload.error.message, /not this one/)
  await consumer.stop()
  assert.deepEqual(valuesOf(await read(consumer, 2)), ['4', '5'])
})

test('an offset that does not exist is an error of its own', async (t) => {
  const { consumer } = await filled(t)
  consumer.assign([{ topic: 'orders', partition: 0, offset: '500' }])
  await assert.rejects(read(consumer, 1), {
    name: 'KafkaJSOffsetOutOfRange',
    code: 1,
    topic: 'orders',
    partition: 0,
  })
})
