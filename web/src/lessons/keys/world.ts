/** A topic to which keys are sent, and which is read back. */

import { type Signal, signal } from '@preact/signals'
import { place } from '../../route'
import { customers } from '../drawings/keys'
import { LessonBroker, type Stored } from '../engine/broker'
import type { Clock } from '../engine/clock'
import type { Setting, World } from '../engine/lesson'
import type { Random } from '../engine/random'
import { readAll } from '../engine/read-all'

export const TOPIC = 'events'
export const ADDED = 2
const FIRST_KEY = 'truck-7'
const BEAT_MS = 250

export class Keys implements World {
  readonly partitions: Signal<number>
  /** How many there will be. */
  readonly most: number
  /** What stands in the field. */
  readonly typed: Signal<string>
  /** What the broker answered last. */
  readonly answer = signal<Stored | undefined>(undefined)
  /** The topic, in the order in which a consumer got it. */
  readonly read = signal<readonly Stored[]>([])
  /** From this number of records on there were more partitions. */
  readonly grownAt = signal<number | undefined>(undefined)
  readonly #broker: LessonBroker
  readonly #clock: Clock
  readonly #random: Random

  private constructor(broker: LessonBroker, { clock, random, values }: Setting) {
    this.#broker = broker
    this.#clock = clock
    this.#random = random
    this.partitions = signal(Number(values.partitions))
    this.most = this.partitions.peek() + ADDED
    this.typed = signal(place.peek().query.key ?? FIRST_KEY)
  }

  static async open(setting: Setting): Promise<Keys> {
    const broker = await LessonBroker.inMemory('keys')
    const world = new Keys(broker, setting)
    await broker.createTopic(TOPIC, world.partitions.peek())
    return world
  }

  get address(): string {
    return this.#broker.address
  }

  get log() {
    return this.#broker.log(TOPIC)
  }

  async send(key: string): Promise<void> {
    const number = this.log.peek().length + 1
    this.answer.value = await this.#broker.send(TOPIC, { key, value: `event ${number}` })
  }

  async sendTyped(times: number): Promise<void> {
    for (let sent = 0; sent < times; sent++) {
      await this.send(this.typed.peek())
      await this.#clock.beat(BEAT_MS)
    }
  }

  /** All customers, and some of them again. */
  async sendOthers(): Promise<void> {
    const keys = [...customers, ...customers.map(() => this.#random.pick(customers))]
    for (const key of keys) {
      await this.send(key)
      await this.#clock.beat(BEAT_MS)
    }
  }

  async readBack(): Promise<void> {
    this.read.value = []
    for (const record of await readAll(this.#broker, TOPIC)) {
      this.read.value = [...this.read.value, record]
      await this.#clock.beat(BEAT_MS / 2)
    }
  }

  /** Adds partitions, and sends each key that was sent before once more. */
  async grow(): Promise<void> {
    const count = this.partitions.peek() + ADDED
    await this.#broker.admin.createPartitions({ topicPartitions: [{ topic: TOPIC, count }] })
    // What a producer knows of a topic may be five minutes old.
    await this.#broker.forgetProducers()
    const keys = new Set(this.log.peek().map(({ key }) => key ?? ''))
    this.grownAt.value = this.log.peek().length
    this.partitions.value = count
    for (const key of keys) {
      await this.send(key)
      await this.#clock.beat(BEAT_MS)
    }
  }

  async close(): Promise<void> {
    await this.#broker.close()
  }
}
