/** The same drive, sent in several ways, and a tracker that reads each. */

import { signal } from '@preact/signals'
import { LessonBroker, type Stored } from '../engine/broker'
import type { Clock } from '../engine/clock'
import type { Setting, World } from '../engine/lesson'
import { readAll } from '../engine/read-all'
import { drive, type Report } from './drive'
import { type Belief, take } from './tracker'

export const ADDED = 2
const TRUCKS = 6

/** How the reports of a drive are keyed. */
export type Way = 'truck_id' | 'none' | 'status' | 'grown'

export interface Trial {
  way: Way
  topic: string
  /** What was sent, in order. */
  sent: readonly Report[]
  /** What the tracker was given, in order. */
  given: readonly Stored[]
  beliefs: ReadonlyMap<string, Belief>
  isOver: boolean
}

const reportOf = (record: Stored): Report => JSON.parse(record.value ?? '')

export class Trucks implements World {
  readonly trucks: readonly string[]
  readonly reports: readonly Report[]
  /** What has been tried, the newest last. */
  readonly trials = signal<readonly Trial[]>([])
  readonly partitions: number
  readonly #broker: LessonBroker
  readonly #clock: Clock

  private constructor(broker: LessonBroker, { clock, random, values }: Setting) {
    this.#broker = broker
    this.#clock = clock
    this.partitions = Number(values.partitions)
    this.trucks = Array.from({ length: TRUCKS }, (_, at) => `truck-${at + 1}`)
    this.reports = drive(this.trucks, random)
  }

  static async open(setting: Setting): Promise<Trucks> {
    return new Trucks(await LessonBroker.inMemory('trucks'), setting)
  }

  get address(): string {
    return this.#broker.address
  }

  /** How many partitions a trial's topic has in the end. */
  partitionsOf(way: Way): number {
    return this.partitions + (way === 'grown' ? ADDED : 0)
  }

  log(topic: string): readonly Stored[] {
    return this.#broker.log(topic).value
  }

  /** Sends the drive's reports to a topic of their own. */
  async send(way: Way, beat_ms: number): Promise<void> {
    const topic = `reports-${way === 'none' ? 'without-key' : way.replace('_', '-')}`
    await this.#broker.createTopic(topic, this.partitions)
    this.trials.value = [
      ...this.trials.value,
      { way, topic, sent: [], given: [], beliefs: new Map(), isOver: false },
    ]
    const half = Math.floor(this.reports.length / 2)
    for (const [at, report] of this.reports.entries()) {
      if (way === 'grown' && at === half) await this.#grow(topic)
      const message = { key: keyOf(way, report), value: JSON.stringify(report) }
      if (way === 'none') await this.#broker.send(topic, message, 'in turn', { createPartitioner: inTurn })
      else await this.#broker.send(topic, message)
      this.#change((trial) => ({ ...trial, sent: [...trial.sent, report] }))
      await this.#clock.beat(beat_ms)
    }
  }

  /** Lets the tracker read what lies in the topic, as after a pause. */
  async track(beat_ms: number): Promise<void> {
    const topic = this.trials.peek().at(-1)?.topic ?? ''
    for (const record of await readAll(this.#broker, topic)) {
      const report = reportOf(record)
      this.#change((trial) => ({
        ...trial,
        given: [...trial.given, record],
        beliefs: new Map(trial.beliefs).set(report.truck, take(trial.beliefs.get(report.truck), report)),
      }))
      await this.#clock.beat(beat_ms)
    }
    this.#change((trial) => ({ ...trial, isOver: true }))
  }

  async close(): Promise<void> {
    await this.#broker.close()
  }

  async #grow(topic: string): Promise<void> {
    const count = this.partitions + ADDED
    await this.#broker.admin.createPartitions({ topicPartitions: [{ topic, count }] })
    await this.#broker.forgetProducers()
  }

  #change(change: (trial: Trial) => Trial): void {
    this.trials.value = this.trials.value.map((trial, at, { length }) => (at === length - 1 ? change(trial) : trial))
  }
}

function keyOf(way: Way, { truck, status }: Report): string | null {
  if (way === 'none') return null
  return way === 'status' ? status : truck
}

/** One partition after the other, as Java's RoundRobinPartitioner does. */
const inTurn = () => {
  let turn = 0
  return ({ partitionMetadata }: { partitionMetadata: readonly unknown[] }) => turn++ % partitionMetadata.length
}
