import { bytes, rejection, textOf, until } from './stage.mjs'

/** Reads a topic to a number of messages, as texts by partition and offset. */
async function readAll(stage, count) {
  const consumer = await stage.reader()
  const seen = []
  await consumer.run({
    eachMessage: async ({ partition, message }) => void seen.push({ partition, ...textOf(message) }),
  })
  await until(() => seen.length >= count)
  await consumer.stop()
  return seen.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

export const producing = {
  'sending with keys, headers and timestamps': async (stage) => {
    await stage.create()
    const producer = await stage.producer()
    const metadata = await producer.send({
      topic: stage.topic(),
      messages: [
        { key: 'key1', value: 'hello world', headers: { 'correlation-id': '2bfb68bb', tags: ['a', 'b'] } },
        { key: 'key2', value: 'hey hey!', timestamp: '1700000000000' },
        { key: null, value: null },
        { value: bytes('hi') },
      ],
    })
    return { metadata, seen: await readAll(stage, 4) }
  },

  'sending a batch to several topics': async (stage) => {
    const admin = await stage.create(1, 'a')
    await admin.createTopics({ topics: [{ topic: stage.topic('b'), numPartitions: 2 }] })
    const producer = await stage.producer()
    const metadata = await producer.sendBatch({
      topicMessages: [
        { topic: stage.topic('a'), messages: [{ key: 'key', value: 'hello topic-a' }] },
        { topic: stage.topic('b'), messages: [{ partition: 1, value: 'hello topic-b' }] },
      ],
    })
    return metadata.sort((a, b) => (a.topicName < b.topicName ? -1 : 1))
  },

  'acknowledgements': async (stage) => {
    const admin = await stage.create()
    const producer = await stage.producer({ idempotent: false })
    const send = (acks) => producer.send({ topic: stage.topic(), acks, messages: [{ value: `${acks}` }] })
    const [all, leader, none] = [await send(-1), await send(1), await send(0)]
    const end = async () => (await admin.fetchTopicOffsets(stage.topic()))[0].high
    await until(async () => (await end()) === '3')
    return { all, leader, none }
  },

  'compression': async (stage) => {
    const { CompressionTypes } = stage.library
    await stage.create()
    const producer = await stage.producer()
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      const messages = [{ value: `${compression} `.repeat(500) }]
      await producer.send({ topic: stage.topic(), compression, messages })
    }
    return readAll(stage, 2)
  },

  'topics that are made by sending to them': async (stage) => {
    const admin = await stage.admin()
    const producer = await stage.producer({ allowAutoTopicCreation: true })
    await producer.send({ topic: stage.topic(), messages: [{ value: 'first' }] })
    return (await admin.listTopics()).includes(stage.topic())
  },

  'a custom partitioner': async (stage) => {
    await stage.create(3)
    const asked = []
    const createPartitioner = () => ({ topic, partitionMetadata, message }) => {
      asked.push({ topic, partitions: partitionMetadata.map(({ partitionId }) => partitionId).sort() })
      return Number(message.headers.partition)
    }
    const producer = await stage.producer({ createPartitioner })
    const messages = [2, 0, 2].map((partition) => ({ value: `${partition}`, headers: { partition: `${partition}` } }))
    await producer.send({ topic: stage.topic(), messages })
    return { asked, seen: await readAll(stage, 3) }
  },

  'the default and the legacy partitioner': async (stage) => {
    const { Partitioners } = stage.library
    const keys = Array.from({ length: 200 }, (_, n) => `truck-${n}`)
    const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({ partitionId, leader: 0 }))
    const topic = stage.topic()
    const chosen = (createPartitioner) => {
      const partition = createPartitioner()
      return keys.map((key) => partition({ topic, partitionMetadata, message: { key, value: '' } }))
    }
    await stage.create(7)
    const producer = await stage.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.send({ topic, messages: keys.map((key) => ({ key, value: key })) })
    const stored = (await readAll(stage, keys.length)).map(({ partition, key }) => ({ partition, key }))
    const { DefaultPartitioner, LegacyPartitioner, JavaCompatiblePartitioner } = Partitioners
    return {
      default: chosen(DefaultPartitioner),
      legacy: chosen(LegacyPartitioner),
      java: chosen(JavaCompatiblePartitioner),
      stored,
    }
  },

  'an idempotent producer': async (stage) => {
    await stage.create()
    const producer = await stage.producer({ idempotent: true, maxInFlightRequests: 1 })
    const send = (n) => producer.send({ topic: stage.topic(), messages: [{ value: `${n}` }] })
    const sent = await Promise.all([0, 1, 2, 3].map(send))
    const refused = await rejection(producer.send({ topic: stage.topic(), acks: 1, messages: [{ value: 'x' }] }))
    return {
      idempotent: producer.isIdempotent(),
      offsets: sent.map(([{ baseOffset }]) => baseOffset).sort(),
      refused: refused.name,
    }
  },

  'what a producer refuses': async (stage) => {
    await stage.create()
    const producer = await stage.producer()
    const topic = stage.topic()
    const name = async (promise) => (await rejection(promise)).name
    return {
      noTopic: await name(producer.send({ messages: [{ value: 'x' }] })),
      noMessages: await name(producer.send({ topic })),
      noValue: await name(producer.send({ topic, messages: [{ key: 'x' }] })),
      notConnected: await name(stage.kafka.producer().send({ topic, messages: [{ value: 'x' }] })),
      nothing: await producer.send({ topic, messages: [] }).then((sent) => sent.length),
    }
  },
}
