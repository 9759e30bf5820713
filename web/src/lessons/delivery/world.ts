/** One topic, read by a queue, by two subscribers, and by who comes late. */

import { LessonBroker } from '../engine/broker'
import type { Clock } from '../engine/clock'
import type { Setting, World } from '../engine/lesson'
import type { Random } from '../engine/random'
import { Reader } from '../engine/reader'
import { until } from '../engine/until'
import { customers } from '../drawings/keys'

export const TOPIC = 'orders'
export const LATE = 'audit'
export const SUBSCRIBERS = ['mail', 'stock']
const ROUND = 6
const BEAT_MS = 350

export class Delivery implements World {
  readonly partitions: number
  readonly workers: readonly Reader[]
  readonly subscribers: readonly Reader[]
  readonly late: Reader
  readonly #broker: LessonBroker
  readonly #clock: Clock
  readonly #random: Random
  /** How many records there were before the subscribers came. */
  #missed = 0

  private constructor(broker: LessonBroker, { clock, random, values }: Setting) {
    this.#broker = broker
    this.#clock = clock
    this.#random = random
    this.partitions = Number(values.partitions)
    const reader = (group: string, clientId: string, fromBeginning: boolean) =>
      new Reader(broker, clock, { topic: TOPIC, group, clientId, fromBeginning, work_ms: BEAT_MS })
    this.workers = [reader('workers', 'worker-a', true), reader('workers', 'worker-b', true)]
    this.subscribers = SUBSCRIBERS.map((name) => reader(name, name, false))
    this.late = reader(LATE, LATE, true)
  }

  static async open(setting: Setting): Promise<Delivery> {
    const broker = await LessonBroker.inMemory('delivery')
    const world = new Delivery(broker, setting)
    await broker.createTopic(TOPIC, world.partitions)
    return world
  }

  get address(): string {
    return this.#broker.address
  }

  get log() {
    return this.#broker.log(TOPIC)
  }

  /** Sends some orders, and waits until who reads has them. */
  async send(): Promise<void> {
    for (let sent = 0; sent < ROUND; sent++) {
      const key = this.#random.pick(customers)
      await this.#broker.send(TOPIC, { key, value: `order ${this.log.peek().length + 1}` })
      await this.#clock.beat(BEAT_MS)
    }
    await this.#caughtUp()
  }

  async startQueue(): Promise<void> {
    for (const worker of this.workers) await worker.start()
    await until(this.#clock, 'a partition for each worker', () => {
      const shares = this.workers.map(({ partitions }) => partitions.value.length)
      const [most = 0, least = 0] = [Math.max(...shares), Math.min(...shares)]
      return most + least === this.partitions && most - least <= 1
    })
    await this.#caughtUp()
  }

  /** Two groups that begin behind the last record there is. */
  async subscribe(): Promise<void> {
    this.#missed = this.log.peek().length
    // Said beforehand: otherwise a group that asks for the end finds it a moment after it was started.
    for (const groupId of SUBSCRIBERS) await this.#broker.admin.resetOffsets({ groupId, topic: TOPIC })
    for (const subscriber of this.subscribers) await subscriber.start()
  }

  async arriveLate(): Promise<void> {
    await this.late.start()
    await this.#caughtUp()
  }

  /** Sets the late group's committed offsets to the first ones, and lets it go on. */
  async replay(): Promise<void> {
    await this.late.stop()
    await this.#broker.admin.resetOffsets({ groupId: LATE, topic: TOPIC, earliest: true })
    const before = this.late.seen.peek().length
    const all = this.log.peek().length
    await this.late.start()
    await until(this.#clock, 'all records once more', () => this.late.seen.value.length === before + all)
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers, ...this.subscribers, this.late].map((reader) => reader.stop()))
    await this.#broker.close()
  }

  #caughtUp(): Promise<void> {
    return until(this.#clock, 'all records to all who read', () => {
      const all = this.log.value.length
      const count = (readers: readonly Reader[]) => readers.reduce((sum, { seen }) => sum + seen.value.length, 0)
      if (this.workers[0]?.isRunning && count(this.workers) < all) return false
      if (this.late.isRunning && count([this.late]) < all) return false
      return this.subscribers.every((each) => !each.isRunning || each.seen.value.length >= all - this.#missed)
    })
  }
}
