import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { shop } from './helpers.mjs'

const TOPIC = 'orders'

async function orders(t, numPartitions = 4, count = 40) {
  const all = await shop(t, { topics: [{ topic: TOPIC, numPartitions }] })
  const fill = (from, count) =>
    all.producer.send({
      topic: TOPIC,
      messages: Array.from({ length: count }, (_, n) => ({
        partition: (from + n) % numPartitions,
        value: `${from + n}`,
      })),
    })
  await fill(0, count)
  const member = async (config = {}) => {
    const consumer = all.kafka.consumer({ groupId: 'g', heartbeatInterval: 50, ...config })
    t.after(() => consumer.disconnect())
    await consumer.connect()
    return consumer
  }
  return { ...all, fill, member }
}

/** Waits until something holds: records and rebalances take the time that they take. */
async function until(holds, what) {
  for (const deadline = Date.now() + 20_000; !holds(); ) {
    if (Date.now() > deadline) assert.fail(`timed out: ${what ?? holds}`)
    await sleep(5)
  }
}

const numbers = (count) => Array.from({ length: count }, (_, n) => `${n}`)
const sorted = (values) => [...values].sort((a, b) => a - b)

async function subscribed(consumer, fromBeginning = true) {
  await consumer.subscribe({ topics: [TOPIC], fromBeginning })
  return consumer
}

for (const groupProtocol of ['classic', 'consumer']) {
  test(`members share the partitions, and take over from one that leaves (${groupProtocol})`, async (t) => {
    const { member, fill } = await orders(t)
    const seen = []
    const owned = new Map()
    const start = async (name) => {
      const consumer = await subscribed(await member({ groupProtocol }))
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
        owned.set(name, payload.memberAssignment[TOPIC] ?? []),
      )
      await consumer.run({
        eachMessage: ({ partition, message }) => {
          seen.push({ name, partition, value: message.value.toString() })
        },
      })
      return consumer
    }
    const a = await start('a')
    await until(() => seen.length === 40)
    assert.deepEqual(sorted(seen.map(({ value }) => value)), numbers(40))
    for (const partition of [0, 1, 2, 3]) {
      const values = seen.filter((each) => each.partition === partition).map(({ value }) => value)
      assert.deepEqual(values, sorted(values), 'a partition is in order')
    }
    await start('b')
    await until(() => owned.get('a').length === 2 && owned.get('b').length === 2, 'two each')
    await fill(40, 8)
    await until(() => seen.length >= 48)
    const share = (name) => seen.slice(40).filter((each) => each.name === name).length
    assert.deepEqual([share('a'), share('b')], [4, 4])
    await a.disconnect()
    await until(() => owned.get('b').length === 4, 'all go to the one that is left')
    await fill(48, 8)
    await until(() => seen.length >= 56)
    assert.deepEqual(sorted(seen.map(({ value }) => value)), numbers(56), 'each once')
  })
}

test('a group goes on from where it was, after stop() and in another consumer', async (t) => {
  const { member, fill } = await orders(t)
  const seen = []
  const eachMessage = ({ message }) => {
    seen.push(message.value.toString())
  }
  const consumer = await subscribed(await member())
  await consumer.run({ eachMessage })
  await until(() => seen.length === 40)
  await consumer.stop()
  await fill(40, 10)
  await consumer.run({ eachMessage })
  await until(() => seen.length === 50)
  await consumer.disconnect()
  await fill(50, 10)
  const next = await subscribed(await member())
  await next.run({ eachMessage })
  await until(() => seen.length === 60)
  assert.deepEqual(sorted(seen), numbers(60))
})

test('without a committed offset, a group begins where its subscription says', async (t) => {
  const { member, fill } = await orders(t, 1)
  const seen = []
  const consumer = await subscribed(await member(), false)
  await consumer.run({ eachMessage: ({ message }) => void seen.push(message.value.toString()) })
  // The position is looked up when the partition is assigned; behind this record it is known.
  while (seen.length === 0) await fill(40, 1)
  assert.deepEqual(new Set(seen), new Set(['40']))
})

test('what is not committed comes again; what is, does not', async (t) => {
  const { member } = await orders(t, 1)
  const consumer = await subscribed(await member())
  const first = []
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message }) => {
      first.push(message.value.toString())
    },
  })
  await until(() => first.length === 40)
  await consumer.commitOffsets([{ topic: TOPIC, partition: 0, offset: '30', metadata: 'so far' }])
  await consumer.disconnect()
  const next = await subscribed(await member())
  const second = []
  await next.run({ eachMessage: ({ message }) => void second.push(message.value.toString()) })
  await until(() => second.length === 10)
  assert.deepEqual(second, numbers(40).slice(30))
})

test('eachBatch resolves what it has done, and no more is committed', async (t) => {
  const { member } = await orders(t, 1)
  const consumer = await subscribed(await member())
  let open
  await new Promise((resolve) => {
    consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, uncommittedOffsets, commitOffsetsIfNecessary, heartbeat }) => {
        for (const message of batch.messages.slice(0, 5)) resolveOffset(message.offset)
        await heartbeat()
        open = uncommittedOffsets()
        await commitOffsetsIfNecessary(open)
        resolve()
      },
    })
  })
  assert.deepEqual(open, { topics: [{ topic: TOPIC, partitions: [{ partition: 0, offset: '5' }] }] })
  await consumer.disconnect()
  const next = await subscribed(await member())
  const second = []
  await next.run({ eachMessage: ({ message }) => void second.push(Number(message.value.toString())) })
  await until(() => second.at(-1) === 39)
  assert.ok(second[0] >= 5 && second[0] % 5 === 0, `it went on at ${second[0]}`)
})

test('a record whose function throws comes again, in its place', async (t) => {
  const { member } = await orders(t, 1, 6)
  const consumer = await subscribed(await member({ retry: { retries: 3, initialRetryTime: 5 } }))
  const seen = []
  let failures = 2
  await consumer.run({
    eachMessage: ({ message }) => {
      seen.push(message.value.toString())
      if (message.value.toString() === '3' && failures-- > 0) throw new Error('not yet')
    },
  })
  await until(() => seen.includes('5'))
  assert.deepEqual(seen, ['0', '1', '2', '3', '3', '3', '4', '5'])
})

test('after its retries the consumer says that it crashed, and starts anew', async (t) => {
  const { member } = await orders(t, 1, 6)
  const consumer = await subscribed(await member({ retry: { retries: 1, initialRetryTime: 5 } }))
  const crashes = []
  consumer.on(consumer.events.CRASH, ({ payload }) => crashes.push(payload))
  const seen = []
  await consumer.run({
    eachMessage: ({ message }) => {
      seen.push(message.value.toString())
      if (message.value.toString() === '3' && crashes.length < 2) throw new Error('never')
    },
  })
  await until(() => seen.includes('5'))
  assert.equal(crashes.length, 2)
  const [{ error, restart, groupId }] = crashes
  assert.deepEqual([error.name, restart, groupId], ['KafkaJSNumberOfRetriesExceeded', true, 'g'])
  assert.deepEqual(seen, ['0', '1', '2', '3', '3', '3', '3', '3', '4', '5'])
})

test('a consumer that is not to be restarted leaves its partitions to others', async (t) => {
  const { member } = await orders(t, 1, 6)
  const retry = { retries: 0, initialRetryTime: 5, restartOnFailure: async () => false }
  const consumer = await subscribed(await member({ retry }))
  const stopped = new Promise((resolve) => consumer.on(consumer.events.STOP, resolve))
  await consumer.run({
    eachMessage: ({ message }) => {
      if (message.value.toString() === '3') throw new Error('never')
    },
  })
  await stopped
  const seen = []
  const next = await subscribed(await member())
  await next.run({ eachMessage: ({ message }) => void seen.push(message.value.toString()) })
  await until(() => seen.length === 3)
  assert.deepEqual(seen, ['3', '4', '5'])
})

test('a slow partition does not hold up others that are processed side by side', async (t) => {
  const { member } = await orders(t, 4)
  const consumer = await subscribed(await member())
  let release
  const held = new Promise((resolve) => {
    release = resolve
  })
  const seen = []
  let side = 0
  let most = 0
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachMessage: async ({ partition, message }) => {
      most = Math.max(most, ++side)
      if (partition === 0) await held
      else await sleep(1)
      side--
      seen.push({ partition, value: message.value.toString() })
    },
  })
  await until(() => seen.length === 30)
  assert.ok(seen.every(({ partition }) => partition !== 0))
  release()
  await until(() => seen.length === 40)
  assert.ok(most > 1 && most <= 3, `${most} side by side`)
  for (const partition of [0, 1, 2, 3]) {
    const values = seen.filter((each) => each.partition === partition).map(({ value }) => value)
    assert.deepEqual(values, sorted(values))
  }
})

test('seek before the partition is there says where to begin; pause of a topic holds for all of it', async (t) => {
  const { member } = await orders(t, 2)
  const consumer = await subscribed(await member())
  consumer.seek({ topic: TOPIC, partition: 1, offset: '18' })
  consumer.pause([{ topic: TOPIC }])
  const seen = []
  await consumer.run({ eachMessage: ({ message }) => void seen.push(message.value.toString()) })
  await until(() => consumer.paused()[0]?.partitions.length === 2, 'both partitions are there')
  assert.deepEqual(consumer.paused(), [{ topic: TOPIC, partitions: [0, 1] }])
  // As long as it takes to read them, by far.
  await sleep(100)
  assert.deepEqual(seen, [])
  consumer.resume([{ topic: TOPIC }])
  await until(() => seen.length === 22)
  assert.deepEqual(seen.filter((value) => value % 2 === 1), ['37', '39'])
})

test('a pattern finds topics, also those that come later', async (t) => {
  const { member, admin, producer } = await orders(t, 1, 1)
  const consumer = await member({ metadataMaxAge: 100 })
  await consumer.subscribe({ topics: [/^ord/i], fromBeginning: true })
  const seen = []
  await consumer.run({ eachMessage: ({ topic, message }) => void seen.push(`${topic} ${message.value}`) })
  await until(() => seen.length === 1)
  await admin.createTopics({ topics: [{ topic: 'ordinary' }, { topic: 'other' }] })
  for (const topic of ['ordinary', 'other']) await producer.send({ topic, messages: [{ value: 'x' }] })
  await until(() => seen.length === 2)
  assert.deepEqual(seen, ['orders 0', 'ordinary x'])
})

test('partitions that are added are shared out too', async (t) => {
  const { member, admin, producer } = await orders(t, 1, 1)
  const consumer = await subscribed(await member({ metadataMaxAge: 100 }))
  const seen = []
  await consumer.run({ eachMessage: ({ partition }) => void seen.push(partition) })
  await until(() => seen.length === 1)
  await admin.createPartitions({ topicPartitions: [{ topic: TOPIC, count: 3 }] })
  await producer.send({ topic: TOPIC, messages: [{ value: 'x', partition: 2 }] })
  await until(() => seen.includes(2))
})

test('a group can be described', async (t) => {
  const { member } = await orders(t)
  const consumer = await subscribed(await member())
  await consumer.run({ eachMessage: () => {} })
  const { groupId, state, protocol, protocolType, members } = await consumer.describeGroup()
  assert.deepEqual([groupId, protocol, protocolType], ['g', 'cooperative-sticky', 'consumer'])
  assert.ok(['Stable', 'PreparingRebalance', 'CompletingRebalance'].includes(state), state)
  assert.deepEqual(members.map(({ clientId }) => clientId), ['tests'])
})

test('what cannot be is said at once', async (t) => {
  const { kafka, consumer, member } = await orders(t)
  assert.throws(() => kafka.consumer({ groupId: '' }), /groupId must be a non-empty string/)
  assert.throws(
    () => kafka.consumer({ groupId: 'g', sessionTimeout: 100, heartbeatInterval: 100 }),
    /must be lower than sessionTimeout/,
  )
  await assert.rejects(consumer.subscribe({ topics: [TOPIC] }), /needs a group/)
  await assert.rejects(consumer.commitOffsets([]), /needs a group/)
  assert.throws(() => consumer.seek({ topic: 'x', partition: 0, offset: '1' }), /not assigned/)
  const other = await member()
  await assert.rejects(other.subscribe({}), /Missing required argument "topics"/)
  await assert.rejects(other.subscribe({ topics: 'orders' }), /must be an array/)
  await assert.rejects(other.subscribe({ topics: [7] }), /has to be a String or a RegExp/)
  await subscribed(other)
  assert.throws(() => other.assign([{ topic: TOPIC, partition: 0 }]), /one or the other/)
  await assert.rejects(other.commitOffsets([{ topic: TOPIC, partition: 0, offset: 'x' }]), /Invalid offset/)
  await assert.rejects(other.run({}), /one of eachMessage and eachBatch/)
  await other.run({ eachMessage: () => {} })
  await assert.rejects(subscribed(other), /while consumer is running/)
})
