// Backups: what is exported comes back as it was, and what is damaged does not come back at all.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompressionTypes, KafkaJSBackupError, logLevel, Kafka } from 'ottla'
import { shop } from './helpers.mjs'

const start = Date.UTC(2026, 0, 1)

/** A shop with topics of all kinds. */
async function filled(t) {
  const from = await shop(t, {
    topics: [
      {
        topic: 'orders',
        numPartitions: 3,
        configEntries: [{ name: 'retention.ms', value: '-1' }],
      },
      { topic: 'empty', numPartitions: 2 },
    ],
  })
  for (let round = 0; round < 5; round++) {
    const compression = [CompressionTypes.None, CompressionTypes.GZIP][round % 2]
    const messages = Array.from({ length: 20 }, (_, at) => ({
      key: at % 4 === 0 ? null : `key ${at}`,
      value: at === 7 ? null : `value ${round}/${at}`,
      partition: at % 2,
      timestamp: String(start + round * 20 + at),
      headers: { round: `${round}` },
    }))
    await from.producer.send({ topic: 'orders', compression, messages })
  }
  // Partition 1 begins within a batch; partition 2 has nothing left.
  await from.producer.send({
    topic: 'orders',
    messages: Array.from({ length: 9 }, () => ({ value: 'gone', partition: 2 })),
  })
  await from.admin.deleteTopicRecords({
    topic: 'orders',
    partitions: [
      { partition: 1, offset: '13' },
      { partition: 2, offset: '9' },
    ],
  })
  await from.admin.setOffsets({
    groupId: 'printers',
    topic: 'orders',
    partitions: [
      { partition: 0, offset: '33', metadata: 'so far' },
      { partition: 2, offset: '9' },
    ],
  })
  return from
}

async function bytesOf(stream) {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** All that clients can see of a topic. */
async function contents({ kafka, admin }, topic) {
  const offsets = await admin.fetchTopicOffsets(topic)
  offsets.sort((a, b) => a.partition - b.partition)
  const partitions = []
  for (const { partition, low, high } of offsets) {
    partitions.push({ low, high, records: await recordsOf(kafka, topic, partition, low, high) })
  }
  const { resources } = await admin.describeConfigs({ resources: [{ type: 2, name: topic }] })
  const configs = resources[0].configEntries.filter(({ configSource }) => configSource === 1)
  return { partitions, configs: configs.map(({ configName, configValue }) => [configName, configValue]) }
}

async function recordsOf(kafka, topic, partition, low, high) {
  const records = []
  if (low === high) return records
  const consumer = kafka.consumer()
  await consumer.connect()
  consumer.assign([{ topic, partition, offset: low }])
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({
      eachMessage: ({ message: { offset, key, value, timestamp, headers } }) => {
        const text = (bytes) => bytes && String(bytes)
        records.push({ offset, key: text(key), value: text(value), timestamp, round: text(headers.round) })
        if (Number(offset) + 1 === Number(high)) resolve()
      },
    })
  })
  await consumer.disconnect()
  return records
}

test('what was exported comes back at its offsets, with configurations and groups', async (t) => {
  const from = await filled(t)
  const file = await bytesOf(from.kafka.export())
  const to = await shop(t)
  // Producers of this cluster, whose numbers are those of the other's.
  await to.producer.send({ topic: 'other', messages: [{ value: 'x' }] })
  const result = await to.kafka.import(new Blob([file]))
  assert.deepEqual(result, {
    topics: [
      { topic: 'empty', as: 'empty', partitions: 2, records: 0 },
      { topic: 'orders', as: 'orders', partitions: 3, records: 90 },
    ],
    groups: ['printers'],
  })
  for (const topic of ['orders', 'empty']) {
    assert.deepEqual(await contents(to, topic), await contents(from, topic))
  }
  const group = { groupId: 'printers', topics: ['orders'] }
  assert.deepEqual(await to.admin.fetchOffsets(group), await from.admin.fetchOffsets(group))

  // It goes on where it ended, for any producer.
  for (const partition of [0, 1, 2]) {
    const [{ high }] = (await from.admin.fetchTopicOffsets('orders')).filter((p) => p.partition === partition)
    const [sent] = await to.producer.send({ topic: 'orders', messages: [{ value: 'next', partition }] })
    assert.equal(sent.baseOffset, high)
  }
})

test('a file is taken in pieces of any size, from whatever gives bytes', async (t) => {
  const from = await filled(t)
  const file = await bytesOf(from.kafka.export({ topics: ['orders'], groups: false }))
  async function* crumbs() {
    for (let at = 0; at < file.length; at += 7) yield file.subarray(at, at + 7)
  }
  const sources = {
    crumbs: crumbs(),
    stream: new Blob([file]).stream(),
    response: new Response(file),
    bytes: file,
    buffer: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength),
  }
  const to = await shop(t)
  const wanted = await contents(from, 'orders')
  for (const [name, source] of Object.entries(sources)) {
    const { topics, groups } = await to.kafka.import(source, { as: { orders: name } })
    assert.deepEqual(topics, [{ topic: 'orders', as: name, partitions: 3, records: 90 }])
    assert.deepEqual(groups, [])
    assert.deepEqual(await contents(to, name), wanted)
  }
})

test('a copy may come back beside the original, which is left alone', async (t) => {
  const from = await filled(t)
  const before = await contents(from, 'orders')
  const file = await bytesOf(from.kafka.export({ topics: ['orders'] }))
  await assert.rejects(from.kafka.import(file), /Topic orders is there already.*as: \{ orders/s)
  await from.kafka.import(file, { as: { orders: 'orders-copy' } })
  assert.deepEqual(await contents(from, 'orders'), before)
  assert.deepEqual(await contents(from, 'orders-copy'), before)
  await assert.rejects(from.kafka.import(file, { topics: ['no-such'] }), /has no topic no-such; it has orders/)
})

test('damage anywhere is told with its place, and nothing is imported', async (t) => {
  const from = await shop(t, { topics: [{ topic: 'orders', numPartitions: 2 }] })
  for (let at = 0; at < 6; at++) {
    await from.producer.send({ topic: 'orders', messages: [{ value: `v${at}`, partition: at % 2 }] })
  }
  const file = await bytesOf(from.kafka.export())
  const to = await shop(t)
  const refused = async (bytes, what) => {
    await assert.rejects(
      to.kafka.import(bytes),
      (error) => {
        assert.ok(error instanceof KafkaJSBackupError, `${what}: ${error.stack}`)
        assert.ok(error.offset >= 0 && error.offset <= file.length + 1, `${what}: ${error.offset}`)
        assert.equal(error.retriable, false)
        return true
      },
    )
    assert.deepEqual(await to.admin.listTopics(), [], what)
  }
  for (let at = 0; at < file.length; at += 3) {
    const flipped = file.slice()
    flipped[at] ^= 1 << at % 8
    await refused(flipped, `a bit of byte ${at}`)
  }
  for (const length of [0, 1, 8, 11, 12, 13, 60, file.length - 1]) {
    await refused(file.subarray(0, length), `cut off at ${length}`)
  }
  const longer = new Uint8Array(file.length + 1)
  longer.set(file)
  await refused(longer, 'a byte too many')
  await to.kafka.import(file)
  assert.deepEqual(await contents(to, 'orders'), await contents(from, 'orders'))
})

test('an export that is read slowly asks for no more than it is read', async (t) => {
  const from = await shop(t, { topics: [{ topic: 'large', numPartitions: 1 }] })
  for (let at = 0; at < 20; at++) {
    const messages = [{ value: 'x'.repeat(500_000) }]
    await from.producer.send({ topic: 'large', messages })
  }
  let largest = 0
  let total = 0
  for await (const piece of from.kafka.export()) {
    largest = Math.max(largest, piece.length)
    total += piece.length
  }
  assert.ok(total > 10_000_000)
  assert.ok(largest < 2_500_000, `${largest}`)

  const reader = from.kafka.export().getReader()
  await reader.read()
  await reader.cancel()
})

test('without a connection, export and import say so', async () => {
  const nowhere = new Kafka({ brokers: ['memory://nowhere-backup'], logLevel: logLevel.NOTHING })
  await assert.rejects(bytesOf(nowhere.export({ topics: ['no-such'] })), /no topic no-such/)
  await assert.rejects(nowhere.import(/** @type {any} */ ('text')), /A backup is a Blob/)
  await nowhere.shutdown()
})
