// disconnect() ends, whatever has become of the broker, and does not fail for it.

import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'ottla'
import { missing, startNative } from './native.mjs'

const clientOf = (brokers, config = {}) => new Kafka({ brokers, logLevel: logLevel.NOTHING, ...config })

/** Ends sooner than any of the waiting that the clients were told to do, by a factor. */
async function soon(ending, what) {
  const timer = new AbortController()
  const late = sleep(15_000, 'late', { signal: timer.signal })
  late.catch(() => {})
  assert.notEqual(await Promise.race([ending, late]), 'late', what)
  timer.abort()
}

/** Clients at work: a member that has something to commit, and what else there is. */
async function atWork(kafka) {
  const [admin, producer, idle] = [kafka.admin(), kafka.producer(), kafka.producer()]
  const consumer = kafka.consumer({ groupId: 'group' })
  await Promise.all([admin, producer, idle, consumer].map((each) => each.connect()))
  await admin.createTopics({ topics: [{ topic: 'work' }] })
  await producer.send({ topic: 'work', messages: [{ value: 'v' }] })
  await consumer.subscribe({ topics: ['work'], fromBeginning: true })
  await new Promise((resolve) => consumer.run({ eachMessage: async () => resolve() }))
  return { admin, producer, idle, consumer }
}

test('from a broker that is dead', { timeout: 60_000, skip: missing }, async (t) => {
  const { bootstrap, kill } = await startNative(t)
  const { admin, producer, idle, consumer } = await atWork(clientOf([bootstrap]))
  await kill()
  const refused = assert.rejects(producer.send({ topic: 'work', messages: [{ value: 'late' }] }))
  for (const [name, each] of Object.entries({ admin, producer, idle, consumer })) {
    await soon(each.disconnect(), name)
  }
  await soon(refused, 'what was sent')
})

test('what is sent in another way than before is refused, too, where nobody is', { skip: missing }, async (t) => {
  const { bootstrap, kill } = await startNative(t)
  const producer = clientOf([bootstrap], { retry: { retries: 1, initialRetryTime: 20 } }).producer()
  await producer.connect()
  await kill()
  const send = () => producer.send({ topic: 'work', messages: [{ value: 'late' }], compression: 1 })
  await soon(assert.rejects(send()), 'the first')
  await soon(assert.rejects(send()), 'another')
  await soon(producer.disconnect(), 'producer')
})

test('from a broker that says nothing any more', { timeout: 60_000, skip: missing }, async (t) => {
  let behind
  let silent = false
  const proxy = createServer((client) => {
    const broker = connect(behind, '127.0.0.1')
    client.on('data', (data) => silent || broker.write(data))
    broker.on('data', (data) => silent || client.write(data))
    const end = () => [client, broker].map((each) => each.destroy())
    for (const socket of [client, broker]) socket.on('error', end).on('close', end)
    t.after(end)
  })
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const at = `127.0.0.1:${proxy.address().port}`
  behind = (await startNative(t, { args: ['--advertise', at] })).port
  const { admin, producer, idle, consumer } = await atWork(clientOf([at], { requestTimeout: 2_000 }))
  silent = true
  const sent = assert.rejects(producer.send({ topic: 'work', messages: [{ value: 'late' }] }))
  for (const [name, each] of Object.entries({ admin, producer, idle, consumer })) {
    await soon(each.disconnect(), name)
  }
  await soon(sent, 'what was sent')
})

test('after its end in this very process', { timeout: 60_000 }, async () => {
  const kafka = clientOf(['memory://ended'])
  const { admin, producer, idle, consumer } = await atWork(kafka)
  await kafka.shutdown()
  for (const [name, each] of Object.entries({ consumer, admin, producer, idle })) {
    await soon(each.disconnect(), name)
  }
  await kafka.shutdown()
})
