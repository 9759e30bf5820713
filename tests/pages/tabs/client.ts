/** What a tab of the tests does with the broker that it shares with others. */

import { Kafka, type Leadership, logLevel, type Producer } from 'ottla'

/** Milliseconds since 1970, on a clock that does not jump. */
export const now = () => performance.timeOrigin + performance.now()

/** A record that was acknowledged. */
export interface Acknowledged {
  value: string
  partition: number
  offset: string
  /** When it was sent, and when that was acknowledged. */
  sentAt: number
  ackedAt: number
}

/** What a tab reads. */
export interface Stored {
  partition: number
  offset: string
  value: string
}

export class Client {
  readonly kafka: Kafka
  readonly acknowledged: Acknowledged[] = []
  readonly errors: string[] = []
  /** Every change of the leadership that this tab heard of, and when. */
  readonly changes: { at: number; leadership: Leadership | undefined }[] = []
  #producing: Promise<void> | undefined
  #stop = false

  /** @param storageTimeout in milliseconds; long, as the machine may be slow */
  constructor(broker: string, storageTimeout = 30_000) {
    this.kafka = new Kafka({ clientId: 'tabs', brokers: [broker], storageTimeout, logLevel: logLevel.NOTHING })
    void this.kafka.onLeadership((leadership) => this.changes.push({ at: now(), leadership }))
  }

  async create(topic: string, numPartitions: number): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions }] })
    await admin.disconnect()
  }

  /** Connects a client of each kind; tells how that ended for each. */
  async connectAll(): Promise<string[]> {
    const clients = [this.kafka.admin(), this.kafka.producer(), this.kafka.consumer({ groupId: 'all' })]
    const connect = (client: (typeof clients)[number]) => client.connect().then(() => 'connected', String)
    const outcomes = await Promise.all(clients.map(connect))
    for (const client of clients) await client.disconnect()
    return outcomes
  }

  leadership(): Promise<Leadership | undefined> {
    return this.kafka.leadership()
  }

  /** Sends one record. */
  async send(topic: string, value: string, partition = 0): Promise<string | undefined> {
    const producer = this.kafka.producer()
    await producer.connect()
    const [where] = await producer.send({ topic, messages: [{ value, partition }] })
    await producer.disconnect()
    return where?.baseOffset
  }

  /** Sends numbered records, one after the other, until it is told to stop. */
  async produce(topic: string, name: string, partition = 0): Promise<void> {
    const producer = this.kafka.producer()
    await producer.connect()
    this.#stop = false
    this.#producing = this.#produce(producer, topic, name, partition)
  }

  async #produce(producer: Producer, topic: string, name: string, partition: number): Promise<void> {
    for (let number = 0; !this.#stop; number++) {
      const value = `${name}-${number}`
      const sentAt = now()
      try {
        const [where] = await producer.send({ topic, messages: [{ value, partition }] })
        const offset = where?.baseOffset ?? '-1'
        this.acknowledged.push({ value, partition, offset, sentAt, ackedAt: now() })
      } catch (error) {
        this.errors.push(`${value}: ${String(error)}`)
      }
    }
    await producer.disconnect()
  }

  /** Stores so many records, that there is something to be taken over. */
  async fill(topic: string, count: number): Promise<void> {
    const producer = this.kafka.producer()
    await producer.connect()
    const some = 1_000
    for (let first = 0; first < count; first += some) {
      const messages = Array.from({ length: some }, (_, at) => ({
        value: `filled-${first + at} ${'.'.repeat(100)}`,
        partition: 0,
      }))
      await producer.send({ topic, messages })
    }
    await producer.disconnect()
  }

  async stop(): Promise<void> {
    this.#stop = true
    await this.#producing
  }

  /** Reads all that is stored now. */
  async readAll(topic: string): Promise<Stored[]> {
    const admin = this.kafka.admin()
    await admin.connect()
    const ends = await admin.fetchTopicOffsets(topic)
    await admin.disconnect()
    const missing = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
    const stored: Stored[] = []
    const consumer = this.kafka.consumer()
    await consumer.connect()
    consumer.assign(ends.map(({ partition }) => ({ topic, partition, offset: '0' })))
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if ([...missing.values()].every((count) => count <= 0)) resolve()
      }
      look()
      consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer
        .run({
          eachMessage: ({ partition, message }) => {
            stored.push({ partition, offset: message.offset, value: String(message.value) })
            missing.set(partition, (missing.get(partition) ?? 0) - 1)
            look()
          },
        })
        .catch(reject)
    })
    await consumer.disconnect()
    return stored
  }

  /** Reads into `received` what is stored, and what comes. */
  async follow(topic: string, partition = 0): Promise<void> {
    const consumer = this.kafka.consumer()
    await consumer.connect()
    consumer.assign([{ topic, partition, offset: 'earliest' }])
    await consumer.run({
      eachMessage: ({ message }) => {
        this.received.push({ value: String(message.value), at: now() })
      },
    })
  }

  readonly received: { value: string; at: number }[] = []
}
