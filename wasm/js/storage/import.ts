// Topics from a file of export.ts. They are made with ottla.import=true, filled, and only when the file
// has been read to its end and everything is as it was, that configuration goes: from all of them in
// one commit. A broker that opens and finds it set deletes the topic. So there is all or nothing.

import type { Admin } from '../admin/admin.js'
import { ConfigResourceTypes, type ITopicConfig } from '../admin/types.js'
import type { Endpoint } from '../endpoint.js'
import { KafkaJSNonRetriableError, KafkaJSStorageError } from '../errors.js'
import { Writer } from '../fields.js'
import { type BatchSpan, emptyBatch, isWhole, spansOf, withoutProducer } from './batches.js'
import {
  type CommittedOffsets,
  damaged,
  Frame,
  framesOf,
  type Header,
  type PartitionHeader,
  parsed,
  type ReadFrame,
} from './format.js'
import type { BackupSource, ImportOptions, ImportResult } from './types.js'
import { Wire } from './wire.js'

const PRODUCE = 0
const PRODUCE_VERSION = 8
const TIMEOUT_MS = 30_000
const KAFKA_STORAGE_ERROR = 56

const IMPORT = 'ottla.import'

/** A topic that is being imported. */
interface Target {
  topic: string
  as: string
  configs: { [name: string]: string }
  /** Each partition's first offset and its end. */
  partitions: Map<number, { start: number; end: number }>
  count: number
  records: number
}

/** The partition whose batches come. */
interface Open {
  target: Target
  partition: number
  end: number
  /** The offset behind what was written. */
  next: number
}

export async function imported(
  admin: Admin,
  endpoint: Endpoint,
  source: BackupSource,
  options: ImportOptions,
): Promise<ImportResult> {
  await admin.connect()
  const wire = await Wire.open(endpoint)
  const importing = new Import(admin, wire, options)
  try {
    for await (const frame of framesOf(piecesOf(source))) await importing.take(frame)
    return await importing.finish()
  } catch (error) {
    await importing.undo()
    throw error
  } finally {
    wire.close()
    await admin.disconnect()
  }
}

class Import {
  readonly #admin: Admin
  readonly #wire: Wire
  readonly #options: ImportOptions
  readonly #targets = new Map<string, Target>()
  readonly #made: string[] = []
  #begun = false
  #open: Open | undefined
  #groups: CommittedOffsets['groups'] = []

  constructor(admin: Admin, wire: Wire, options: ImportOptions) {
    this.#admin = admin
    this.#wire = wire
    this.#options = options
  }

  async take(frame: ReadFrame): Promise<void> {
    if (!this.#begun && frame.kind !== Frame.HEADER) throw damaged(frame.at, 'it has no header')
    this.#begun = true
    switch (frame.kind) {
      case Frame.HEADER:
        return this.#begin(parsed<Header>(frame))
      case Frame.PARTITION:
        return this.#next(parsed<PartitionHeader>(frame))
      case Frame.BATCHES:
        return this.#append(frame)
      case Frame.GROUPS:
        this.#groups = parsed<CommittedOffsets>(frame).groups
        return
      default:
        throw damaged(frame.at, `a part of unknown kind ${frame.kind}`)
    }
  }

  /** The file was read to its end, and is whole. */
  async finish(): Promise<ImportResult> {
    await this.#closePartition()
    const targets = [...this.#targets.values()]
    for (const target of targets) await this.#check(target)
    const groups = (this.#options.groups ?? true) ? await this.#commit() : []
    if (targets.length > 0) {
      await this.#admin.alterConfigs({
        resources: targets.map(({ as: name, configs }) => ({
          type: ConfigResourceTypes.TOPIC,
          name,
          configEntries: entriesOf(configs),
        })),
      })
    }
    this.#made.length = 0
    return {
      topics: targets.map(({ topic, as, count: partitions, records }) => ({
        topic,
        as,
        partitions,
        records,
      })),
      groups,
    }
  }

  /** Takes back what was begun. What is left nevertheless, the next broker deletes. */
  async undo(): Promise<void> {
    const topics = this.#made.splice(0)
    if (topics.length > 0) await this.#admin.deleteTopics({ topics }).catch(() => {})
  }

  async #begin({ topics }: Header): Promise<void> {
    const { topics: wanted, as = {} } = this.#options
    const missing = (wanted ?? Object.keys(as)).filter((name) => topics.every((t) => t.name !== name))
    if (missing.length > 0) {
      const there = topics.map(({ name }) => name).join(', ')
      throw new KafkaJSNonRetriableError(
        `The backup has no topic ${missing.join(', ')}; it has ${there || 'none at all'}.`,
      )
    }
    const chosen = topics.filter(({ name }) => wanted?.includes(name) ?? true)
    const known = new Set(await this.#admin.listTopics())
    const refused = chosen.map(({ name }) => as[name] ?? name).filter((name) => known.has(name))
    if (refused.length > 0) {
      throw new KafkaJSNonRetriableError(
        `Topic ${refused.join(', ')} is there already, and its records would get in the way of those \
of the backup: delete it first, or import under another name, as in { as: { ${refused[0]}: '…' } }.`,
      )
    }
    for (const { name: topic, partitions: count, configs } of chosen) {
      const target = { topic, as: as[topic] ?? topic, configs, count, records: 0 }
      this.#targets.set(topic, { ...target, partitions: new Map() })
    }
    for (const { as: topic, count, configs } of this.#targets.values()) {
      const made: ITopicConfig = {
        topic,
        numPartitions: count,
        configEntries: entriesOf({ ...configs, [IMPORT]: 'true' }),
      }
      if (!(await this.#admin.createTopics({ topics: [made] }))) {
        throw new KafkaJSNonRetriableError(`Topic ${topic} was made by somebody else just now.`)
      }
      this.#made.push(topic)
    }
  }

  async #next({ topic, partition, start, end }: PartitionHeader): Promise<void> {
    await this.#closePartition()
    const target = this.#targets.get(topic)
    if (!target) return
    target.partitions.set(partition, { start, end })
    this.#open = { target, partition, end, next: 0 }
  }

  async #append({ contents, at }: ReadFrame): Promise<void> {
    const open = this.#open
    if (!open) return
    // A copy, in which producers are taken out.
    const batches = contents.slice()
    let to = 0
    for (const batch of spansOf(batches)) {
      if (!batch || !isWhole(batches, batch) || !follows(batch, open)) {
        throw damaged(at, 'its records make no sense')
      }
      withoutProducer(batches.subarray(batch.from, batch.to))
      open.next = batch.nextOffset
      open.target.records += batch.records
      to = batch.to
    }
    if (to !== batches.length) throw damaged(at, 'its records are cut off')
    await this.#produce(open, batches)
  }

  async #closePartition(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    // The last offsets have no records any more.
    if (open && open.next < open.end) await this.#produce(open, emptyBatch(open.end))
  }

  async #produce({ target, partition }: Open, batches: Uint8Array): Promise<void> {
    const asked = new Writer().string(null).i16(-1).i32(TIMEOUT_MS)
    asked.i32(1).string(target.as).i32(1).i32(partition).blob(batches)
    const from = await this.#wire.request(PRODUCE, PRODUCE_VERSION, asked)
    const [result] = from.list(() => {
      from.string()
      return from.list(() => {
        from.i32()
        const error = from.i16()
        from.i64()
        from.i64()
        from.i64()
        from.list(() => [from.i32(), from.string()])
        return { error, message: from.string() }
      })[0]
    })
    if (result?.error === 0) return
    const { error = -1, message } = result ?? {}
    const what = `Topic ${target.as} could not be imported: ${message ?? `error ${error}`}. Nothing of the \
backup is left; import it again.`
    if (error !== KAFKA_STORAGE_ERROR) throw new KafkaJSNonRetriableError(what)
    const reason = /full|quota/i.test(what) ? 'full' : 'failed'
    throw new KafkaJSStorageError(what, { reason, type: 'KAFKA_STORAGE_ERROR', code: error })
  }

  /** Moves the starts of a topic's partitions to where they were, and looks whether all is there. */
  async #check({ topic, as, count, partitions }: Target): Promise<void> {
    const starts = [...partitions].filter(([, { start }]) => start > 0)
    if (starts.length > 0) {
      await this.#admin.deleteTopicRecords({
        topic: as,
        partitions: starts.map(([partition, { start }]) => ({ partition, offset: String(start) })),
      })
    }
    const found = await this.#admin.fetchTopicOffsets(as)
    // Retention may have been at work, so that it starts later.
    const wrong = found.find(({ partition, low, high }) => {
      const { start, end } = partitions.get(partition) ?? { start: 0, end: -1 }
      return Number(high) !== end || Number(low) < start
    })
    if (wrong || found.length !== count) {
      throw new KafkaJSNonRetriableError(
        `Topic ${topic} could not be imported: it has other offsets than the backup says \
(${JSON.stringify(wrong)}).`,
      )
    }
  }

  /** Sets what groups had committed. */
  async #commit(): Promise<string[]> {
    const groups: string[] = []
    for (const { groupId, offsets } of this.#groups) {
      for (const { topic, as } of this.#targets.values()) {
        const partitions = offsets
          .filter((each) => each.topic === topic)
          .map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata }))
        if (partitions.length === 0) continue
        await this.#admin.setOffsets({ groupId, topic: as, partitions })
        if (!groups.includes(groupId)) groups.push(groupId)
      }
    }
    return groups
  }
}

function follows({ baseOffset, nextOffset }: BatchSpan, { next, end }: Open): boolean {
  return baseOffset >= next && nextOffset > baseOffset && nextOffset <= end
}

function entriesOf(configs: { [name: string]: string }) {
  return Object.entries(configs).map(([name, value]) => ({ name, value }))
}

/** The bytes of a source, in pieces. */
async function* piecesOf(source: BackupSource): AsyncGenerator<Uint8Array, void> {
  if (source instanceof Uint8Array) return yield source
  if (source instanceof ArrayBuffer) return yield new Uint8Array(source)
  if (typeof source !== 'object' || source === null) throw wrongSource()
  if (Symbol.asyncIterator in source) return yield* source as AsyncIterable<Uint8Array>
  const stream = streamOf(source as Blob | Response | ReadableStream<Uint8Array>)
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // Where it was not read to its end.
    await reader.cancel().catch(() => {})
  }
}

function streamOf(source: Blob | Response | ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  if ('getReader' in source) return source
  if ('ok' in source) {
    if (source.ok && source.body) return source.body
    throw new KafkaJSNonRetriableError(`The backup cannot be read: its server answers ${source.status}.`)
  }
  if ('stream' in source) return source.stream()
  throw wrongSource()
}

function wrongSource(): Error {
  return new KafkaJSNonRetriableError(
    'A backup is a Blob, a File, a Response, a ReadableStream, bytes, or an iterable of bytes.',
  )
}
