/** The broker of one run of a lesson, and what is known to be in its topics. */

import { type Signal, signal } from '@preact/signals'
import { type Admin, ConfigResourceTypes, Kafka, logLevel, type Message, type Producer, type ProducerConfig } from 'ottla'

/** A record that the broker has confirmed. */
export interface Stored {
  topic: string
  partition: number
  offset: number
  key: string | null
  /** Null for a tombstone. */
  value: string | null
}

let last = 0

/** A name that no other run has, in this tab or another. */
export const fresh = (lesson: string): string =>
  `lesson-${lesson}-${++last}-${crypto.randomUUID().slice(0, 8)}`

export class LessonBroker {
  readonly address: string
  readonly kafka: Kafka
  readonly admin: Admin
  readonly #producers = new Map<string, Promise<Producer>>()
  readonly #logs = new Map<string, Signal<Stored[]>>()

  private constructor(address: string) {
    this.address = address
    this.kafka = new Kafka({ clientId: 'lesson', brokers: [address], logLevel: logLevel.ERROR })
    this.admin = this.kafka.admin()
  }

  static async open(address: string): Promise<LessonBroker> {
    const broker = new LessonBroker(address)
    await broker.admin.connect()
    return broker
  }

  /** A broker in this page's memory, which nobody else knows. */
  static inMemory(lesson: string): Promise<LessonBroker> {
    return LessonBroker.open(`memory://${fresh(lesson)}`)
  }

  async createTopic(topic: string, partitions: number, configs: Record<string, string> = {}): Promise<void> {
    await this.admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: partitions,
          configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
    })
  }

  /** Sets a topic's configuration; what is not named goes back to its default. */
  async configure(topic: string, configs: Record<string, string>): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await this.admin.alterConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    })
  }

  /** What was sent to a topic and confirmed, in the order of the confirmations. */
  log(topic: string): Signal<Stored[]> {
    const known = this.#logs.get(topic) ?? signal<Stored[]>([])
    this.#logs.set(topic, known)
    return known
  }

  /** Sends a record, and waits until it is stored. */
  async send(topic: string, message: Message, by = 'default', config: ProducerConfig = {}): Promise<Stored> {
    const [stored] = await this.sendAll(topic, [message], by, config)
    if (!stored) throw new Error('The broker did not say where the record went.')
    return stored
  }

  /**
   * Sends records at once, and waits until they are stored. Which of them are in which partition is
   * known where all have one key.
   */
  async sendAll(topic: string, messages: Message[], by = 'default', config: ProducerConfig = {}): Promise<Stored[]> {
    const producer = await this.#producer(by, config)
    const [answer, ...others] = await producer.send({ topic, messages })
    if (!answer || others.length > 0) throw new Error('The records did not go to one partition.')
    const base = Number(answer.baseOffset)
    const stored = messages.map(({ key, value }, at): Stored => ({
      topic,
      partition: answer.partition,
      offset: base + at,
      key: key === undefined || key === null ? null : String(key),
      value: value === null ? null : String(value),
    }))
    const log = this.log(topic)
    log.value = [...log.value, ...stored]
    return stored
  }

  /** Makes producers ask anew what they know of topics. */
  async forgetProducers(): Promise<void> {
    const all = [...this.#producers.values()]
    this.#producers.clear()
    await Promise.all(all.map(async (producer) => (await producer).disconnect()))
  }

  async close(): Promise<void> {
    await this.forgetProducers()
    await this.admin.disconnect()
    await this.kafka.shutdown()
  }

  #producer(by: string, config: ProducerConfig): Promise<Producer> {
    const known = this.#producers.get(by)
    if (known) return known
    const producer = this.kafka.producer({ allowAutoTopicCreation: false, ...config })
    const connected = producer.connect().then(() => producer)
    this.#producers.set(by, connected)
    return connected
  }
}
