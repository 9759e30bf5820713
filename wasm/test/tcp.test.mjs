// Brokers behind TCP: ottla-native, or with OTTLA_BOOTSTRAP=host:port any Kafka that is there.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createHttp } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTls } from 'node:tls'
import { Kafka, logLevel } from 'ottla'
import { atEnd, missing, startNative } from './native.mjs'

const other = process.env.OTTLA_BOOTSTRAP
const options = { timeout: 60_000, skip: !other && missing }
/** What is about a broker's own doing, or end. */
const native = { ...options, skip: missing }

const clientOf = (brokers, config = {}) =>
  new Kafka({ clientId: 'tests', brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 }, ...config })

const bootstrapOf = async (t, args) => other ?? (await startNative(t, { args })).bootstrap

/** A topic of its own name, and clients; ended with the test. */
async function shop(t, kafka, numPartitions = 1, consumerConfig = {}) {
  const topic = `tcp-${process.pid}-${Date.now()}`
  const admin = kafka.admin()
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId: topic, ...consumerConfig })
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
  const disconnect = () => Promise.all([admin, producer, consumer].map((each) => each.disconnect()))
  atEnd(t, disconnect)
  await admin.createTopics({ topics: [{ topic, numPartitions }] })
  return { topic, admin, producer, consumer, disconnect }
}

/** Reads with a group until there are so many records. */
async function read({ consumer, topic }, count) {
  const seen = []
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error))
    consumer.run({
      eachMessage: ({ partition, message }) => {
        if (seen.push({ partition, value: message.value.toString() }) === count) resolve()
      },
    })
  })
  return seen
}

async function until(holds, what) {
  for (const deadline = Date.now() + 30_000; !(await holds()); await sleep(20)) {
    if (Date.now() > deadline) assert.fail(`timed out: ${what}`)
  }
}

test('records go to a cluster and come from it, by a group', options, async (t) => {
  const made = await shop(t, clientOf([await bootstrapOf(t, ['--nodes', '3'])]), 6)
  const large = 'x'.repeat(900_000)
  const messages = Array.from({ length: 600 }, (_, n) => ({ partition: n % 6, value: `${n}` }))
  await made.producer.send({ topic: made.topic, messages: [...messages, { partition: 5, value: large }] })
  const seen = await read(made, 601)
  for (let partition = 0; partition < 6; partition++) {
    const values = seen.filter((each) => each.partition === partition).map(({ value }) => value)
    const sent = messages.filter((each) => each.partition === partition).map(({ value }) => value)
    assert.deepEqual(values, partition === 5 ? [...sent, large] : sent)
  }
})

test('each partition is served by its leader', native, async (t) => {
  const { bootstrap } = await startNative(t, { args: ['--nodes', '3'] })
  const { topic, admin, producer } = await shop(t, clientOf([bootstrap]), 3)
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const leaders = topics[0].partitions.map(({ leader }) => leader)
  assert.deepEqual([...leaders].sort(), [0, 1, 2])
  const { brokers } = await admin.describeCluster()
  assert.equal(new Set(brokers.map(({ port }) => port)).size, 3)
  const sent = await producer.send({ topic, messages: leaders.map((_, partition) => ({ partition, value: 'v' })) })
  assert.deepEqual(sent.map(({ partition, baseOffset }) => [partition, baseOffset]), [[0, '0'], [1, '0'], [2, '0']])
})

test('the first address that answers will do', options, async (t) => {
  const closed = createServer()
  const nobody = await listening(t, closed)
  closed.close()
  const made = await shop(t, clientOf([`127.0.0.1:${nobody}`, await bootstrapOf(t)]))
  await made.producer.send({ topic: made.topic, messages: [{ value: 'v' }] })
  assert.equal((await read(made, 1)).length, 1)
})

test('clients outlive their broker, and nothing is lost or doubled', native, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'ottla-tcp-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const args = ['--data-dir', dir]
  // Below the ports that systems give to outgoing connections, one of which could take it meanwhile.
  const first = await startNative(t, { port: 20_000 + (process.pid % 10_000), args })
  const made = await shop(t, clientOf([first.bootstrap], { retry: { initialRetryTime: 50, retries: 50, maxRetryTime: 500 } }))
  await made.producer.send({ topic: made.topic, messages: [{ value: 'before' }] })
  const seen = []
  await made.consumer.subscribe({ topics: [made.topic], fromBeginning: true })
  await made.consumer.run({ eachMessage: ({ message }) => void seen.push(message.value.toString()) })
  await until(() => seen.length === 1, 'the first record')
  await first.kill()
  const sent = made.producer.send({ topic: made.topic, messages: [{ value: 'after' }] })
  await startNative(t, { port: first.port, args })
  const [{ baseOffset }] = await sent
  assert.equal(baseOffset, '1')
  await until(() => seen.length >= 2, 'the second record')
  assert.deepEqual(seen, ['before', 'after'])
  await made.disconnect()
})

test('who is not there, is no broker, or does not answer, is named', async (t) => {
  const rejected = async (kafka, message) => {
    const admin = kafka.admin({ retry: { retries: 1 } })
    await assert.rejects(admin.connect(), (error) => {
      assert.match(error.message, message)
      return true
    })
    await admin.disconnect()
  }
  const closed = createServer()
  const nobody = await listening(t, closed)
  closed.close()
  await rejected(clientOf([`127.0.0.1:${nobody}`]), /127\.0\.0\.1:\d+.*ECONNREFUSED/)
  // It takes a frame for the beginning of a request, and says so in text.
  const http = await listening(t, createHttp())
  await rejected(clientOf([`localhost:${http}`]), /localhost:\d+ answered with a frame of \d+ bytes: it is no Kafka/)
  const silent = await listening(t, createServer(() => {}))
  const quick = { connectionTimeout: 200, requestTimeout: 200 }
  await rejected(clientOf([`127.0.0.1:${silent}`], quick), /timed out|in time|within|did not answer/i)
  await rejected(clientOf([`127.0.0.1:${silent}`], { ...quick, ssl: true }), /within 200 ms/)
})

test('over TLS', native, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'ottla-tls-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' })
  } catch (error) {
    return t.skip(`NOT RUN: openssl makes no certificate: ${error.message}`)
  }
  // The broker behind it says that it is where the proxy is.
  let behind
  const proxy = createTls({ key: await readFile(key), cert: await readFile(cert) }, (client) => {
    const broker = connect(behind, '127.0.0.1')
    client.pipe(broker).pipe(client)
    for (const socket of [client, broker]) socket.on('error', () => [client, broker].map((each) => each.destroy()))
  })
  proxy.on('tlsClientError', () => {})
  const port = await listening(t, proxy)
  behind = (await startNative(t, { args: ['--advertise', `localhost:${port}`] })).port

  const ca = await readFile(cert, 'utf8')
  const made = await shop(t, clientOf([`localhost:${port}`], { ssl: { ca } }))
  await made.producer.send({ topic: made.topic, messages: [{ value: 'v' }] })
  assert.equal((await read(made, 1)).length, 1)

  const retry = { retries: 0 }
  const untrusted = clientOf([`localhost:${port}`], { ssl: true, retry }).admin()
  await assert.rejects(untrusted.connect(), /certificate/)
  const plain = clientOf([`localhost:${port}`], { retry }).admin()
  await assert.rejects(plain.connect(), /localhost:\d+ (closed|lost|answered)/)
})

async function listening(t, server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections?.()
    server.close()
  })
  server.unref()
  return server.address().port
}
