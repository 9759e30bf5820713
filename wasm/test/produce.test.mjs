import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompressionTypes, Partitioners } from 'ottla'
import { read, shop } from './helpers.mjs'

const orders = (numPartitions) => ({ topic: 'orders', numPartitions })

test('what is sent is read, with keys, headers and timestamps', async (t) => {
  const { producer, consumer } = await shop(t, { topics: [orders(1)] })
  const sent = await producer.send({
    topic: 'orders',
    messages: [
      { key: 'truck-7', value: 'left depot', timestamp: '1700000000000', headers: { a: 'x' } },
      { key: new Uint8Array([1, 2]), value: null, headers: { many: ['1', new Uint8Array([50])] } },
      { value: 'größe 📦 '.repeat(40) },
      { key: '', value: new TextEncoder().encode('bytes').buffer },
    ],
  })
  assert.deepEqual(sent, [
    {
      topicName: 'orders',
      partition: 0,
      errorCode: 0,
      baseOffset: '0',
      logAppendTime: '-1',
      logStartOffset: '0',
    },
  ])
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const seen = (await read(consumer, 4)).map(({ message }) => message)
  assert.deepEqual(seen.map(({ offset }) => offset), ['0', '1', '2', '3'])
  assert.equal(seen[0].key.toString(), 'truck-7')
  assert.equal(seen[0].value.toString(), 'left depot')
  assert.equal(seen[0].timestamp, '1700000000000')
  assert.equal(seen[0].headers.a.toString(), 'x')
  assert.deepEqual([...seen[1].key], [1, 2])
  assert.equal(seen[1].value, null)
  assert.deepEqual(seen[1].headers.many.map(String), ['1', '2'])
  assert.equal(seen[2].key, null)
  assert.equal(seen[2].value.toString(), 'größe 📦 '.repeat(40))
  assert.ok(seen[2].value instanceof Uint8Array)
  assert.ok(Math.abs(Date.now() - Number(seen[2].timestamp)) < 60_000)
  assert.equal(seen[3].key.length, 0)
  assert.equal(seen[3].value.toString(), 'bytes')
  assert.equal(JSON.parse(JSON.stringify(seen[0])).value, 'left depot')
})

test('every compression is read back', async (t) => {
  const { producer, consumer } = await shop(t, { topics: [orders(1)] })
  const kinds = Object.values(CompressionTypes).filter((kind) => typeof kind === 'number')
  for (const compression of kinds) {
    const value = `${compression} `.repeat(1000)
    await producer.send({ topic: 'orders', compression, messages: [{ value }] })
  }
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const seen = await read(consumer, kinds.length)
  assert.deepEqual(
    seen.map(({ message }) => message.value.toString()),
    kinds.map((kind) => `${kind} `.repeat(1000)),
  )
})

test('sends that are not waited for keep their order and get offsets of their own', async (t) => {
  const { producer, consumer } = await shop(t, { topics: [orders(1)] })
  const sends = Array.from({ length: 500 }, (_, n) =>
    producer.send({ topic: 'orders', messages: [{ value: String(n) }] }),
  )
  const offsets = (await Promise.all(sends)).map(([{ baseOffset }]) => baseOffset)
  assert.deepEqual(offsets, offsets.map((_, n) => String(n)))
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const seen = await read(consumer, 500)
  assert.deepEqual(seen.map(({ message }) => message.value.toString()), offsets)
})

test('keys go where Java and KafkaJS put them', async (t) => {
  const { producer, consumer } = await shop(t, { topics: [orders(7)] })
  const partition = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({ partitionId, leader: 0 }))
  const messages = Array.from({ length: 50 }, (_, n) => ({ key: `key-${n}`, value: 'x' }))
  await producer.send({ topic: 'orders', messages })
  consumer.assign(partitionMetadata.map(({ partitionId }) => ({ topic: 'orders', partition: partitionId })))
  for (const { partition: at, message } of await read(consumer, 50)) {
    const key = message.key.toString()
    assert.equal(at, partition({ topic: 'orders', partitionMetadata, message: { key } }), key)
  }
})

test('a partitioner of one’s own decides', async (t) => {
  const asked = []
  const createPartitioner = () => (args) => {
    asked.push(args)
    return args.message.value.length % args.partitionMetadata.length
  }
  const { producer } = await shop(t, { topics: [orders(3)], producer: { createPartitioner } })
  const sent = await producer.send({
    topic: 'orders',
    messages: [{ value: 'aa' }, { value: 'bbb' }, { value: 'cc' }],
  })
  assert.deepEqual(sent.map(({ partition }) => partition), [0, 2])
  assert.deepEqual(asked[0].partitionMetadata.map(({ leader }) => leader), [0, 0, 0])
})

test('a batch of several topics makes them where that is allowed', async (t) => {
  const { producer, admin } = await shop(t)
  const sent = await producer.sendBatch({
    topicMessages: [
      { topic: 'a', messages: [{ value: '1' }] },
      { topic: 'b', messages: [{ value: '2' }] },
    ],
  })
  assert.deepEqual(sent.map(({ topicName }) => topicName).sort(), ['a', 'b'])
  assert.deepEqual((await admin.listTopics()).sort(), ['a', 'b'])
})

test('what cannot be sent is refused, and says why', async (t) => {
  const { producer, kafka } = await shop(t, { topics: [orders(1)], producer: { allowAutoTopicCreation: false } })
  const send = (topic, ...messages) => producer.send({ topic, messages })
  await assert.rejects(send('', { value: 'x' }), { name: 'KafkaJSNonRetriableError' })
  await assert.rejects(send('orders', {}), /without value.*tombstone/)
  await assert.rejects(send('orders', { value: { an: 'object' } }), /JSON.stringify/)
  await assert.rejects(send('orders', { value: 'x', timestamp: 'soon' }), /timestamp "soon"/)
  await assert.rejects(send('orders', { value: 'x', partition: 9 }), /orders/)
  await assert.rejects(send('orders', { value: 'x'.repeat(2_000_000) }), {
    name: 'KafkaJSProtocolError',
    type: 'MESSAGE_TOO_LARGE',
    code: 10,
    message: /max\.message\.bytes/,
  })
  await assert.rejects(send('orders', { value: new Uint8Array(101 * 1024 * 1024) }), /larger than max_record_size/)
  await assert.rejects(send('nowhere', { value: 'x' }), {
    name: 'KafkaJSProtocolError',
    type: 'UNKNOWN_TOPIC_OR_PARTITION',
    code: 3,
  })
  // Nothing of this disturbs what comes after.
  assert.equal((await send('orders', { value: 'fine' }))[0].baseOffset, '0')
  await assert.rejects(kafka.producer().send({ topic: 'orders', messages: [] }), /connect\(\)/)
  assert.throws(() => kafka.producer({ transactionalId: 'x' }), { name: 'KafkaJSNotImplemented' })
})

test('a record may be as large as its topic takes it', { timeout: 60_000 }, async (t) => {
  const configEntries = [{ name: 'max.message.bytes', value: '12000000' }]
  const { producer, consumer } = await shop(t, { topics: [{ topic: 'large', numPartitions: 2, configEntries }] })
  // More than one fetch brings of a partition, more than one brings in all, and more than a producer buffers.
  const sizes = [2_000_000, 11_000_000, 11_000_000, 11_000_000, 1_000]
  const messages = sizes.map((size, n) => ({ partition: n % 2, value: new Uint8Array(size).fill(n + 1) }))
  await producer.send({ topic: 'large', messages })
  await producer.send({ topic: 'large', messages: messages.slice(0, 2), compression: 1 })
  consumer.assign([0, 1].map((partition) => ({ topic: 'large', partition, offset: 'earliest' })))
  const seen = await read(consumer, 7)
  const lengths = (of) => seen.filter(({ partition }) => partition === of).map(({ message }) => message.value.length)
  assert.deepEqual(lengths(0), [2_000_000, 11_000_000, 1_000, 2_000_000])
  assert.deepEqual(lengths(1), [11_000_000, 11_000_000, 11_000_000])
  assert.ok(seen.every(({ message: { value } }) => value[0] > 0 && value[0] === value[value.length - 1]))
})

test('acks decide what is waited for', async (t) => {
  const { producer, admin } = await shop(t, { topics: [orders(1)] })
  await producer.send({ topic: 'orders', acks: 1, messages: [{ value: 'x' }] })
  await producer.send({ topic: 'orders', acks: 0, messages: [{ value: 'y' }] })
  const [{ high }] = await admin.fetchTopicOffsets('orders')
  assert.equal(high, '2')
})
