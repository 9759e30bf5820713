import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AssignerProtocol, PartitionAssigners } from 'ottla'
import { shop } from './helpers.mjs'

const topics = [
  { topic: 'orders', numPartitions: 3 },
  { topic: 'others', numPartitions: 1 },
]

async function until(holds, what = holds) {
  for (const deadline = Date.now() + 20_000; !holds(); ) {
    if (Date.now() > deadline) assert.fail(`timed out: ${what}`)
    await sleep(5)
  }
}

/** An assigner whose first member gets what `give` says. */
const giving = (give, name = 'giving') => (about) => ({
  name,
  version: 0,
  assign: async ({ members, topics }) => {
    const assignment = await give(about, topics)
    return members.slice(0, 1).map(({ memberId }) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 0, assignment }),
    }))
  },
  protocol: ({ topics }) => ({ name, metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics }) }),
})

async function member(t, partitionAssigners) {
  const consumer = { groupId: 'g', heartbeatInterval: 50, partitionAssigners }
  const all = await shop(t, { topics, consumer })
  await all.consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  return all
}

test('an assigner learns of the cluster what it asks', async (t) => {
  let seen
  const { consumer } = await member(t, [
    giving(async ({ cluster }, topics) => {
      await cluster.addTargetTopic('others')
      const offsets = await cluster.fetchTopicsOffset([
        { topic: 'orders', partitions: [{ partition: 1 }], fromBeginning: true },
      ])
      const { brokers, topicMetadata } = await cluster.metadata()
      seen = {
        topics,
        nodes: cluster.getNodeIds(),
        connected: cluster.isConnected(),
        leaders: cluster.findLeaderForPartitions('orders', [0, 2]),
        others: cluster.findTopicPartitionMetadata('others').length,
        ends: [cluster.defaultOffset({ fromBeginning: true }), cluster.defaultOffset({ fromBeginning: false })],
        offsets,
        brokers: brokers.length,
        all: topicMetadata.map(({ topic }) => topic).filter((topic) => !topic.startsWith('__')).sort(),
        unknown: await Promise.resolve().then(() => cluster.findTopicPartitionMetadata('unknown')).catch(({ name }) => name),
        brokersAlone: await cluster.findControllerBroker().catch(({ name }) => name),
      }
      return { orders: [0, 1, 2] }
    }),
  ])
  await consumer.run({ eachMessage: () => {} })
  assert.deepEqual(seen, {
    topics: ['orders'],
    nodes: [0],
    connected: true,
    leaders: { 0: [0, 2] },
    others: 1,
    ends: [-2, -1],
    offsets: [{ topic: 'orders', partitions: [{ partition: 1, offset: '0' }] }],
    brokers: 1,
    all: ['orders', 'others'],
    unknown: 'KafkaJSTopicMetadataNotLoaded',
    brokersAlone: 'KafkaJSNotImplemented',
  })
})

test('topics that are assigned without a subscription are told of, and left alone', async (t) => {
  const { consumer, producer } = await member(t, [giving(async () => ({ orders: [0], others: [0] }))])
  await producer.send({ topic: 'others', messages: [{ value: 'not for us' }] })
  await producer.send({ topic: 'orders', messages: [{ value: 'for us', partition: 0 }] })
  const told = []
  const joined = []
  consumer.on(consumer.events.RECEIVED_UNSUBSCRIBED_TOPICS, ({ payload }) => told.push(payload))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => joined.push(payload.memberAssignment))
  const seen = []
  await consumer.run({ eachMessage: ({ message }) => void seen.push(message.value.toString()) })
  await until(() => seen.length > 0)
  await sleep(100)
  assert.deepEqual(seen, ['for us'])
  assert.deepEqual(joined, [{ orders: [0] }])
  const [{ groupId, assignedTopics, topicsSubscribed, topicsNotSubscribed }] = told
  assert.deepEqual(
    { groupId, assignedTopics, topicsSubscribed, topicsNotSubscribed },
    { groupId: 'g', assignedTopics: ['orders', 'others'], topicsSubscribed: ['orders'], topicsNotSubscribed: ['others'] },
  )
})

test('an assigner that fails fails the member, which can try again', async (t) => {
  let fails = true
  const { consumer } = await member(t, [
    giving(async () => {
      if (fails) throw new Error('no idea')
      return { orders: [0, 1, 2] }
    }),
  ])
  await assert.rejects(consumer.run({ eachMessage: () => {} }), /giving failed: no idea/)
  fails = false
  let joined
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => (joined = payload.memberAssignment))
  await consumer.run({ eachMessage: () => {} })
  assert.deepEqual(joined, { orders: [0, 1, 2] })
})

test('of several assigners the group takes one that all know', async (t) => {
  const own = giving(async () => ({ orders: [0, 1, 2] }), 'own')
  const { consumer, kafka } = await member(t, [own, PartitionAssigners.roundRobin])
  const protocols = []
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => protocols.push(payload.groupProtocol))
  await consumer.run({ eachMessage: () => {} })
  const other = kafka.consumer({ groupId: 'g', heartbeatInterval: 50, partitionAssigners: [PartitionAssigners.roundRobin] })
  await other.connect()
  await other.subscribe({ topics: ['orders'] })
  await other.run({ eachMessage: () => {} })
  await until(() => protocols.includes('RoundRobinAssigner'), 'round robin')
  assert.equal(protocols[0], 'own')
  await other.disconnect()
})

test('what is no list of assigners is refused', async (t) => {
  const { kafka } = await shop(t)
  for (const partitionAssigners of ['range', [{}]]) {
    assert.throws(() => kafka.consumer({ groupId: 'g', partitionAssigners }), /list of functions/)
  }
})
