// KafkaJS, or what has its API.

import {
  AssignerProtocol,
  ConfigResourceTypes,
  configsOf,
  contents,
  create,
  dated,
  filled,
  join,
  kafkaOf,
  leave,
  library,
  nameOf,
  outcome,
  produce,
  read,
  seeProduced,
  settled,
  title,
  withAdmin,
} from './cluster.mjs'
import { payload, run, see, Unable, until } from '../script.mjs'

await run(title, {
  'create topics': (bootstrap) =>
    withAdmin(bootstrap, async (admin) => {
      const topics = [
        {
          topic: `${library}-create`,
          numPartitions: 3,
          configEntries: [{ name: 'retention.ms', value: '3600000' }],
        },
        { topic: `${library}-create-default` },
      ]
      see('created', await admin.createTopics({ topics, waitForLeaders: false }))
      see('again', await admin.createTopics({ topics }))
      see('validated', await admin.createTopics({ topics: [{ topic: `${library}-v` }], validateOnly: true, waitForLeaders: false }))
      see('listed', (await admin.listTopics()).filter((name) => name.startsWith(library)).sort())
    }),

  'describe topics': async (bootstrap) => {
    await create(bootstrap, `${library}-describe`, 3)
    await withAdmin(bootstrap, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [`${library}-describe`] })
      const { partitions } = topics[0]
      see('partitions', partitions.sort((a, b) => a.partitionId - b.partitionId))
    })
  },

  'add partitions': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-grow`)
    await withAdmin(bootstrap, async (admin) => {
      const grow = (count) => outcome(admin.createPartitions({ topicPartitions: [{ topic, count }] }))
      see('to 4', await grow(4))
      see('to 2', await grow(2))
      await until('partitions', async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
        return topics[0].partitions.length === 4
      })
    })
  },

  'delete topics': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-delete`)
    await withAdmin(bootstrap, async (admin) => {
      see('deleted', await outcome(admin.deleteTopics({ topics: [topic] })))
      see('again', await outcome(admin.deleteTopics({ topics: [topic] })))
      see('listed', (await admin.listTopics()).includes(topic))
    })
  },

  'delete records': async (bootstrap) => {
    const topic = await dated(bootstrap, `${library}-delete-records`)
    await withAdmin(bootstrap, async (admin) => {
      const remove = (offset) =>
        outcome(admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] }))
      see('before 4', await remove('4'))
      see('beyond the end', await remove('99'))
      see('offsets', await admin.fetchTopicOffsets(topic))
      see('all', await remove('-1'))
      see('then', await admin.fetchTopicOffsets(topic))
    })
  },

  'describe configs': async (bootstrap) => {
    await create(bootstrap, `${library}-configs`, 1, { 'retention.ms': '60000' })
    await configsOf(bootstrap, `${library}-configs`)
  },

  'alter configs': async (bootstrap) => {
    const name = await create(bootstrap, `${library}-alter`, 1, { 'max.message.bytes': '5000' })
    await withAdmin(bootstrap, async (admin) => {
      const configEntries = [{ name: 'retention.ms', value: '1000' }]
      const resources = [{ type: ConfigResourceTypes.TOPIC, name, configEntries }]
      see('set', (await admin.alterConfigs({ resources })).resources)
      // Kafka describes a configuration as it was for a moment after it was altered.
      await new Promise((resolve) => setTimeout(resolve, 500))
    })
    await configsOf(bootstrap, name)
  },

  'describe the cluster': (bootstrap) =>
    withAdmin(bootstrap, async (admin) => {
      const { brokers, controller } = await admin.describeCluster()
      see('brokers', [brokers.map(({ nodeId }) => nodeId), controller])
    }),

  'produce uncompressed, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'None'),
  'produce gzip, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'GZIP'),
  'produce snappy, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'Snappy'),
  'produce lz4, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'LZ4'),
  'produce zstd, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'ZSTD'),

  'produce idempotently': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-idempotent`)
    const producer = kafkaOf(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let at = 0; at < 10; at++) {
      const messages = [{ value: payload(at) }, { value: payload(-at) }]
      const [{ baseOffset, errorCode }] = await producer.send({ topic, messages })
      see(`batch ${at}`, [errorCode, baseOffset])
    }
    await producer.disconnect()
    see('read', (await read(bootstrap, topic, 20)).map(contents))
  },

  headers: async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-headers`)
    const headers = { a: ['1', '2'], empty: '', ü: Buffer.from([0, 255]) }
    await produce(bootstrap, topic, [{ value: 'with', headers }, { value: 'without' }])
    see('read', (await read(bootstrap, topic, 2)).map(({ headers }) => headers))
  },

  'null keys and values': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-nulls`)
    const messages = [null, '', 'k'].flatMap((key) => [null, '', 'v'].map((value) => ({ key, value })))
    await produce(bootstrap, topic, messages)
    see('read', (await read(bootstrap, topic, 9)).map(contents))
  },

  'large batches': async (bootstrap) => {
    if (library === 'ottla') throw new Unable('it takes no record above 1 MiB')
    const topic = await create(bootstrap, `${library}-large`, 1, { 'max.message.bytes': '8388608' })
    const messages = Array.from({ length: 5000 }, (_, at) => ({ value: payload(at, 1000) }))
    const [{ baseOffset }] = await produce(bootstrap, topic, messages)
    see('delivered', baseOffset)
    see('large record', (await produce(bootstrap, topic, [{ value: payload(1, 5_000_000) }]))[0].baseOffset)
    const found = await read(bootstrap, topic, 5001, { maxBytesPerPartition: 1000 })
    see('read', found.map(contents).slice(-2))
  },

  timestamps: async (bootstrap) => {
    const timestamp = '1600000000000'
    let topic = await create(bootstrap, `${library}-created`)
    await produce(bootstrap, topic, [{ value: 'v', timestamp }])
    see('created', (await read(bootstrap, topic, 1))[0].timestamp)
    topic = await create(bootstrap, `${library}-appended`, 1, { 'message.timestamp.type': 'LogAppendTime' })
    const [answer] = await produce(bootstrap, topic, [{ value: 'v', timestamp }])
    see('append time', Number(answer.logAppendTime) > 1_700_000_000_000)
    see('appended', Number((await read(bootstrap, topic, 1))[0].timestamp) > 1_700_000_000_000)
  },

  'consume from the beginning': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-beginning`, 3)
    const found = await read(bootstrap, topic, 15)
    see('read', found.map((it) => [it.partition, ...contents(it)]).sort())
  },

  'consume from an offset': async (bootstrap) => {
    const topic = await dated(bootstrap, `${library}-offset`)
    const from = [{ partition: 0, offset: '7' }]
    const found = await read(bootstrap, topic, 3, { from })
    see('from 7', found.map(contents).slice(-3))
  },

  'consume from a timestamp': async (bootstrap) => {
    const topic = await dated(bootstrap, `${library}-dates`)
    await withAdmin(bootstrap, async (admin) => {
      const at = (timestamp) => admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
      see('between', await at(1_600_000_002_500))
      see('exact', await at(1_600_000_006_000))
      see('before all', await at(1))
      see('after all', await at(1_700_000_000_000))
    })
  },

  'look up offsets': async (bootstrap) => {
    const topic = await dated(bootstrap, `${library}-lookups`)
    await withAdmin(bootstrap, async (admin) => see('offsets', await admin.fetchTopicOffsets(topic)))
  },

  'group: two members share partitions': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-shared`)
    const first = await join(bootstrap, topic, topic)
    await settled([first], [4])
    const second = await join(bootstrap, topic, topic)
    await settled([first, second], [2, 2])
    see('together', [...first.assigned, ...second.assigned].sort())
    await leave([first, second])
  },

  'group: commit and resume': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-resumed`, 1)
    let member = await join(bootstrap, topic, topic)
    await until('records', () => member.found.length === 5)
    await member.consumer.commitOffsets([{ topic, partition: 0, offset: '3', metadata: 'so far' }])
    await leave([member])
    member = await join(bootstrap, topic, topic)
    await until('records', () => member.found.length >= 2)
    see('then', member.found.map(contents))
    await leave([member])
    await withAdmin(bootstrap, async (admin) => {
      see('committed', await admin.fetchOffsets({ groupId: topic, topics: [topic] }))
    })
  },

  'group: a member leaves': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-left`)
    const members = [await join(bootstrap, topic, topic), await join(bootstrap, topic, topic)]
    await settled(members, [2, 2])
    await leave(members.slice(0, 1))
    await settled(members.slice(1), [4])
    see('alone', members[1].assigned.sort())
    await leave(members.slice(1))
  },

  'group: describe and list': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-described`)
    const member = await join(bootstrap, topic, topic)
    await settled([member], [4])
    await withAdmin(bootstrap, async (admin) => {
      const describe = async (group) => {
        const { groups } = await admin.describeGroups([group])
        return groups.map(({ members, ...rest }) => {
          const shown = members.map(({ clientId, clientHost, memberAssignment }) => {
            return { clientId, clientHost, assignment: AssignerProtocol.MemberAssignment.decode(memberAssignment) }
          })
          return { ...rest, members: shown }
        })
      }
      see('with a member', await describe(topic))
      see('never used', await describe(`${library}-never`))
      await leave([member])
      see('empty', await describe(topic))
      const { groups } = await admin.listGroups()
      see('listed', groups.filter(({ groupId }) => groupId === topic))
    })
  },

  'group: reset offsets': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-reset`, 2)
    await withAdmin(bootstrap, async (admin) => {
      const groupId = topic
      const fetch = () => admin.fetchOffsets({ groupId, topics: [topic] })
      see('never used', await fetch())
      const partitions = [{ partition: 0, offset: '2' }]
      see('set', await outcome(admin.setOffsets({ groupId, topic, partitions })))
      see('then', await fetch())
      see('reset', await outcome(admin.resetOffsets({ groupId, topic, earliest: true })))
      see('at last', await fetch())
    })
  },

  'group: delete': async (bootstrap) => {
    const topic = await filled(bootstrap, `${library}-deleted`, 1)
    const member = await join(bootstrap, topic, topic)
    await settled([member], [1])
    await withAdmin(bootstrap, async (admin) => {
      const remove = () =>
        admin.deleteGroups([topic]).catch((error) => error.groups?.map(({ error }) => error.type) ?? nameOf(error))
      see('with a member', await remove())
      await leave([member])
      see('empty', await remove())
      see('again', await remove())
    })
  },

  transactions: async (bootstrap) => {
    if (library === 'ottla') throw new Unable('transactions come with a later version')
    const topic = await create(bootstrap, `${library}-transactions`)
    const producer = kafkaOf(bootstrap).producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    try {
      for (const end of ['commit', 'abort']) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: [{ value: end }] })
        await transaction[end]()
      }
    } finally {
      await producer.disconnect()
    }
    await produce(bootstrap, topic, [{ value: 'after' }])
    see('committed', (await read(bootstrap, topic, 2)).map(contents))
  },

  'error: unknown topic': async (bootstrap) => {
    see('produce', await outcome(produce(bootstrap, `${library}-unknown`, [{ value: 'v' }])))
    await withAdmin(bootstrap, async (admin) => {
      see('metadata', await outcome(admin.fetchTopicMetadata({ topics: [`${library}-unknown`] })))
      see('offsets', await outcome(admin.fetchTopicOffsets(`${library}-unknown`)))
    })
  },

  'error: invalid topic name': (bootstrap) =>
    withAdmin(bootstrap, async (admin) => {
      for (const topic of ['with space', '..', 'a'.repeat(250)]) {
        see(topic.slice(0, 20), await outcome(admin.createTopics({ topics: [{ topic }] })))
      }
    }),

  'error: topic exists': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-exists`)
    await withAdmin(bootstrap, async (admin) => {
      see('again', await outcome(admin.createTopics({ topics: [{ topic }] })))
    })
  },

  'error: bad number of partitions or replicas': (bootstrap) =>
    withAdmin(bootstrap, async (admin) => {
      const topic = `${library}-bad`
      see('no partitions', await outcome(admin.createTopics({ topics: [{ topic, numPartitions: 0 }] })))
      const replicated = { topic, numPartitions: 1, replicationFactor: 3 }
      see('three replicas', await outcome(admin.createTopics({ topics: [replicated] })))
    }),

  'error: bad configuration': (bootstrap) =>
    withAdmin(bootstrap, async (admin) => {
      for (const [name, value] of [['no.such.config', '1'], ['retention.ms', 'soon']]) {
        const topics = [{ topic: `${library}-bad-config`, configEntries: [{ name, value }] }]
        see(name, await outcome(admin.createTopics({ topics })))
      }
    }),

  'error: message too large': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-small`, 1, { 'max.message.bytes': '1000' })
    see('too large', await outcome(produce(bootstrap, topic, [{ value: payload(1, 2000) }])))
  },

  'error: offset out of range': async (bootstrap) => {
    const topic = await dated(bootstrap, `${library}-range`)
    const from = [{ partition: 0, offset: '50' }]
    const found = await read(bootstrap, topic, 10, { from })
    see('from the beginning instead', found.map(contents).slice(-10))
  },

  'error: no key in a compacted topic': async (bootstrap) => {
    const topic = await create(bootstrap, `${library}-compacted`, 1, { 'cleanup.policy': 'compact' })
    see('without', await outcome(produce(bootstrap, topic, [{ value: 'v' }])))
    const [{ errorCode, baseOffset }] = await produce(bootstrap, topic, [{ key: 'k', value: 'v' }])
    see('with', [errorCode, baseOffset])
  },
})
