/** A topic that forgets by time and size, and one that keeps the last value of each key. */

import { customers } from '../drawings/keys'
import type { Clock } from '../engine/clock'
import { StoredBroker } from '../engine/database'
import { eventually } from '../engine/eventually'
import type { Setting, World } from '../engine/lesson'
import type { Random } from '../engine/random'
import { PER_SEGMENT, SEGMENT_BYTES, SegmentedTopic } from '../engine/segments'

export const HOUR_MS = 3_600_000
export const HOURS = 6
export const KEEP_HOURS = 3.5
const KEEP_BYTES = '250'
const BEAT_MS = 350
const TRUCKS = ['truck-1', 'truck-2', 'truck-3']
export const DELETED = 'truck-2'
/** No compaction until it is asked for. */
const WAITING = { 'cleanup.policy': 'compact', 'segment.bytes': SEGMENT_BYTES, 'min.compaction.lag.ms': '86400000' }
const COMPACTING = {
  'cleanup.policy': 'compact',
  'segment.bytes': SEGMENT_BYTES,
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '0',
}

export class Retention implements World {
  readonly clicks: SegmentedTopic
  readonly positions: SegmentedTopic
  /** When the lesson began: what the ages of records are told from. */
  readonly now_ms = Date.now()
  readonly #stored: StoredBroker
  readonly #clock: Clock
  readonly #random: Random

  private constructor(stored: StoredBroker, { clock, random }: Setting) {
    this.#stored = stored
    this.#clock = clock
    this.#random = random
    this.clicks = new SegmentedTopic(stored.broker, 'clicks')
    this.positions = new SegmentedTopic(stored.broker, 'positions')
  }

  static async open(setting: Setting): Promise<Retention> {
    const stored = await StoredBroker.open('retention')
    const world = new Retention(stored, setting)
    await stored.broker.createTopic('clicks', 1, { 'segment.bytes': SEGMENT_BYTES, 'retention.ms': '-1' })
    await stored.broker.createTopic('positions', 1, WAITING)
    return world
  }

  get address(): string {
    return this.#stored.broker.address
  }

  /** Clicks of the last hours, which their producer stamped with their times. */
  async sendClicks(): Promise<void> {
    for (let hour = HOURS; hour >= 1; hour--) {
      const newest_ms = this.now_ms - hour * HOUR_MS
      const messages = Array.from({ length: PER_SEGMENT }, (_, at) => ({
        key: this.#random.pick(customers),
        value: `click ${at}`,
        timestamp: String(newest_ms - (PER_SEGMENT - 1 - at) * 60_000),
      }))
      await this.clicks.send(messages, newest_ms)
      await this.#clock.beat(BEAT_MS)
    }
  }

  keepHours(): Promise<void> {
    return this.#retain({ 'retention.ms': String(KEEP_HOURS * HOUR_MS) })
  }

  keepBytes(): Promise<void> {
    return this.#retain({ 'retention.ms': '-1', 'retention.bytes': KEEP_BYTES })
  }

  async sendPositions(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      await this.#sendPositionsOf(TRUCKS)
      await this.#clock.beat(BEAT_MS)
    }
  }

  /** Lets the broker compact whenever there is something new. */
  async compact(): Promise<void> {
    await this.#stored.broker.configure('positions', COMPACTING)
    await this.#compacted()
  }

  /** A tombstone, and others behind it: the newest segment is not compacted. */
  async deleteKey(): Promise<void> {
    await this.positions.send([{ key: DELETED, value: null }])
    await this.#clock.beat(BEAT_MS)
    await this.#sendOthers()
    await this.#compacted()
  }

  /** The next round drops tombstones whose time is over. */
  async forgetTombstone(): Promise<void> {
    await this.#sendOthers()
    await this.#clock.beat(BEAT_MS)
    const isThere = ({ key }: { key: string | null }) => key === DELETED
    await eventually(
      this.#clock,
      'the tombstone gone',
      () => this.positions.read(),
      (kept) => !kept.some(isThere),
    )
  }

  async close(): Promise<void> {
    await this.#stored.close()
  }

  #sendOthers(): Promise<void> {
    return this.#sendPositionsOf(TRUCKS.filter((truck) => truck !== DELETED))
  }

  #sendPositionsOf(trucks: readonly string[]): Promise<void> {
    const messages = Array.from({ length: PER_SEGMENT }, () => ({
      key: this.#random.pick(trucks),
      value: `x${this.#random.below(10)} y${this.#random.below(10)}`,
    }))
    return this.positions.send(messages)
  }

  /** Configures, and opens the broker anew: it then looks at once, and not only every five minutes. */
  async #retain(configs: Record<string, string>): Promise<void> {
    const before = this.clicks.start.peek()
    await this.#stored.broker.configure('clicks', { 'segment.bytes': SEGMENT_BYTES, ...configs })
    await this.#stored.reopen()
    const since = () => this.clicks.read()
    await eventually(this.#clock, 'segments removed', since, () => this.clicks.start.peek() > before)
  }

  /** Waits until behind the newest segment no key has two values. */
  async #compacted(): Promise<void> {
    await eventually(
      this.#clock,
      'the log compacted',
      () => this.positions.read(),
      (kept) => {
        const active = this.positions.segments.peek().at(-1)?.records[0]?.offset ?? 0
        const keys = kept.filter(({ offset }) => offset < active).map(({ key }) => key)
        return new Set(keys).size === keys.length
      },
    )
  }
}
