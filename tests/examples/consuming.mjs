import { numbered, rejection, textOf, thrown, until } from './stage.mjs'

const numbers = (count) => Array.from({ length: count }, (_, n) => `${n}`)
const next = (offset) => String(Number(offset) + 1)

export const consuming = {
  'each message': async (stage) => {
    const { producer } = await stage.filled(3)
    const messages = [{ key: 'k', value: 'text', headers: { h: 'größe' } }]
    await producer.send({ topic: stage.topic(), messages })
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({
      eachMessage: async ({ topic, partition, message, heartbeat }) => {
        await heartbeat()
        seen.push({ topic, partition, isOld: Number(message.timestamp) < 1e12, attributes: message.attributes, ...textOf(message) })
      },
    })
    await until(() => seen.length === 4)
    return seen
  },

  'each batch': async (stage) => {
    await stage.filled(10)
    const consumer = await stage.reader()
    const seen = []
    const batches = []
    await consumer.run({
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale, uncommittedOffsets, commitOffsetsIfNecessary }) => {
        for (const message of batch.messages) {
          if (!isRunning() || isStale()) break
          seen.push(message.value.toString())
          resolveOffset(message.offset)
          await heartbeat()
        }
        const { topic, partition, highWatermark } = batch
        batches.push({
          topic,
          partition,
          highWatermark,
          isEmpty: batch.isEmpty(),
          first: batch.firstOffset(),
          last: batch.lastOffset(),
          lag: batch.offsetLag(),
          lagLow: batch.offsetLagLow(),
          uncommitted: numbered(uncommittedOffsets().topics),
        })
        await commitOffsetsIfNecessary()
      },
    })
    await until(() => seen.length === 10)
    return { seen, batches }
  },

  'resolving a part of a batch': async (stage) => {
    const { admin } = await stage.filled(10)
    const consumer = await stage.reader()
    const batches = []
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, uncommittedOffsets, commitOffsetsIfNecessary }) => {
        if (batches.length > 0) return
        batches.push(batch.messages.map(({ offset }) => offset))
        resolveOffset('3')
        await commitOffsetsIfNecessary(uncommittedOffsets())
      },
    })
    await until(() => batches.length === 1)
    await consumer.stop()
    const committed = await admin.fetchOffsets({ groupId: stage.topic('group'), topics: [stage.topic()] })
    const other = await stage.reader()
    const again = []
    await other.run({ eachMessage: async ({ message }) => void again.push(message.offset) })
    await until(() => again.length === 6)
    return { batches, committed, again }
  },

  'partitions side by side': async (stage) => {
    await stage.filled(5, 3)
    const consumer = await stage.reader()
    const seen = [[], [], []]
    let side = 0
    let most = 0
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      eachMessage: async ({ partition, message }) => {
        most = Math.max(most, ++side)
        await new Promise((resolve) => setTimeout(resolve, 20))
        side--
        seen[partition].push(message.value.toString())
      },
    })
    await until(() => seen.flat().length === 15)
    return { seen, several: most > 1 }
  },

  'committing by hand': async (stage) => {
    const { admin } = await stage.filled(6)
    const topic = stage.topic()
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        seen.push(message.value.toString())
        if (message.offset === '3') {
          await consumer.commitOffsets([{ topic, partition, offset: next(message.offset), metadata: 'half' }])
        }
      },
    })
    await until(() => seen.length === 6)
    await consumer.stop()
    const committed = await admin.fetchOffsets({ groupId: stage.topic('group'), topics: [topic] })
    const refused = {
      topic: (await rejection(consumer.commitOffsets([{ partition: 0, offset: '1' }]))).name,
      offset: (await rejection(consumer.commitOffsets([{ topic, partition: 0, offset: 'x' }]))).name,
    }
    const other = await stage.reader()
    const again = []
    await other.run({ eachMessage: async ({ message }) => void again.push(message.value.toString()) })
    await until(() => again.length === 2)
    return { seen, committed, again, refused }
  },

  'committing by itself': async (stage) => {
    const { admin } = await stage.filled(6)
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({
      autoCommitInterval: 100,
      autoCommitThreshold: 2,
      eachMessage: async ({ message }) => void seen.push(message.value.toString()),
    })
    const committed = () => admin.fetchOffsets({ groupId: stage.topic('group'), topics: [stage.topic()] })
    await until(async () => (await committed())[0].partitions[0].offset === '6')
    return { seen, committed: await committed() }
  },

  'beginning at the end': async (stage) => {
    const { producer } = await stage.filled(3)
    const consumer = await stage.consumer()
    await consumer.subscribe({ topic: stage.topic(), fromBeginning: false })
    const seen = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value.toString()) })
    await until(async () => {
      await producer.send({ topic: stage.topic(), messages: [{ value: 'new' }] })
      return seen.length > 0
    })
    return [...new Set(seen)]
  },

  'topics by a pattern': async (stage) => {
    const admin = await stage.create(1, 'topic-a')
    await admin.createTopics({ topics: ['topic-b', 'other'].map((part) => ({ topic: stage.topic(part) })) })
    const producer = await stage.producer()
    for (const part of ['topic-a', 'topic-b', 'other']) {
      await producer.send({ topic: stage.topic(part), messages: [{ value: part }] })
    }
    const consumer = await stage.consumer()
    await consumer.subscribe({ topics: [new RegExp(`^${stage.name}\\.topic-`)], fromBeginning: true })
    const seen = []
    await consumer.run({ eachMessage: async ({ topic, message }) => void seen.push([topic, String(message.value)]) })
    await until(() => seen.length === 2)
    return seen.sort()
  },

  'pausing and resuming': async (stage) => {
    const { producer } = await stage.filled(2, 2)
    const topic = stage.topic()
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({ eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.value}`) })
    await until(() => seen.length === 4)
    consumer.pause([{ topic, partitions: [0] }])
    const paused = [consumer.paused()]
    const send = (value) =>
      producer.send({ topic, messages: [0, 1].map((partition) => ({ partition, value })) })
    await send('while paused')
    await until(() => seen.includes('1:while paused'))
    const waits = !seen.includes('0:while paused')
    consumer.resume([{ topic, partitions: [0] }])
    paused.push(consumer.paused())
    await until(() => seen.includes('0:while paused'))
    consumer.pause([{ topic }])
    paused.push(consumer.paused().map(({ topic, partitions }) => ({ topic, partitions: partitions.sort() })))
    consumer.resume([{ topic }])
    await send('at the end')
    await until(() => seen.includes('0:at the end') && seen.includes('1:at the end'))
    return { paused, waits, count: seen.length, refused: thrown(() => consumer.pause([{ partitions: [0] }])).name }
  },

  'pausing within a message': async (stage) => {
    await stage.filled(4)
    const consumer = await stage.reader()
    const seen = []
    let resume
    await consumer.run({
      eachMessage: async ({ message, pause }) => {
        seen.push(message.value.toString())
        if (message.offset === '1' && !resume) resume = pause()
      },
    })
    await until(() => resume && consumer.paused().length === 1)
    const before = [...seen]
    resume()
    await until(() => seen.includes('3'))
    return { before, seen: [...new Set(seen)], paused: consumer.paused() }
  },

  'seeking': async (stage) => {
    const { admin } = await stage.filled(5)
    const topic = stage.topic()
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value.toString()) })
    await until(() => seen.length === 5)
    consumer.seek({ topic, partition: 0, offset: '3' })
    await until(() => seen.length === 7)
    consumer.seek({ topic, partition: 0, offset: '-2' })
    await until(() => seen.length === 12)
    const [{ offset }] = await admin.fetchTopicOffsetsByTimestamp(topic, 0)
    consumer.seek({ topic, partition: 0, offset })
    await until(() => seen.length === 17)
    return { seen, refused: thrown(() => consumer.seek({ topic, partition: 0, offset: '-7' })).name }
  },

  'stopping and running again': async (stage) => {
    const { producer } = await stage.filled(3)
    const consumer = await stage.reader()
    const seen = []
    const eachMessage = async ({ message }) => void seen.push(message.value.toString())
    await consumer.run({ eachMessage })
    const whileRunning = (await rejection(consumer.subscribe({ topics: ['other'] }))).name
    await until(() => seen.length === 3)
    await consumer.stop()
    await producer.send({ topic: stage.topic(), messages: [{ value: 'later' }] })
    await consumer.run({ eachMessage })
    await until(() => seen.length === 4)
    return { seen, whileRunning }
  },

  'a group of two': async (stage) => {
    await stage.filled(4, 2)
    const owned = {}
    const seen = []
    for (const name of ['a', 'b']) {
      const consumer = await stage.reader()
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        owned[name] = payload.memberAssignment[stage.topic()] ?? []
      })
      await consumer.run({ eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.value}`) })
    }
    await until(() => owned.a?.length === 1 && owned.b?.length === 1, 'one each')
    await until(() => new Set(seen).size === 8)
    return { all: [...owned.a, ...owned.b].sort(), seen: [...new Set(seen)].sort() }
  },

  'describing the group': async (stage) => {
    const { AssignerProtocol } = stage.library
    await stage.filled(1, 2)
    const consumer = await stage.reader()
    let joined = false
    consumer.on(consumer.events.GROUP_JOIN, () => (joined = true))
    await consumer.run({ eachMessage: async () => {} })
    await until(() => joined)
    const { groupId, protocolType, state, members } = await consumer.describeGroup()
    return {
      groupId,
      protocolType,
      state,
      members: members.map(({ clientId, memberMetadata, memberAssignment }) => ({
        clientId,
        topics: AssignerProtocol.MemberMetadata.decode(memberMetadata).topics,
        assignment: AssignerProtocol.MemberAssignment.decode(memberAssignment).assignment,
      })),
    }
  },

  'what a consumer refuses': async (stage) => {
    const consumer = await stage.consumer()
    const name = async (promise) => (await rejection(promise)).name
    return {
      noGroup: thrown(() => stage.kafka.consumer({ groupId: '' })).name,
      heartbeat: thrown(() => stage.kafka.consumer({ groupId: 'g', sessionTimeout: 10, heartbeatInterval: 10 })).name,
      noTopics: await name(consumer.subscribe({})),
      notAList: await name(consumer.subscribe({ topics: 'topic' })),
      notATopic: await name(consumer.subscribe({ topics: [7] })),
      event: thrown(() => consumer.on('no.such.event', () => {})).name,
    }
  },

  'bytes that are text when asked': async (stage) => {
    await stage.create()
    const producer = await stage.producer()
    const value = JSON.stringify({ name: 'größe', emoji: '📦' })
    await producer.send({ topic: stage.topic(), messages: [{ key: 'k', value, headers: { h: 'v' } }] })
    const consumer = await stage.reader()
    let seen
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen = {
          parsed: JSON.parse(message.value),
          joined: `${message.key}=${message.value}`,
          bytes: [...message.key],
          isBytes: message.value instanceof Uint8Array,
          hex: message.key.toString('hex'),
          header: message.headers.h.toString(),
        }
      },
    })
    await until(() => seen)
    return seen
  },

  'reading to the end, by its numbers': async (stage) => {
    const { admin } = await stage.filled(5, 2)
    const ends = await admin.fetchTopicOffsets(stage.topic())
    const consumer = await stage.reader()
    const at = new Map()
    await consumer.run({ eachMessage: async ({ partition, message }) => void at.set(partition, next(message.offset)) })
    await until(() => ends.every(({ partition, high }) => at.get(partition) === high))
    return { ends: ends.sort((a, b) => a.partition - b.partition), seen: numbers(5) }
  },
}
