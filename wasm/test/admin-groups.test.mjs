import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssignerProtocol } from 'ottla'
import { shop } from './helpers.mjs'

const TOPIC = 'orders'

async function orders(t, topics = [{ topic: TOPIC, numPartitions: 2 }]) {
  const all = await shop(t, { topics })
  const messages = Array.from({ length: 10 }, (_, n) => ({ partition: n % 2, value: `${n}` }))
  await all.producer.send({ topic: TOPIC, messages })
  return all
}

/** A consumer that has read and committed all that there is of a topic, and runs. */
async function running(t, kafka, groupId = 'g', config = {}) {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 50, ...config })
  t.after(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
  let left = 10
  await new Promise((resolve) =>
    consumer.run({
      eachMessage: () => {
        left -= 1
        if (left === 0) resolve()
      },
    }),
  )
  return consumer
}

const offsets = async (admin, groupId = 'g') => {
  const found = await admin.fetchOffsets({ groupId, topics: [TOPIC] })
  return found[0].partitions.map(({ offset }) => offset)
}

for (const groupProtocol of ['classic', 'consumer']) {
  test(`a group is listed, described, and deleted when it is empty (${groupProtocol})`, async (t) => {
    const { kafka, admin } = await orders(t)
    const consumer = await running(t, kafka, 'g', { groupProtocol })
    const { groups } = await admin.listGroups()
    assert.deepEqual(groups, [{ groupId: 'g', protocolType: 'consumer', state: 'Stable', type: groupProtocol }])

    const described = await admin.describeGroups(['g', 'nobody'])
    const [group, nobody] = described.groups
    assert.deepEqual([nobody.groupId, nobody.state, nobody.members], ['nobody', 'Dead', []])
    const { members, ...rest } = group
    const protocol = groupProtocol === 'classic' ? 'cooperative-sticky' : 'uniform'
    assert.deepEqual(rest, { groupId: 'g', protocolType: 'consumer', state: 'Stable', protocol })
    assert.equal(members.length, 1)
    assert.equal(members[0].clientId, 'tests')
    assert.ok(members[0].memberId && members[0].clientHost)
    const { MemberAssignment, MemberMetadata } = AssignerProtocol
    assert.deepEqual(MemberAssignment.decode(members[0].memberAssignment).assignment, { [TOPIC]: [0, 1] })
    assert.deepEqual(MemberMetadata.decode(members[0].memberMetadata).topics, [TOPIC])
    assert.deepEqual(await consumer.describeGroup(), group)

    await assert.rejects(admin.deleteGroups(['g']), (error) => {
      assert.equal(error.name, 'KafkaJSDeleteGroupsError')
      const [failed] = error.groups
      assert.deepEqual([failed.groupId, failed.errorCode, failed.error.type], ['g', 68, 'NON_EMPTY_GROUP'])
      assert.match(error.message, /Stop its consumers first/)
      return true
    })
    await consumer.disconnect()
    assert.equal((await admin.describeGroups(['g'])).groups[0].state, 'Empty')
    assert.deepEqual(await offsets(admin), ['5', '5'])
    assert.deepEqual(await admin.deleteGroups(['g']), [{ groupId: 'g', errorCode: 0 }])
    assert.deepEqual(await admin.listGroups(), { groups: [] })
    assert.deepEqual(await offsets(admin), ['-1', '-1'])
  })

  test(`where a group goes on is set while it has no members (${groupProtocol})`, async (t) => {
    const { kafka, admin, producer } = await orders(t)
    const consumer = await running(t, kafka, 'g', { groupProtocol })
    const set = (offset) =>
      admin.setOffsets({ groupId: 'g', topic: TOPIC, partitions: [{ partition: 0, offset }] })
    await assert.rejects(set('3'), {
      name: 'KafkaJSNonRetriableError',
      message: /must have no running instances, current state: Stable.*Stop the consumer of g first/,
    })
    await consumer.disconnect()
    await set('3')
    assert.deepEqual(await offsets(admin), ['3', '5'])

    const again = kafka.consumer({ groupId: 'g', groupProtocol, heartbeatInterval: 50 })
    t.after(() => again.disconnect())
    await again.connect()
    await again.subscribe({ topics: [TOPIC] })
    const seen = []
    const two = new Promise((resolve) =>
      again.run({
        eachMessage: ({ message }) => {
          seen.push(message.value.toString())
          if (seen.length === 2) resolve()
        },
      }),
    )
    await two
    await again.disconnect()
    assert.deepEqual(seen, ['6', '8'])

    await producer.send({ topic: TOPIC, messages: [{ partition: 1, value: 'new' }] })
    await admin.resetOffsets({ groupId: 'g', topic: TOPIC })
    assert.deepEqual(await offsets(admin), ['5', '6'])
    await admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition: 0, offset: '2' }] })
    await admin.resetOffsets({ groupId: 'g', topic: TOPIC, earliest: true })
    assert.deepEqual(await offsets(admin), ['2', '0'])
  })
}

test('committed offsets are shown by topic, and resolved where there are none', async (t) => {
  const other = { topic: 'other', numPartitions: 1 }
  const { admin } = await orders(t, [{ topic: TOPIC, numPartitions: 2 }, other])
  assert.deepEqual(await admin.fetchOffsets({ groupId: 'g' }), [])
  const partitions = [{ partition: 1, offset: '2', metadata: 'why' }]
  await admin.setOffsets({ groupId: 'g', topic: TOPIC, partitions })
  await admin.setOffsets({ groupId: 'g', topic: 'other', partitions: [{ partition: 0, offset: '-1' }] })
  const all = await admin.fetchOffsets({ groupId: 'g' })
  assert.deepEqual(
    all.sort((a, b) => (a.topic < b.topic ? 1 : -1)),
    [
      { topic: 'other', partitions: [{ partition: 0, offset: '0', metadata: null }] },
      { topic: TOPIC, partitions: [{ partition: 1, offset: '2', metadata: 'why' }] },
    ],
  )
  assert.deepEqual(await offsets(admin), ['-1', '2'])
  const [resolved] = await admin.fetchOffsets({ groupId: 'g', topics: [TOPIC], resolveOffsets: true })
  assert.deepEqual(resolved.partitions.map(({ offset }) => offset), ['5', '2'])
  assert.deepEqual(await offsets(admin), ['5', '2'])
})

test('what is asked of groups in the wrong way says so', async (t) => {
  const { admin } = await orders(t)
  await assert.rejects(admin.fetchOffsets({ groupId: '' }), /Invalid groupId/)
  await assert.rejects(admin.fetchOffsets({ groupId: 'g', topics: TOPIC }), /Expected topics array/)
  await assert.rejects(admin.deleteGroups('g'), /Invalid groupIds array/)
  await assert.rejects(admin.deleteGroups([1]), /Invalid groupId name/)
  await assert.rejects(admin.deleteGroups(['nobody']), /GROUP_ID_NOT_FOUND.*admin\.listGroups/)
  const partitions = [{ partition: 0, offset: 'soon' }]
  await assert.rejects(admin.setOffsets({ groupId: 'g', topic: TOPIC, partitions }), /Invalid offset "soon"/)
  await assert.rejects(admin.setOffsets({ groupId: 'g', topic: TOPIC, partitions: [] }), /Invalid partitions/)
  await assert.rejects(
    admin.setOffsets({ groupId: 'g', topic: 'nowhere', partitions: [{ partition: 0, offset: '1' }] }),
    { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
  )
  await assert.rejects(admin.resetOffsets({ groupId: 'g', topic: 'nowhere' }), {
    type: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
})

test('what members tell each other reads as Kafka writes it', () => {
  const { MemberAssignment, MemberMetadata } = AssignerProtocol
  const assignment = { version: 1, assignment: { ab: [0, 258] }, userData: new Uint8Array([9]) }
  const bytes = MemberAssignment.encode(assignment)
  const written = [0, 1, 0, 0, 0, 1, 0, 2, 97, 98, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 9]
  assert.deepEqual([...bytes], written)
  const read = MemberAssignment.decode(bytes)
  assert.deepEqual({ ...read, userData: [...read.userData] }, { ...assignment, userData: [9] })
  const metadata = MemberMetadata.decode(MemberMetadata.encode({ version: 0, topics: ['é'] }))
  assert.deepEqual([metadata.version, metadata.topics, metadata.userData.length], [0, ['é'], 0])
  assert.equal(MemberAssignment.decode(new Uint8Array(0)), null)
  assert.throws(() => MemberAssignment.decode(bytes.subarray(0, 12)), /end too early/)
})
