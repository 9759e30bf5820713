// KafkaJS as a member of the mixed group. Its own assigner is called 'RoundRobinAssigner', which no
// other client knows: the one below has the name and the rule of Kafka's range.

import { AssignerProtocol, kafkaOf, nameOf } from './cluster.mjs'

const [bootstrap, topic] = process.argv.slice(-2)
const say = (what, value) =>
  process.stdout.write(`${JSON.stringify({ at_ms: performance.timeOrigin + performance.now(), [what]: value })}\n`)

const range = ({ cluster }) => ({
  name: 'range',
  version: 0,
  protocol: ({ topics }) => ({
    name: 'range',
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
  }),
  async assign({ members }) {
    const ids = members.map(({ memberId }) => memberId).sort()
    const partitions = cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => partitionId)
      .sort((a, b) => a - b)
    let from = 0
    return ids.map((memberId, place) => {
      const count = Math.floor(partitions.length / ids.length) + (place < partitions.length % ids.length ? 1 : 0)
      const assignment = { [topic]: partitions.slice(from, (from += count)) }
      const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) })
      return { memberId, memberAssignment }
    })
  },
})

const consumer = kafkaOf(bootstrap).consumer({
  groupId: topic,
  partitionAssigners: [range],
  sessionTimeout: 6000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 100,
})
let owned = []
const revoke = () => {
  if (owned.length > 0) say('revoked', owned)
  owned = []
}
consumer.on(consumer.events.REBALANCING, revoke)
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  revoke()
  owned = payload.memberAssignment[topic] ?? []
  say('assigned', owned)
})
let leaving = false
process.once('SIGTERM', async () => {
  leaving = true
  await consumer.stop()
  revoke()
  await consumer.disconnect()
})
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  autoCommit: false,
  async eachBatch({ batch, resolveOffset, isStale }) {
    if (isStale()) return
    const { partition, messages } = batch
    say('records', messages.map(({ offset, key }) => [partition, Number(offset), key.toString()]))
    await new Promise((resolve) => setTimeout(resolve, 50))
    // A consumer that stops commits nothing more, and says nothing of it: that is no confirmation.
    if (leaving) return
    const next = Number(batch.lastOffset()) + 1
    try {
      await consumer.commitOffsets([{ topic, partition, offset: String(next) }])
      say('committed', { [partition]: next })
    } catch (error) {
      say('refused', nameOf(error))
      throw error
    }
    resolveOffset(batch.lastOffset())
  },
})
