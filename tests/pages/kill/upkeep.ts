/** Two topics of which the broker removes records while they are written: one is compacted, one bounded. */

import type { Kafka, Producer } from 'ottla'

/** Both have one partition, and small segments, so that there is always something to remove. */
const configs: Record<string, Record<string, string>> = {
  latest: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '0' },
  recent: { 'retention.bytes': '300000' },
}
const keys = 40
/** Of the records of `recent` so many stay when the others are deleted by request. */
const keptRecords = 1000

/** What a record must be, by its number. */
function record(number: number): { key: string; value: string | null } {
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0
  const value = number % 7 === 0 ? null : `${number} ${'x'.repeat(200 + (mixed % 600))}`
  // Some keys are replaced often, others seldom.
  const key = mixed % 3 === 0 ? mixed % 4 : mixed % keys
  return { key: `key ${key}`, value }
}

/** A record as the test wants to know it: its offset, its number, its key, and the size of its value. */
export type Found = [offset: number, number: number, key: string, size: number]

export interface Stored {
  low: number
  high: number
  found: Found[]
}

export interface UpkeepLoad {
  /** The number of each topic's next record: its offset, as nothing is missing. */
  next: Record<string, number>
  batch: number
  inFlight: number
}

export async function createTopics(kafka: Kafka, durability: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  for (const [topic, own] of Object.entries(configs)) {
    const all = { ...own, 'segment.bytes': '65536', 'ottla.durability': durability }
    const configEntries = Object.entries(all).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
  }
  await admin.disconnect()
}

/** Sends to both without end; now and then deletes the older ones of `recent`. */
export async function loadUpkeep(kafka: Kafka, load: UpkeepLoad): Promise<never> {
  const producer = kafka.producer()
  await producer.connect()
  const topics = Object.keys(configs)
  await Promise.race([...topics.map((topic) => sendTo(producer, topic, load)), deleteOld(kafka)])
  throw new Error('a load without end has ended')
}

async function sendTo(producer: Producer, topic: string, load: UpkeepLoad): Promise<void> {
  const waiting = new Set<Promise<void>>()
  for (let next = load.next[topic] ?? 0; ; ) {
    const first = next
    const messages = Array.from({ length: load.batch }, () => record(next++))
    const sent = producer.send({ topic, messages }).then(([where]) => {
      waiting.delete(sent)
      void window.kept({ topic, first, count: load.batch, offset: Number(where!.baseOffset) })
    })
    waiting.add(sent)
    if (waiting.size >= load.inFlight) await Promise.race(waiting)
  }
}

async function deleteOld(kafka: Kafka): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  for (;;) {
    const [ends] = await admin.fetchTopicOffsets('recent')
    const offset = Number(ends!.high) - keptRecords
    if (offset > Number(ends!.low)) {
      // Asked for: it may have happened. Confirmed: it has.
      await window.deleted({ asked: offset })
      await admin.deleteTopicRecords({ topic: 'recent', partitions: [{ partition: 0, offset: String(offset) }] })
      void window.deleted({ confirmed: offset })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** All that is there. Throws where a record is not what its number says. */
export async function readUpkeep(kafka: Kafka): Promise<Record<string, Stored>> {
  const stored: Record<string, Stored> = {}
  for (const topic of Object.keys(configs)) stored[topic] = await read(kafka, topic)
  return stored
}

async function read(kafka: Kafka, topic: string): Promise<Stored> {
  const admin = kafka.admin()
  await admin.connect()
  const [ends] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const [low, high] = [Number(ends!.low), Number(ends!.high)]
  const found: Found[] = []
  if (low === high) return { low, high, found }
  const consumer = kafka.consumer()
  await consumer.connect()
  consumer.assign([{ topic, partition: 0, offset: '-2' }])
  await new Promise<void>((resolve, reject) => {
    consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const eachBatch = ({ batch }: { batch: { messages: { offset: string; key: unknown; value: unknown }[] } }) => {
      for (const message of batch.messages) {
        const [offset, key] = [Number(message.offset), String(message.key)]
        const value = message.value === null ? null : String(message.value)
        // The numbers are the offsets, unless something was lost or doubled.
        const number = value === null ? offset : Number.parseInt(value, 10)
        const expected = record(number)
        if (key !== expected.key || value !== expected.value) {
          throw new Error(`${topic}, offset ${offset} is ${key}: ${value}, not ${JSON.stringify(expected)}`)
        }
        found.push([offset, number, key, value?.length ?? 0])
        // The last record of a log is never removed by compaction.
        if (offset === high - 1) resolve()
      }
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  await consumer.disconnect()
  return { low, high, found }
}
