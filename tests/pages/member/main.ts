/** One of several tabs that are members of one group, and produce: tests/lib/members.mjs drives it. */

import { type Consumer, type EachMessagePayload, Kafka, logLevel } from 'ottla'
import { tell } from './ledger'

declare global {
  interface Window {
    member: Member
  }
}

interface Options {
  broker: string
  topic: string
  groupId: string
  groupProtocol: 'classic' | 'consumer'
  /** In milliseconds. */
  sessionTimeout: number
  maxWaitTimeInMs?: number
  requestTimeout?: number
  /** Whether `eachBatch` takes the records, or `eachMessage`. */
  batches: boolean
}

/** So many sends are under way at a time. */
const SENDS = 4
const KEYS = 25

class Member {
  kafka!: Kafka
  #options!: Options
  #consumer: Consumer | undefined
  #sending: Promise<unknown> | undefined
  #stop = false

  open(options: Options): void {
    const { broker, requestTimeout } = options
    this.#options = options
    this.kafka = new Kafka({
      clientId: 'member',
      brokers: [broker],
      requestTimeout,
      // The machine may be slow.
      storageTimeout: 30_000,
      logLevel: logLevel.NOTHING,
    })
    void this.kafka.onLeadership((leadership) => {
      if (leadership) void tell({ type: 'leader', epoch: leadership.epoch, here: leadership.isLeader })
    })
  }

  async create(numPartitions: number): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: this.#options.topic, numPartitions }] })
    await admin.disconnect()
  }

  /** Joins the group. A record is done when the test knows of it. */
  async consume(): Promise<void> {
    const { topic, groupId, groupProtocol, sessionTimeout, maxWaitTimeInMs, batches } = this.#options
    const consumer = this.kafka.consumer({ groupId, groupProtocol, sessionTimeout, maxWaitTimeInMs })
    this.#consumer = consumer
    const { GROUP_JOIN, REBALANCING, COMMIT_OFFSETS, CRASH } = consumer.events
    consumer.on<{ memberAssignment: Record<string, number[]>; generationId: number; memberId: string }>(
      GROUP_JOIN,
      ({ payload: { memberAssignment, generationId, memberId } }) => {
        const partitions = memberAssignment[topic] ?? []
        void tell({ type: 'joined', partitions, generation: generationId, member: memberId })
      },
    )
    consumer.on(REBALANCING, () => void tell({ type: 'rebalancing' }))
    consumer.on<{
      groupGenerationId: number
      topics: { partitions: { partition: number; offset: string }[] }[]
    }>(
      COMMIT_OFFSETS,
      ({ payload: { groupGenerationId, topics } }) =>
        void tell({
          type: 'committed',
          generation: groupGenerationId,
          offsets: topics.flatMap(({ partitions }) =>
            partitions.map(({ partition, offset }) => [partition, Number(offset)]),
          ),
        }),
    )
    consumer.on<{ error: Error }>(CRASH, ({ payload: { error } }) => {
      void tell({ type: 'failed', what: `consumer: ${error.stack}` })
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const done = (partition: number, messages: EachMessagePayload['message'][]) =>
      tell({
        type: 'consumed',
        partition,
        records: messages.map(({ offset, key, value }) => [Number(offset), String(key), String(value)]),
      })
    await consumer.run(
      batches
        ? { eachBatch: ({ batch }) => done(batch.partition, batch.messages) }
        : {
            eachMessage: ({ partition, message }) => done(partition, [message]),
            partitionsConsumedConcurrently: 3,
          },
    )
  }

  /** Sends numbered records, and goes on with the next when the test knows of one. */
  async produce(name: string): Promise<void> {
    const { topic } = this.#options
    const producer = this.kafka.producer()
    await producer.connect()
    let next = 0
    const send = async () => {
      while (!this.#stop) {
        const number = next++
        const message = { key: `key${number % KEYS}`, value: `${name}-${number}` }
        try {
          const [where] = await producer.send({ topic, messages: [message] })
          const { partition, baseOffset } = where ?? {}
          await tell({ type: 'sent', partition, offset: Number(baseOffset), ...message })
        } catch (error) {
          await tell({ type: 'unsent', ...message, why: String(error) })
        }
      }
    }
    this.#sending = Promise.all(Array.from({ length: SENDS }, send)).then(() => producer.disconnect())
  }

  async send(value: string, partition: number): Promise<void> {
    const producer = this.kafka.producer()
    await producer.connect()
    await producer.send({ topic: this.#options.topic, messages: [{ value, partition }] })
    await producer.disconnect()
  }

  /** Sends no more. */
  async silence(): Promise<void> {
    this.#stop = true
    await this.#sending
  }

  async describe(): Promise<unknown> {
    const group = await this.#consumer?.describeGroup()
    return group?.members.map(({ memberId, clientHost }) => ({ memberId, clientHost }))
  }

  async leave(): Promise<void> {
    await this.#consumer?.disconnect()
  }

  /** All that is stored: partition, offset, key, value. */
  async readAll(): Promise<[number, number, string, string][]> {
    const { topic } = this.#options
    const admin = this.kafka.admin()
    await admin.connect()
    const ends = await admin.fetchTopicOffsets(topic)
    await admin.disconnect()
    const behind = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
    const stored: [number, number, string, string][] = []
    const consumer = this.kafka.consumer()
    await consumer.connect()
    consumer.assign(ends.map(({ partition }) => ({ topic, partition, offset: '0' })))
    await new Promise<void>((resolve) => {
      const look = () => {
        if ([...behind.values()].every((missing) => missing <= 0)) resolve()
      }
      look()
      void consumer.run({
        eachMessage: ({ partition, message: { offset, key, value } }) => {
          stored.push([partition, Number(offset), String(key), String(value)])
          behind.set(partition, (behind.get(partition) ?? 0) - 1)
          look()
        },
      })
    })
    await consumer.disconnect()
    return stored
  }
}

window.member = new Member()
