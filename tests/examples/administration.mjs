import { reason, rejection, until } from './stage.mjs'

const byPartition = (list) => [...list].sort((a, b) => a.partition - b.partition)

export const administration = {
  'topics': async (stage) => {
    const admin = await stage.admin()
    const mine = async () => (await admin.listTopics()).filter((topic) => topic.startsWith(`${stage.name}.`)).sort()
    const topics = ['a', 'b'].map((part) => ({ topic: stage.topic(part), numPartitions: 2 }))
    const validated = await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics })
    const none = await mine()
    const created = await admin.createTopics({ waitForLeaders: true, topics })
    const again = await admin.createTopics({ topics })
    const both = await mine()
    // KafkaJS declares that this resolves to a boolean, and resolves to nothing.
    await admin.createPartitions({ topicPartitions: [{ topic: stage.topic('a'), count: 4 }] })
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [stage.topic('a')] })
    const deleted = await admin.deleteTopics({ topics: [stage.topic('b')] })
    await until(async () => (await mine()).length === 1)
    const metadata = found.map(({ name, partitions }) => ({
      name,
      partitions: partitions
        .map(({ partitionErrorCode, partitionId, leader, replicas, isr, offlineReplicas }) => ({
          partitionErrorCode,
          partitionId,
          // The numbers of nodes are the brokers' own affair.
          nodes: [typeof leader, replicas.length, isr.length, offlineReplicas.length],
        }))
        .sort((a, b) => a.partitionId - b.partitionId),
    }))
    return { validated, none, created, again, both, metadata, deleted, left: await mine() }
  },

  'what an admin refuses about topics': async (stage) => {
    const admin = await stage.create()
    const topic = stage.topic()
    return {
      notAList: await rejection(admin.createTopics({ topics: 'x' })),
      twice: await rejection(admin.createTopics({ topics: [{ topic: 'x' }, { topic: 'x' }] })),
      configuration: await rejection(admin.createTopics({ topics: [{ topic: 'x', configEntries: [{ name: 'a' }] }] })),
      several: await admin
        .createTopics({ topics: [{ topic: stage.topic('not ok') }, { topic }] })
        .catch(({ name, errors }) => ({
          name,
          errors: errors.map(({ name, type, code, topic }) => ({ name, type, code, topic })).sort((a, b) => a.code - b.code),
        })),
      unknown: await reason(admin.deleteTopics({ topics: [stage.topic('unknown')] })),
      fewer: await reason(admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] })),
      noTopic: (await rejection(admin.fetchTopicOffsets(''))).name,
      noGroup: (await rejection(admin.fetchOffsets({ topics: [topic] }))).name,
    }
  },

  'the offsets of a topic': async (stage) => {
    const admin = await stage.create(2)
    const producer = await stage.producer()
    const messages = [1000, 2000, 3000].map((timestamp) => ({ partition: 1, value: 'x', timestamp: `${timestamp}` }))
    await producer.send({ topic: stage.topic(), messages })
    const ends = byPartition(await admin.fetchTopicOffsets(stage.topic()))
    const at = async (time) => byPartition(await admin.fetchTopicOffsetsByTimestamp(stage.topic(), time))
    return { ends, since: await at(1500), later: await at(9000), now: await at(undefined) }
  },

  'deleting records': async (stage) => {
    const { admin } = await stage.filled(5)
    const partitions = [{ partition: 0, offset: '3' }]
    // KafkaJS knows the leaders of topics that it was asked about before.
    const before = await admin.fetchTopicOffsets(stage.topic())
    const deleted = await admin.deleteTopicRecords({ topic: stage.topic(), partitions })
    const refused = await rejection(admin.deleteTopicRecords({ topic: stage.topic(), partitions: [] }))
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value.toString()) })
    await until(() => seen.length === 2)
    return { before, deleted, ends: await admin.fetchTopicOffsets(stage.topic()), seen, refused: refused.name }
  },

  'the cluster': async (stage) => {
    const admin = await stage.admin()
    const { brokers, controller, clusterId } = await admin.describeCluster()
    return {
      brokers: brokers.map(({ nodeId, host, port }) => [nodeId === controller, typeof host, typeof port]),
      clusterId: typeof clusterId,
    }
  },

  'configurations': async (stage) => {
    const { ConfigResourceTypes } = stage.library
    const admin = await stage.create()
    const resource = { type: ConfigResourceTypes.TOPIC, name: stage.topic() }
    const describe = async () => {
      const configNames = ['cleanup.policy', 'retention.ms']
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...resource, configNames }],
      })
      return resources.map(({ configEntries, errorCode, errorMessage, resourceName, resourceType }) => ({
        errorCode,
        errorMessage,
        resourceName,
        resourceType,
        configEntries: configEntries
          .map(({ configName, configValue, isDefault, configSource, isSensitive, readOnly, configSynonyms }) => ({
            configName, configValue, isDefault, configSource, isSensitive, readOnly, configSynonyms,
          }))
          .sort((a, b) => (a.configName < b.configName ? -1 : 1)),
      }))
    }
    const before = await describe()
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    const altered = await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] })
    const wrong = [{ name: 'cleanup.policy', value: 'nonsense' }]
    return {
      before,
      altered: altered.resources,
      after: await describe(),
      refused: await reason(admin.alterConfigs({ resources: [{ ...resource, configEntries: wrong }] })),
      empty: (await rejection(admin.describeConfigs({ resources: [] }))).name,
    }
  },

  'groups': async (stage) => {
    const { admin } = await stage.filled(4)
    const [groupId, topic] = [stage.topic('group'), stage.topic()]
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value.toString()) })
    await until(() => seen.length === 4)
    const listed = (await admin.listGroups()).groups.find((group) => group.groupId === groupId)
    const states = []
    const state = async () => {
      const { groups } = await admin.describeGroups([groupId])
      states.push(groups.map(({ groupId, state, members }) => ({ groupId, state, members: members.length }))[0])
    }
    await state()
    const whileRunning = (await rejection(admin.resetOffsets({ groupId, topic, earliest: true }))).name
    const notEmpty = await admin.deleteGroups([groupId]).catch(({ name, groups }) => ({
      name,
      groups: groups.map(({ groupId, errorCode, error }) => ({ groupId, errorCode, type: error?.type })),
    }))
    await consumer.stop()
    await state()
    const fetched = async () => admin.fetchOffsets({ groupId, topics: [topic] })
    const committed = [await fetched()]
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '2' }] })
    committed.push(await fetched())
    await admin.resetOffsets({ groupId, topic, earliest: true })
    committed.push(await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true }))
    const deleted = await admin.deleteGroups([groupId])
    const gone = !(await admin.listGroups()).groups.some((group) => group.groupId === groupId)
    const { groupId: listedId, protocolType } = listed
    return { seen, listed: { listedId, protocolType }, states, whileRunning, notEmpty, committed, deleted, gone }
  },

  'a group goes on where it was set to': async (stage) => {
    const { admin } = await stage.filled(6)
    const [groupId, topic] = [stage.topic('group'), stage.topic()]
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '4' }] })
    const consumer = await stage.reader()
    const seen = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value.toString()) })
    await until(() => seen.length === 2)
    return seen
  },
}
