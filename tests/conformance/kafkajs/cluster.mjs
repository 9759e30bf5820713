// KafkaJS with its codecs, or with `--library URL` another library of its API; and one broker as it sees it.

import { createRequire } from 'node:module'
import { check, payload, plain, see, until } from '../script.mjs'

const given = (option) => process.argv[process.argv.indexOf(option) + 1]
const other = process.argv.includes('--library')
/** With what the names of topics begin. */
export const library = other ? 'ottla' : 'kafkajs'
const { found, title } = other ? await ottla(given('--library')) : await kafkajs(createRequire(given('--modules')))
export { title }
export const { AssignerProtocol, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = found

/** Its compressions are built in. */
async function ottla(url) {
  const { version } = createRequire(url)('ottla/package.json')
  return { found: await import(url), title: `Ottla's client ${version}` }
}

async function kafkajs(require) {
  const found = require('kafkajs')
  const { CompressionCodecs, CompressionTypes } = found
  const { ZstdCodec } = require('zstd-codec')
  CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
  const LZ4 = require('kafkajs-lz4')
  CompressionCodecs[CompressionTypes.LZ4] = new (LZ4.default ?? LZ4)().codec
  const zstd = await new Promise((resolve) => ZstdCodec.run((codec) => resolve(new codec.Simple())))
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }) => Buffer.from(zstd.compress(buffer)),
    decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
  })
  return { found, title: `KafkaJS ${require('kafkajs/package.json').version}` }
}

export const kafkaOf = (bootstrap) =>
  new Kafka({
    clientId: 'kafkajs',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 5, initialRetryTime: 50 },
  })

/** Lends an admin, connected. */
export async function withAdmin(bootstrap, use) {
  const admin = kafkaOf(bootstrap).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** The name of the error that a promise ends with, or its value. */
export const outcome = (promise) =>
  promise.then(
    (value) => value,
    (error) => nameOf(error),
  )

export function nameOf(error) {
  if (error.errors) return error.errors.map(nameOf)
  return error.type ?? error.cause?.type ?? `${error.name}: ${error.message}`
}

export function create(bootstrap, topic, numPartitions = 1, config = {}) {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  const topics = [{ topic, numPartitions, replicationFactor: 1, configEntries }]
  return withAdmin(bootstrap, async (admin) => {
    check(await admin.createTopics({ topics }), `${topic} is not created`)
    return topic
  })
}

export async function produce(bootstrap, topic, messages, { options = {}, ...rest } = {}) {
  const producer = kafkaOf(bootstrap).producer({ allowAutoTopicCreation: false, ...options })
  await producer.connect()
  try {
    return await producer.send({ topic, messages, ...rest })
  } finally {
    await producer.disconnect()
  }
}

export const contents = ({ offset, key, value }) => [offset, plain(key), plain(value)]

/** Starts a member of a group; it keeps what it reads and what it is given. */
export async function join(bootstrap, groupId, topic, { from, run: more = {}, ...options } = {}) {
  const consumer = kafkaOf(bootstrap).consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    ...options,
  })
  const member = { consumer, found: [], assigned: [], crash: undefined }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    member.assigned = memberAssignment[topic] ?? []
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => (member.crash = nameOf(error)))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const { offset, key, value, headers, timestamp } = message
      member.found.push({ partition, offset, key, value, headers, timestamp })
    },
    ...more,
  })
  if (from !== undefined) for (const seek of from) consumer.seek({ topic, ...seek })
  return member
}

/** Reads `count` records as a group of one. */
export async function read(bootstrap, topic, count, options = {}) {
  const member = await join(bootstrap, `${topic}-reader`, topic, options)
  try {
    await until('records', () => {
      check(!member.crash, member.crash)
      return member.found.length >= count
    })
    return member.found
  } finally {
    await member.consumer.disconnect()
  }
}

export async function seeProduced(bootstrap, codec) {
  for (const acks of [0, 1, -1]) {
    const topic = await create(bootstrap, `${library}-${codec}-${acks}`.toLowerCase())
    const messages = Array.from({ length: 50 }, (_, at) => ({ key: 'key', value: payload(at, 300) }))
    const compression = CompressionTypes[codec]
    const [answer] = await produce(bootstrap, topic, messages, { acks, compression })
    see(`acks=${acks}`, answer ? [answer.errorCode, answer.baseOffset, answer.logStartOffset] : null)
    await until('records', () => ended(bootstrap, topic, 50))
    see(`acks=${acks}, read`, (await read(bootstrap, topic, 50)).map(contents))
  }
}

export const ended = (bootstrap, topic, count) =>
  withAdmin(bootstrap, async (admin) => (await admin.fetchTopicOffsets(topic))[0].high >= count)

export const configsOf = (bootstrap, name) =>
  withAdmin(bootstrap, async (admin) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    })
    for (const { configName, ...entry } of resources[0].configEntries) see(configName, entry)
  })

export async function dated(bootstrap, topic) {
  await create(bootstrap, topic)
  for (const from of [0, 5]) {
    const messages = [0, 1, 2, 3, 4].map((at) => {
      return { value: payload(from + at), timestamp: String(1_600_000_000_000 + (from + at) * 1000) }
    })
    await produce(bootstrap, topic, messages)
  }
  return topic
}

export async function filled(bootstrap, topic, partitions = 4) {
  await create(bootstrap, topic, partitions)
  const messages = Array.from({ length: partitions * 5 }, (_, at) => {
    return { value: payload(at), partition: at % partitions }
  })
  await produce(bootstrap, topic, messages)
  return topic
}

export const settled = (members, sizes) =>
  until(`partitions ${sizes}`, () => {
    const counts = members.map(({ assigned }) => assigned.length)
    return String(counts.sort()) === String(sizes)
  })

export const leave = (members) => Promise.all(members.map(({ consumer }) => consumer.disconnect()))
