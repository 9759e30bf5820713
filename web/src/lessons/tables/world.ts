/** A stream of deliveries, what it comes to by truck, and the changelog that brings that back. */

import { signal } from '@preact/signals'
import { LessonBroker } from '../engine/broker'
import type { Clock } from '../engine/clock'
import { eventually } from '../engine/eventually'
import type { Setting, World } from '../engine/lesson'
import type { Random } from '../engine/random'
import { readAll } from '../engine/read-all'
import { Reader } from '../engine/reader'
import { until } from '../engine/until'

export const STREAM = 'deliveries'
export const CHANGELOG = 'parcels-by-truck'
export const TRUCKS = ['truck-1', 'truck-2', 'truck-3', 'truck-4']
const ROUND = 14
const BEAT_MS = 160
/** Two records of the changelog fit, three do not: only what lies in a closed segment is compacted. */
const LOG = { 'cleanup.policy': 'compact', 'segment.bytes': '160' }
const WAITING = { ...LOG, 'min.compaction.lag.ms': '86400000' }
const COMPACTING = { ...LOG, 'min.cleanable.dirty.ratio': '0' }

export type Table = ReadonlyMap<string, number>

export class Tables implements World {
  readonly partitions: number
  /** Of the program that aggregates: in its memory only. */
  readonly table = signal<Table>(new Map())
  /** What it was when it was lost. */
  readonly lost = signal<Table | undefined>(undefined)
  /** How many records of the changelog were read to bring it back. */
  readonly replayed = signal<number | undefined>(undefined)
  /** Offsets that compaction has left; undefined before it is read. */
  readonly kept = signal<ReadonlySet<number> | undefined>(undefined)
  readonly reader: Reader
  readonly #broker: LessonBroker
  readonly #clock: Clock
  readonly #random: Random

  private constructor(broker: LessonBroker, { clock, random, values }: Setting) {
    this.#broker = broker
    this.#clock = clock
    this.#random = random
    this.partitions = Number(values.partitions)
    this.reader = new Reader(broker, clock, {
      topic: STREAM,
      group: 'aggregate',
      clientId: 'aggregate',
      fromBeginning: true,
      work_ms: BEAT_MS,
      done: async ({ key, value }) => this.#add(key ?? '', Number(value)),
    })
  }

  static async open(setting: Setting): Promise<Tables> {
    const broker = await LessonBroker.inMemory('tables')
    const world = new Tables(broker, setting)
    await broker.createTopic(STREAM, world.partitions)
    await broker.createTopic(CHANGELOG, 1, WAITING)
    return world
  }

  get address(): string {
    return this.#broker.address
  }

  get stream() {
    return this.#broker.log(STREAM)
  }

  get changelog() {
    return this.#broker.log(CHANGELOG)
  }

  /** The table that the stream comes to. */
  expected(): Table {
    const table = new Map<string, number>()
    for (const { key, value } of this.stream.value) table.set(key ?? '', (table.get(key ?? '') ?? 0) + Number(value))
    return table
  }

  async send(): Promise<void> {
    for (let sent = 0; sent < ROUND; sent++) {
      await this.#broker.send(STREAM, { key: this.#random.pick(TRUCKS), value: String(1 + this.#random.below(9)) })
      await this.#clock.beat(BEAT_MS)
    }
  }

  async aggregate(): Promise<void> {
    await this.reader.start()
    await until(this.#clock, 'the stream aggregated', () => this.changelog.value.length === this.stream.value.length)
    await this.reader.stop()
  }

  /** The program dies, and its memory with it. */
  async lose(): Promise<void> {
    this.lost.value = this.table.peek()
    this.table.value = new Map()
    this.replayed.value = undefined
  }

  async rebuild(): Promise<void> {
    this.table.value = new Map()
    const records = await readAll(this.#broker, CHANGELOG)
    this.replayed.value = 0
    for (const { key, value } of records) {
      this.table.value = new Map(this.table.peek()).set(key ?? '', Number(value))
      this.replayed.value += 1
      await this.#clock.beat(BEAT_MS)
    }
  }

  /** Compacts the changelog, loses the table once more, and rebuilds it from what is left. */
  async compact(): Promise<void> {
    await this.#broker.configure(CHANGELOG, COMPACTING)
    const all = this.changelog.peek().length
    await eventually(
      this.#clock,
      'the changelog compacted',
      async () => {
        const records = await readAll(this.#broker, CHANGELOG)
        this.kept.value = new Set(records.map(({ offset }) => offset))
        return records.length
      },
      (left) => left < all,
    )
    await this.lose()
    await this.rebuild()
    // The round may have ended after the first look.
    this.kept.value = new Set((await readAll(this.#broker, CHANGELOG)).map(({ offset }) => offset))
  }

  async close(): Promise<void> {
    await this.reader.stop()
    await this.#broker.close()
  }

  /** A change of the table is stored before it counts. */
  async #add(truck: string, parcels: number): Promise<void> {
    const sum = (this.table.peek().get(truck) ?? 0) + parcels
    await this.#broker.send(CHANGELOG, { key: truck, value: String(sum) })
    this.table.value = new Map(this.table.peek()).set(truck, sum)
  }
}
