// Topics as a file: see format.ts.

import type { Admin } from '../admin/admin.js'
import { ConfigResourceTypes, ConfigSource } from '../admin/types.js'
import type { Endpoint } from '../endpoint.js'
import { KafkaJSConnectionError, KafkaJSNonRetriableError } from '../errors.js'
import { type Reader, Writer } from '../fields.js'
import { isWhole, spansOf } from './batches.js'
import { BackupWriter, type CommittedOffsets, Frame, type Header } from './format.js'
import type { ExportOptions } from './types.js'
import { Wire } from './wire.js'

const FETCH = 1
const FETCH_VERSION = 11
const OFFSET_OUT_OF_RANGE = 1

/** How much is read at once. */
const FETCH_BYTES = 1024 * 1024

/** How often a fetch is tried again while another tab takes over, and after what pause. */
const ATTEMPTS = 20
const PAUSE_MS = 250

/** A topic's configuration that says that it is half of a backup. */
const IMPORT = 'ottla.import'

interface Partition {
  topic: string
  partition: number
}

/** The pieces of a file. What is appended while it is made is not in it. */
export async function* exported(
  admin: Admin,
  endpoint: Endpoint,
  options: ExportOptions,
): AsyncGenerator<Uint8Array, void> {
  await admin.connect()
  const wire = await Wire.open(endpoint)
  try {
    const file = new BackupWriter()
    const header = await headerOf(admin, options.topics)
    yield file.begin()
    yield file.json(Frame.HEADER, header)
    for (const { name: topic } of header.topics) {
      const offsets = await admin.fetchTopicOffsets(topic)
      offsets.sort((a, b) => a.partition - b.partition)
      for (const { partition, low, high } of offsets) {
        const [start, end] = [Number(low), Number(high)]
        yield file.json(Frame.PARTITION, { topic, partition, start, end })
        for await (const batches of batchesOf(wire, { topic, partition }, start, end)) {
          yield file.frame(Frame.BATCHES, batches)
        }
      }
    }
    const names = new Set(header.topics.map(({ name }) => name))
    if (options.groups ?? true) yield file.json(Frame.GROUPS, await committedOf(admin, names))
    yield file.end()
  } finally {
    wire.close()
    await admin.disconnect()
  }
}

async function headerOf(admin: Admin, wanted: string[] | undefined): Promise<Header> {
  const [{ clusterId }, { topics: known }] = await Promise.all([
    admin.describeCluster(),
    admin.fetchTopicMetadata(),
  ])
  const missing = wanted?.filter((topic) => known.every(({ name }) => name !== topic)) ?? []
  if (missing.length > 0) {
    throw new KafkaJSNonRetriableError(`There is no topic ${missing.join(', ')} to export.`)
  }
  const named = ({ name }: { name: string }) => wanted?.includes(name) ?? !name.startsWith('__')
  const topics = []
  for (const { name, partitions } of known.filter(named)) {
    const { resources } = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    })
    const own = (resources[0]?.configEntries ?? []).filter(
      ({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG,
    )
    const configs = Object.fromEntries(own.map((each) => [each.configName, each.configValue]))
    if (configs[IMPORT] === 'true') continue
    topics.push({ name, partitions: partitions.length, configs })
  }
  return { clusterId, createdAt: Date.now(), topics }
}

async function committedOf(admin: Admin, topics: Set<string>): Promise<CommittedOffsets> {
  const found: CommittedOffsets = { groups: [] }
  for (const { groupId } of (await admin.listGroups()).groups) {
    const committed = await admin.fetchOffsets({ groupId })
    const offsets = committed.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ offset }) => topics.has(topic) && Number(offset) >= 0)
        .map((each) => ({ ...each, topic, offset: Number(each.offset) })),
    )
    if (offsets.length > 0) found.groups.push({ groupId, offsets })
  }
  return found
}

/** The batches of a partition, some at a time. */
async function* batchesOf(
  wire: Wire,
  at: Partition,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void> {
  let maxBytes = FETCH_BYTES
  for (let offset = start; offset < end; ) {
    const fetched = await fetchAgain(wire, at, offset, maxBytes)
    if (fetched.error === OFFSET_OUT_OF_RANGE && fetched.start > offset) {
      // Retention was faster.
      offset = fetched.start
      continue
    }
    if (fetched.error !== 0) throw unreadable(at, offset, `error ${fetched.error}`)
    const { records } = fetched
    let to = 0
    for (const batch of spansOf(records)) {
      if (!batch || !isWhole(records, batch)) throw unreadable(at, offset, 'what is stored is damaged')
      if (batch.baseOffset >= end) break
      to = batch.to
      offset = batch.nextOffset
    }
    if (to > 0) yield records.subarray(0, to)
    // The end was compacted away.
    else if (records.length === 0 || spansOf(records).next().value) return
    // Not even one batch fits.
    else maxBytes *= 2
  }
}

function unreadable({ topic, partition }: Partition, offset: number, why: string): Error {
  return new KafkaJSNonRetriableError(
    `Topic ${topic}, partition ${partition} cannot be exported: offset ${offset} cannot be read \
(${why}). Delete the records up to there with admin.deleteTopicRecords, or export other topics.`,
  )
}

interface Fetched {
  error: number
  start: number
  records: Uint8Array
}

/** A fetch; while the broker moves from tab to tab it is tried again. */
async function fetchAgain(
  wire: Wire,
  at: Partition,
  offset: number,
  maxBytes: number,
): Promise<Fetched> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await fetchOnce(wire, at, offset, maxBytes)
    } catch (error) {
      if (!(error instanceof KafkaJSConnectionError) || attempts === ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

async function fetchOnce(
  wire: Wire,
  { topic, partition }: Partition,
  offset: number,
  maxBytes: number,
): Promise<Fetched> {
  // A consumer, at once; all that is stored, in no session.
  const asked = new Writer().i32(-1).i32(0).i32(0).i32(maxBytes).i8(0).i32(0).i32(-1)
  asked.i32(1).string(topic).i32(1)
  asked.i32(partition).i32(-1).i64(offset).i64(-1).i32(maxBytes)
  asked.i32(0).string('')
  const from = await wire.request(FETCH, FETCH_VERSION, asked)
  from.i32()
  const error = from.i16()
  from.i32()
  const [fetched] = from.list(() => {
    from.string()
    return from.list(() => fetchedOf(from))[0]
  })
  return fetched ?? { error, start: -1, records: new Uint8Array() }
}

function fetchedOf(from: Reader): Fetched {
  from.i32()
  const error = from.i16()
  from.i64()
  from.i64()
  const start = from.i64()
  from.list(() => [from.i64(), from.i64()])
  from.i32()
  return { error, start, records: from.blob() }
}
