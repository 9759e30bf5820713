/** Retention, compaction and opening of a topic with many records, with a producer beside them. */

import { Kafka, type Admin, type Producer } from 'ottla'
import type { Durability } from './peer'

const topic = 'kept'
const batchRecords = 1000
const aside = 'aside'
const patience_ms = 180_000

export interface Keeping {
  name: string
  durability: Durability
  records: number
  /** How many different keys the records have. */
  keys: number
  /** A value has so many bytes. */
  valueBytes: number
  configs: Record<string, string>
}

/** What a producer that sends one record after the other saw: how long each took. */
export interface Latencies {
  sends: number
  p50_ms: number
  p99_ms: number
  longest_ms: number
}

export interface Kept {
  elapsed_ms: number
  /** Of the time before, and while it went on. */
  before: Latencies
  meanwhile: Latencies
}

const connectTo = (name: string) => new Kafka({ clientId: 'bench', brokers: [`idb://${name}`] })
const entries = (configs: Record<string, string>) =>
  Object.entries(configs).map(([name, value]) => ({ name, value }))

/** Stores so many records in one partition; says how many it took a second. */
export async function fill({ name, durability, records, keys, valueBytes, configs }: Keeping) {
  const kafka = connectTo(name)
  const admin = kafka.admin()
  await admin.connect()
  const own = { 'ottla.durability': durability }
  const [kept, beside] = [entries({ ...own, ...configs }), entries(own)]
  await admin.createTopics({
    topics: [
      { topic, numPartitions: 1, configEntries: kept },
      { topic: aside, numPartitions: 1, configEntries: beside },
    ],
  })
  const producer = kafka.producer()
  await producer.connect()
  // Bytes that do not compress, were a browser to try.
  const noise = new Uint8Array(valueBytes + 4096)
  for (let at = 0; at < noise.length; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536))
  const timestamp = String(Date.now())
  const start = performance.now()
  const waiting = new Set<Promise<void>>()
  for (let first = 0; first < records; first += batchRecords) {
    const messages = Array.from({ length: Math.min(batchRecords, records - first) }, (_, at) => {
      const number = first + at
      const key = `key ${String(Math.imul(number, 0x9e3779b1) % keys).padStart(12)}`
      const from = number % 4096
      return { key, value: noise.subarray(from, from + valueBytes), timestamp }
    })
    const sent = producer.send({ topic, messages }).then(() => void waiting.delete(sent))
    waiting.add(sent)
    if (waiting.size >= 4) await Promise.race(waiting)
  }
  await Promise.all(waiting)
  const elapsed_ms = performance.now() - start
  await producer.disconnect()
  await admin.disconnect()
  return { elapsed_ms }
}

/**
 * Deletes all records, which costs what retention does: it deletes the same segments. It is over when the
 * database holds nothing of them any more, which is later than its answer.
 */
export async function removeAll(name: string): Promise<Kept & { answered_ms: number }> {
  let answered_ms = 0
  const kept = await beside(name, async (admin) => {
    const start = performance.now()
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] })
    answered_ms = performance.now() - start
    await swept(name)
  })
  return { ...kept, answered_ms }
}

/** Waits until nothing is left in the database of what was deleted. */
async function swept(name: string): Promise<void> {
  const database = await resultOf(indexedDB.open(`ottla:${name}`))
  // What has been deleted and is still there is named by keys that are no text.
  const marks = () => {
    const metadata = database.transaction('metadata').objectStore('metadata')
    return resultOf(metadata.count(IDBKeyRange.lowerBound([])))
  }
  while ((await marks()) > 0) await pause(50)
  database.close()
}

/** Lets all records expire when a broker looks the next time: at its start. */
export async function letExpire({ name, configs }: Keeping): Promise<void> {
  const admin = connectTo(name).admin()
  await admin.connect()
  await alter(admin, { ...configs, 'retention.ms': '1' })
  await admin.disconnect()
}

/** How long it takes, with the start of the broker, until what has expired is gone and a record stored. */
export async function openToExpired(name: string): Promise<{ produced_ms: number; expired_ms: number }> {
  const start = performance.now()
  const kafka = connectTo(name)
  const admin = kafka.admin()
  const expired = async () => {
    await admin.connect()
    const isEmpty = async () => {
      const [ends] = await admin.fetchTopicOffsets(topic)
      return ends!.low === ends!.high
    }
    while (!(await isEmpty())) await pause(5)
    return performance.now() - start
  }
  const [produced_ms, expired_ms] = await Promise.all([produceOne(kafka, start), expired()])
  await admin.disconnect()
  return { produced_ms, expired_ms }
}

async function produceOne(kafka: Kafka, start: number): Promise<number> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: aside, messages: [{ value: 'v' }] })
  return performance.now() - start
}

/** Lets compaction begin, and waits until it is over. */
export function compact({ name, configs }: Keeping): Promise<Kept> {
  return beside(name, async (admin) => {
    await alter(admin, { ...configs, 'min.compaction.lag.ms': '0' })
    // Of the first record's key there is a later one: the first one that is left is another.
    const until = performance.now() + patience_ms
    while ((await admin.fetchTopicOffsetsByTimestamp(topic, 1))[0]!.offset === '0') {
      if (performance.now() > until) throw new Error('nothing was compacted')
      // Rarely, as each look reads a part of the log.
      await pause(200)
    }
  })
}

/** What is not named gets its default again, as with KafkaJS. */
async function alter(admin: Admin, configs: Record<string, string>): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: topic, configEntries: entries(configs) }],
  })
}

/** Does something while a producer sends, which has sent for a while before. */
async function beside(name: string, work: (admin: Admin) => Promise<void>): Promise<Kept> {
  const kafka = connectTo(name)
  const admin = kafka.admin()
  await admin.connect()
  const producer = kafka.producer()
  await producer.connect()
  const sending = new Sending(producer)
  const sent = sending.run()
  await pause(3000)
  const before = sending.taken()
  const start = performance.now()
  await work(admin)
  const elapsed_ms = performance.now() - start
  // What was sent meanwhile counts when it is stored: its commit comes after those of the work.
  sending.ended = true
  await sent
  const meanwhile = sending.taken()
  await producer.disconnect()
  await admin.disconnect()
  return { elapsed_ms, before, meanwhile }
}

class Sending {
  ended = false
  #times_ms: number[] = []

  constructor(private producer: Producer) {}

  async run(): Promise<void> {
    while (!this.ended) {
      const start = performance.now()
      await this.producer.send({ topic: aside, messages: [{ key: 'k', value: 'v' }] })
      this.#times_ms.push(performance.now() - start)
      await pause(2)
    }
  }

  /** What was seen since it was asked last. */
  taken(): Latencies {
    const times = this.#times_ms.sort((a, b) => a - b)
    this.#times_ms = []
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
    return { sends: times.length, p50_ms: at(0.5), p99_ms: at(0.99), longest_ms: at(1) }
  }
}

/** How long the browser takes by itself to open the database and to read one value of it. */
export async function openBare(name: string): Promise<{ opened_ms: number; got_ms: number }> {
  const start = performance.now()
  const database = await resultOf(indexedDB.open(`ottla:${name}`))
  const opened_ms = performance.now() - start
  await resultOf(database.transaction('metadata').objectStore('metadata').get('cluster'))
  const got_ms = performance.now() - start
  database.close()
  return { opened_ms, got_ms }
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error!)
  })
}

/** How long it takes, with the start of the broker, until a record is stored and until one is read. */
export async function openToBoth(name: string): Promise<{ produced_ms: number; read_ms: number }> {
  const start = performance.now()
  const kafka = connectTo(name)
  const consumer = kafka.consumer()
  const read = async () => {
    await consumer.connect()
    consumer.assign([{ topic, partition: 0, offset: '0' }])
    return new Promise<number>((resolve, reject) => {
      consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer.run({ eachMessage: () => resolve(performance.now() - start) }).catch(reject)
    })
  }
  const [produced_ms, read_ms] = await Promise.all([produceOne(kafka, start), read()])
  // It reads no further; the producer stays, and with it the broker.
  await consumer.disconnect()
  return { produced_ms, read_ms }
}

/** Reads records here and there in the log, so that all of it has been looked at. */
export async function readAround(name: string, places: number): Promise<number> {
  const kafka = connectTo(name)
  const admin = kafka.admin()
  await admin.connect()
  const [ends] = await admin.fetchTopicOffsets(topic)
  let records = 0
  for (let place = 0; place < places; place++) {
    const consumer = kafka.consumer()
    await consumer.connect()
    const offset = String(Math.floor((Number(ends!.high) * place) / places))
    consumer.assign([{ topic, partition: 0, offset }])
    await new Promise<void>((resolve, reject) => {
      consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      const eachBatch = async ({ batch }: { batch: { messages: unknown[] } }) => {
        records += batch.messages.length
        resolve()
      }
      consumer.run({ eachBatch }).catch(reject)
    })
    await consumer.disconnect()
  }
  await admin.disconnect()
  return records
}

const pause = (delay_ms: number) => new Promise((resolve) => setTimeout(resolve, delay_ms))
