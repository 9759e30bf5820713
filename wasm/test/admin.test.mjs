import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigResourceTypes, Kafka } from 'ottla'
import { read, shop } from './helpers.mjs'

test('topics are made, listed, grown and deleted', async (t) => {
  const { admin } = await shop(t)
  const topics = [{ topic: 'a', numPartitions: 2 }, { topic: 'b' }]
  assert.equal(await admin.createTopics({ topics }), true)
  assert.equal(await admin.createTopics({ topics }), false)
  assert.deepEqual((await admin.listTopics()).sort(), ['a', 'b'])
  await admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 5 }] })
  const { topics: found } = await admin.fetchTopicMetadata({ topics: ['a'] })
  assert.equal(found[0].name, 'a')
  assert.deepEqual(
    found[0].partitions.map(({ partitionId, leader, partitionErrorCode }) => [
      partitionId,
      leader,
      partitionErrorCode,
    ]),
    [0, 1, 2, 3, 4].map((id) => [id, found[0].partitions[0].leader, 0]),
  )
  assert.equal((await admin.fetchTopicMetadata()).topics.length, 2)
  await admin.deleteTopics({ topics: ['a'] })
  assert.deepEqual(await admin.listTopics(), ['b'])
})

test('what is refused says which topic and why', async (t) => {
  const { admin } = await shop(t, { topics: [{ topic: 'a', numPartitions: 2 }] })
  const create = (topic) => admin.createTopics({ topics: [topic] })
  await assert.rejects(create({ topic: 'not/valid' }), (error) => {
    assert.equal(error.name, 'KafkaJSAggregateError')
    const [inner] = error.errors
    assert.equal(inner.name, 'KafkaJSCreateTopicError')
    assert.equal(inner.type, 'INVALID_TOPIC_EXCEPTION')
    assert.equal(inner.topic, 'not/valid')
    return true
  })
  await assert.rejects(create({ topic: 'x', configEntries: [{ name: 'no.such', value: '1' }] }))
  await assert.rejects(create({ topic: 'x', configEntries: [{ name: 'a' }] }), /Entry 0/)
  await assert.rejects(admin.deleteTopics({ topics: ['nowhere'] }), {
    type: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
  await assert.rejects(admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 1 }] }), {
    name: 'KafkaJSProtocolError',
    type: 'INVALID_PARTITIONS',
    code: 37,
  })
  await assert.rejects(admin.fetchTopicOffsets('nowhere'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await assert.rejects(admin.createTopics({ topics: 'a' }), /Invalid topics array/)
})

test('offsets are found by end and by time, and records are deleted below one', async (t) => {
  const { admin, producer, consumer } = await shop(t, { topics: [{ topic: 'a', numPartitions: 2 }] })
  const messages = [0, 1, 2, 3].map((n) => ({ value: `${n}`, partition: 0, timestamp: `${1000 + n}` }))
  await producer.send({ topic: 'a', messages })
  assert.deepEqual(await admin.fetchTopicOffsets('a'), [
    { partition: 0, offset: '4', high: '4', low: '0' },
    { partition: 1, offset: '0', high: '0', low: '0' },
  ])
  assert.deepEqual(await admin.fetchTopicOffsetsByTimestamp('a', 1002), [
    { partition: 0, offset: '2' },
    { partition: 1, offset: '0' },
  ])
  assert.deepEqual((await admin.fetchTopicOffsetsByTimestamp('a', 9999))[0].offset, '4')
  await admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '3' }] })
  assert.equal((await admin.fetchTopicOffsets('a'))[0].low, '3')
  consumer.assign([{ topic: 'a', partition: 0 }])
  const [{ message }] = await read(consumer, 1)
  assert.equal(message.offset, '3')
  await assert.rejects(
    admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '99' }] }),
    { name: 'KafkaJSDeleteTopicRecordsError' },
  )
})

test('configurations are described and changed', async (t) => {
  const { admin } = await shop(t, {
    topics: [{ topic: 'a', configEntries: [{ name: 'ottla.durability', value: 'strict' }] }],
  })
  const resource = { type: ConfigResourceTypes.TOPIC, name: 'a' }
  const describe = async (...configNames) => {
    const { resources } = await admin.describeConfigs({
      resources: [{ ...resource, configNames }],
      includeSynonyms: false,
    })
    return resources[0]
  }
  const one = await describe('ottla.durability')
  assert.equal(one.resourceName, 'a')
  assert.equal(one.errorCode, 0)
  assert.deepEqual(
    one.configEntries.map(({ configName, configValue, isDefault }) => [configName, configValue, isDefault]),
    [['ottla.durability', 'strict', false]],
  )
  assert.ok((await describe()).configEntries.length > 5)
  await admin.alterConfigs({
    resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '1000' }] }],
  })
  assert.equal((await describe('retention.ms')).configEntries[0].configValue, '1000')
  assert.notEqual((await describe('ottla.durability')).configEntries[0].configValue, 'strict')
  await assert.rejects(
    admin.alterConfigs({
      resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: 'long' }] }],
    }),
    { name: 'KafkaJSProtocolError', type: 'INVALID_CONFIG' },
  )
})

test('the cluster is one broker', async (t) => {
  const { admin } = await shop(t)
  const { brokers, controller, clusterId } = await admin.describeCluster()
  assert.equal(brokers.length, 1)
  assert.equal(controller, brokers[0].nodeId)
  assert.ok(clusterId.length > 10)
})

test('addresses that lead nowhere say what there is', async () => {
  const connect = (...brokers) => new Kafka({ brokers })
  const all = /idb:\/\/<name>.*memory:\/\/<name>.*Node <host>:<port>/
  for (const wrong of ['localhost', 'localhost:0', 'tcp://localhost:9092', 'a b:9092', '[::1:9092']) {
    assert.throws(() => connect(wrong), all, wrong)
  }
  assert.throws(() => connect('localhost:9092', 'memory://a'), all)
  assert.throws(() => connect('memory://'), /has no name/)
  assert.throws(() => connect(), /empty/)
  assert.throws(() => connect('memory://a', 'memory://b'), /different brokers/)
  const kafka = new Kafka({ brokers: async () => ['ftp://x'] })
  await assert.rejects(kafka.admin().connect(), /ftp:\/\/x/)
})

test('idb:// without IndexedDB is refused at once', async () => {
  const kafka = new Kafka({ brokers: ['idb://shop'], logLevel: 0 })
  await assert.rejects(kafka.producer().connect(), {
    name: 'KafkaJSStorageError',
    reason: 'unavailable',
    message: /memory:\/\//,
  })
})

test('one name is one broker', async (t) => {
  const { kafka, admin } = await shop(t, { topics: [{ topic: 'mine' }] })
  const again = kafka.admin()
  await again.connect()
  assert.deepEqual(await again.listTopics(), ['mine'])
  await again.disconnect()
  await assert.rejects(again.listTopics(), /connect\(\)/)
  const other = new Kafka({ brokers: ['memory://other'], logLevel: 0 })
  const elsewhere = other.admin()
  await elsewhere.connect()
  assert.deepEqual(await elsewhere.listTopics(), [])
  await elsewhere.disconnect()
  assert.deepEqual(await admin.listTopics(), ['mine'])
})
