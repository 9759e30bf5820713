// Retries, events, the log, assigners, and what belongs to no client.

import { bytes, numbered, seenOf, textOf, thrown, until } from './stage.mjs'

/** What an event carries, by the kinds of its values: ids and times differ. */
const shapeOf = (payload) =>
  payload && Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, typeof value]).sort())

/** Records the events of a client, the first of each kind. */
function record(client, ...names) {
  const events = {}
  for (const name of names) {
    client.on(client.events[name], ({ type, timestamp, payload = null }) => {
      events[name] ??= { type, payload: shapeOf(payload), timestamp: typeof timestamp }
    })
  }
  return events
}

/** Who asks for partition 0 gets it all; the others get what is left. */
const partitionAssigner =
  (library, assigned) =>
  ({ cluster, groupId, logger }) => ({
    name: 'first-of-all',
    version: 1,
    async assign({ members, topics }) {
      const { MemberAssignment, MemberMetadata } = library.AssignerProtocol
      assigned.push({
        groupId,
        logs: typeof logger.info,
        topics,
        subscriptions: members.map(({ memberMetadata }) => {
          const { version, topics, userData } = MemberMetadata.decode(memberMetadata)
          return { version, topics, userData: userData.toString() }
        }),
      })
      const [first] = members.map(({ memberId }) => memberId).sort()
      return members.map(({ memberId }) => {
        const assignment = {}
        for (const topic of topics) {
          const all = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
          if (memberId === first) assignment[topic] = all.sort()
        }
        return { memberId, memberAssignment: MemberAssignment.encode({ version: 1, assignment, userData: bytes('given') }) }
      })
    },
    protocol({ topics }) {
      const { MemberMetadata } = library.AssignerProtocol
      return { name: this.name, metadata: MemberMetadata.encode({ version: 1, topics, userData: bytes('mine') }) }
    },
  })

export const behaviour = {
  'a custom assigner': async (stage) => {
    await stage.filled(2, 3)
    const assigned = []
    const consumer = await stage.reader({ partitionAssigners: [partitionAssigner(stage.library, assigned)] })
    let joined
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => (joined = payload))
    const seen = []
    await consumer.run({ eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.value}`) })
    await until(() => seen.length === 6)
    const { groupProtocol, isLeader, memberAssignment } = joined
    const { protocol, members } = await consumer.describeGroup()
    const { MemberAssignment } = stage.library.AssignerProtocol
    return {
      assigned: assigned[0],
      joined: { groupProtocol, isLeader, memberAssignment },
      protocol,
      given: members.map(({ memberAssignment }) => {
        const { version, assignment, userData } = MemberAssignment.decode(memberAssignment)
        return { version, assignment, userData: userData.toString() }
      }),
      seen: seen.sort(),
    }
  },

  'round robin': async (stage) => {
    const { PartitionAssigners } = stage.library
    await stage.filled(1, 4)
    const config = { partitionAssigners: [PartitionAssigners.roundRobin] }
    const joins = {}
    for (const name of ['a', 'b']) {
      const consumer = await stage.reader(config)
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        const { groupProtocol, memberAssignment } = payload
        joins[name] = { groupProtocol, partitions: memberAssignment[stage.topic()] ?? [] }
      })
      await consumer.run({ eachMessage: async () => {} })
    }
    await until(() => joins.a?.partitions.length === 2 && joins.b?.partitions.length === 2)
    return Object.values(joins).sort((a, b) => a.partitions[0] - b.partitions[0])
  },

  'a message that fails comes again': async (stage) => {
    await stage.filled(4)
    const consumer = await stage.reader({ retry: { initialRetryTime: 20, retries: 5 } })
    const seen = []
    let failures = 2
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.value.toString())
        if (message.offset === '2' && failures-- > 0) throw new Error('not yet')
      },
    })
    await until(() => seen.includes('3'))
    return seen
  },

  'a crash, and no new start': async (stage) => {
    const { admin } = await stage.filled(4)
    const asked = []
    const restartOnFailure = async (error) => {
      asked.push({ ...seenOf(error), cause: error.cause?.message })
      return false
    }
    const consumer = await stage.reader({ retry: { initialRetryTime: 10, retries: 1, restartOnFailure } })
    let crash
    consumer.on(consumer.events.CRASH, ({ payload }) => (crash = payload))
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset === '2') throw new Error('never')
      },
    })
    await until(() => crash)
    const { error, groupId, restart } = crash
    await until(async () => (await admin.describeGroups([groupId])).groups[0].members.length === 0)
    return {
      asked,
      crash: { ...seenOf(error), message: error.message, retryCount: error.retryCount, groupId, restart },
      committed: await admin.fetchOffsets({ groupId, topics: [stage.topic()] }),
    }
  },

  'a crash, and a new start': async (stage) => {
    await stage.filled(3)
    const consumer = await stage.reader({ retry: { initialRetryTime: 10, retries: 0 } })
    const crashes = []
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => crashes.push({ ...seenOf(error), restart }))
    const seen = []
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.value.toString())
        if (message.offset === '1' && crashes.length === 0) throw new Error('once')
      },
    })
    // KafkaJS disconnects meanwhile, and may crash a second time over a connection that it has closed.
    await until(() => seen.includes('2'))
    return { crash: crashes[0], seen: [...new Set(seen)] }
  },

  'a mistake in the program is not tried again': async (stage) => {
    await stage.filled(1)
    const consumer = await stage.reader({ retry: { initialRetryTime: 10, retries: 3 } })
    let crash
    consumer.on(consumer.events.CRASH, ({ payload }) => (crash = payload))
    let times = 0
    await consumer.run({
      eachMessage: async () => {
        times++
        undefined.property
      },
    })
    await until(() => crash)
    const { error, restart } = crash
    return { times, restart, name: error.name, retriable: error.retriable, cause: error.cause.name }
  },

  'events of a producer and an admin': async (stage) => {
    const common = ['CONNECT', 'DISCONNECT', 'REQUEST']
    const admin = stage.kafka.admin()
    const producer = stage.kafka.producer()
    const events = { admin: record(admin, ...common), producer: record(producer, ...common) }
    const requests = []
    producer.on(producer.events.REQUEST, ({ payload: { apiName, apiKey, clientId } }) =>
      requests.push(JSON.stringify({ apiName, apiKey, clientId })),
    )
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: stage.topic() }] })
    await producer.connect()
    await producer.send({ topic: stage.topic(), messages: [{ value: 'x' }] })
    await producer.disconnect()
    await admin.disconnect()
    await until(() => events.producer.DISCONNECT && events.admin.DISCONNECT)
    const wanted = ['ApiVersions', 'Metadata', 'Produce']
    const asked = [...new Set(requests)].map((text) => JSON.parse(text)).filter(({ apiName }) => wanted.includes(apiName))
    return { events, asked: asked.sort((a, b) => a.apiKey - b.apiKey), names: [admin.events, producer.events] }
  },

  'events of a consumer': async (stage) => {
    await stage.filled(3)
    const consumer = stage.kafka.consumer({ groupId: stage.topic('group'), heartbeatInterval: 50, maxWaitTimeInMs: 50 })
    const names = ['CONNECT', 'GROUP_JOIN', 'FETCH_START', 'FETCH', 'START_BATCH_PROCESS', 'END_BATCH_PROCESS']
    const more = ['COMMIT_OFFSETS', 'HEARTBEAT', 'STOP', 'DISCONNECT', 'REQUEST']
    const events = record(consumer, ...names, ...more)
    const batches = []
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { duration, ...payload } }) => batches.push(payload))
    const committed = []
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload: { topics, groupId } }) =>
      committed.push({ groupId, topics: numbered(topics) }),
    )
    await consumer.connect()
    await consumer.subscribe({ topics: [stage.topic()], fromBeginning: true })
    await consumer.run({ eachMessage: async () => {} })
    await until(() => ['FETCH', 'END_BATCH_PROCESS', 'COMMIT_OFFSETS', 'HEARTBEAT'].every((name) => events[name]))
    await consumer.disconnect()
    await until(() => events.DISCONNECT)
    // KafkaJS gives the number of a node as a text, against its declarations.
    for (const name of ['FETCH_START', 'FETCH']) delete events[name].payload.nodeId
    // A generation's id is more than KafkaJS tells when a member joins.
    delete events.GROUP_JOIN.payload.generationId
    return { events, batch: batches[0], committed: committed[0], names: consumer.events }
  },

  'rebalancing is told': async (stage) => {
    await stage.filled(1, 2)
    const first = await stage.reader()
    const rebalancing = []
    first.on(first.events.REBALANCING, ({ payload }) => rebalancing.push(shapeOf(payload)))
    await first.run({ eachMessage: async () => {} })
    const second = await stage.reader()
    await second.run({ eachMessage: async () => {} })
    await until(() => rebalancing.length > 0)
    return rebalancing[0]
  },

  'listeners come and go, and their errors are theirs': async (stage) => {
    const admin = stage.kafka.admin()
    const heard = []
    const remove = admin.on(admin.events.CONNECT, () => heard.push('first'))
    admin.on(admin.events.CONNECT, async () => {
      heard.push('second')
      throw new Error('of a listener')
    })
    remove()
    await admin.connect()
    await until(() => heard.length > 0)
    await admin.disconnect()
    return { heard, refused: thrown(() => admin.on('admin.unknown', () => {})) }
  },

  'the log': async (stage) => {
    const { logLevel } = stage.library
    const lines = []
    const levels = []
    const logCreator = (level) => {
      levels.push(level)
      return ({ namespace = '', level, label, log: { message, timestamp, logger, ...extra } }) =>
        lines.push({ namespace, level, label, message, extra, about: [typeof timestamp, typeof logger] })
    }
    const logger = stage.configured({ logLevel: logLevel.WARN, logCreator }).logger()
    const part = logger.namespace('Part')
    const loud = logger.namespace('Loud', logLevel.DEBUG)
    logger.info('not written')
    logger.warn('written', { with: 'more' })
    part.error('of a part')
    part.info('not written')
    loud.debug('of a loud part')
    logger.setLogLevel(logLevel.INFO)
    part.info('written now')
    logger.setLogLevel(logLevel.NOTHING)
    part.error('not written')
    loud.info('still written')
    return { lines, levels, known: Object.entries(logLevel).filter(([name]) => Number.isNaN(Number(name))) }
  },

  'what members tell each other': async (stage) => {
    const { MemberMetadata, MemberAssignment } = stage.library.AssignerProtocol
    const metadata = MemberMetadata.encode({ version: 1, topics: ['a', 'größe'], userData: bytes('mine') })
    const assignment = MemberAssignment.encode({ version: 1, assignment: { a: [0, 2], b: [1] }, userData: bytes('') })
    const { userData, ...known } = MemberMetadata.decode(metadata)
    const { userData: none, ...given } = MemberAssignment.decode(assignment)
    return {
      encoded: [[...metadata], [...assignment]],
      decoded: [known, userData.toString(), given, none.length],
      nothing: MemberAssignment.decode(bytes('')),
    }
  },

  'errors': async (stage) => {
    const { library } = stage
    const made = {
      base: new library.KafkaJSError('base'),
      calm: new library.KafkaJSError(new Error('of an error'), { retriable: false }),
      stubborn: new library.KafkaJSNonRetriableError('stubborn'),
      protocol: new library.KafkaJSProtocolError({ message: 'm', type: 'T', code: 7, retriable: true }),
      range: new library.KafkaJSOffsetOutOfRange({ message: 'm', type: 'T', code: 1 }, { topic: 't', partition: 2 }),
      retries: new library.KafkaJSNumberOfRetriesExceeded(new Error('last'), { retryCount: 3, retryTime: 40 }),
      connection: new library.KafkaJSConnectionError('gone', { broker: 'b', code: 'C' }),
      missing: new library.KafkaJSTopicMetadataNotLoaded('m', { topic: 't' }),
      several: new library.KafkaJSAggregateError('all', [new Error('one'), 'two']),
    }
    return Object.fromEntries(
      Object.entries(made).map(([name, error]) => {
        const { message, broker, topic, partition, retryCount, retryTime, cause, errors } = error
        const about = { broker, topic, partition, retryCount, retryTime, cause: cause?.message }
        const isError = error instanceof Error && (name === 'several' || error instanceof library.KafkaJSError)
        return [name, { ...seenOf(error), message, ...about, errors: errors?.map(String), isError }]
      }),
    )
  },

  'a message is read as it was sent': async (stage) => {
    await stage.create()
    const producer = await stage.producer()
    const headers = { one: 'text', several: ['a', bytes('b')] }
    await producer.send({ topic: stage.topic(), messages: [{ key: bytes('key'), value: bytes('value'), headers }] })
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(textOf(message)) })
    await until(() => seen.length === 1)
    return seen
  },
}
