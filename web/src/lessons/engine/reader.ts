/** A consumer in a group, and what it was given. */

import { signal } from '@preact/signals'
import { type Consumer, type EachMessagePayload, Kafka, logLevel } from 'ottla'
import type { LessonBroker, Stored } from './broker'
import { type Clock, Ended } from './clock'

export interface ReaderOptions {
  group: string
  /** Groups list their members by this name. */
  clientId: string
  topic: string
  /** Where it begins where the group has committed nothing. */
  fromBeginning: boolean
  /** How long it is busy with a record. */
  work_ms?: number
  /** What it does with a record. */
  done?: (record: Stored) => Promise<void>
}

export class Reader {
  /** What it was given, in the order in which it came. */
  readonly seen = signal<Stored[]>([])
  /** Its partitions. */
  readonly partitions = signal<number[]>([])
  readonly #clock: Clock | undefined
  readonly #options: ReaderOptions
  readonly #make: () => Consumer
  #consumer: Consumer | undefined

  /** @param clock whose beats it works to, where it is not left to itself */
  constructor(broker: LessonBroker, clock: Clock | undefined, options: ReaderOptions) {
    this.#clock = clock
    this.#options = options
    // Groups name their members by the client's id, and share partitions out in its order.
    const kafka = new Kafka({ clientId: options.clientId, brokers: [broker.address], logLevel: logLevel.ERROR })
    this.#make = () =>
      kafka.consumer({
        groupId: options.group,
        allowAutoTopicCreation: false,
        metadataMaxAge: 1_000,
        heartbeatInterval: 100,
      })
  }

  get isRunning(): boolean {
    return this.#consumer !== undefined
  }

  async start(): Promise<void> {
    const { topic, fromBeginning } = this.#options
    const consumer = this.#make()
    this.#consumer = consumer
    consumer.on<{ memberAssignment: Record<string, number[]> }>(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.partitions.value = [...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b)
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning })
    await consumer.run({ autoCommitInterval: 100, eachMessage: (payload) => this.#take(payload) })
  }

  /** Leaves the group; what it has done is committed. */
  async stop(): Promise<void> {
    const consumer = this.#consumer
    this.#consumer = undefined
    await consumer?.disconnect()
    this.partitions.value = []
  }

  async #take({ topic, partition, message }: EachMessagePayload): Promise<void> {
    const { key, value, offset } = message
    const record: Stored = {
      topic,
      partition,
      offset: Number(offset),
      key: key === null ? null : key.toString(),
      value: value === null ? null : value.toString(),
    }
    this.seen.value = [...this.seen.value, record]
    const { work_ms, done } = this.#options
    await done?.(record)
    if (work_ms === undefined) return
    if (!this.#clock) return new Promise((resolve) => setTimeout(resolve, work_ms))
    await this.#clock.beat(work_ms).catch((error: unknown) => {
      if (!(error instanceof Ended)) throw error
    })
  }
}
