/** Ottla through its public API. */

import { Kafka, type Consumer, type Producer } from 'ottla'
import type { Durability, Peer, Scan } from './peer'
import { touch, type Message } from './records'

const topic = 'records'
const partitions = 4

const connectTo = (name: string) => new Kafka({ clientId: 'bench', brokers: [`idb://${name}`] })

export class Ottla implements Peer {
  private producer!: Producer
  private consumer!: Consumer
  private batches = 0

  /** `spread`: whether keys choose the partitions, or each batch goes to the next one as a whole. */
  constructor(private spread: 'by key' | 'by batch') {}

  async open(name: string, durability: Durability): Promise<void> {
    const kafka = connectTo(name)
    const admin = kafka.admin()
    await admin.connect()
    const configEntries = [{ name: 'ottla.durability', value: durability }]
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
    await admin.disconnect()
    this.producer = kafka.producer()
    this.consumer = kafka.consumer()
    await this.producer.connect()
    await this.consumer.connect()
  }

  append(messages: Message[]): Promise<unknown> {
    if (this.spread === 'by batch') {
      const partition = this.batches++ % partitions
      messages = messages.map((message) => ({ ...message, partition }))
    }
    return this.producer.send({ topic, messages })
  }

  async scan(count: number): Promise<Scan> {
    const scan = { records: 0, sum: 0 }
    this.consumer.assign(everyPartition())
    await new Promise<void>((resolve, reject) => {
      this.consumer.on<{ error: unknown }>(this.consumer.events.CRASH, ({ payload }) => reject(payload.error))
      this.consumer
        .run({
          eachBatch: ({ batch }) => {
            for (const { value } of batch.messages) {
              scan.records++
              scan.sum += touch(value!)
            }
            if (scan.records >= count) resolve()
          },
        })
        .catch(reject)
    })
    return scan
  }

  async close(): Promise<void> {
    await this.consumer.disconnect()
    await this.producer.disconnect()
  }
}

/** How many milliseconds it takes to learn where all partitions end, and how many records that is. */
export async function openToOffsets(name: string) {
  const start = performance.now()
  const admin = connectTo(name).admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  const elapsed_ms = performance.now() - start
  await admin.disconnect()
  return { elapsed_ms, records: offsets.reduce((sum, { high }) => sum + Number(high), 0) }
}

/** How many milliseconds it takes to get the first record of the first partition. */
export async function openToFirstRecord(name: string): Promise<number> {
  const start = performance.now()
  const consumer = connectTo(name).consumer()
  await consumer.connect()
  consumer.assign(everyPartition().slice(0, 1))
  const elapsed_ms = await new Promise<number>((resolve, reject) => {
    consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({ eachMessage: () => resolve(performance.now() - start) }).catch(reject)
  })
  await consumer.disconnect()
  return elapsed_ms
}

function everyPartition() {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: '0' }))
}
