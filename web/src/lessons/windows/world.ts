/** A group whose members are windows. */

import { signal } from '@preact/signals'
import { href } from '../../route'
import { customers } from '../drawings/keys'
import { LessonBroker } from '../engine/broker'
import type { Clock } from '../engine/clock'
import { freshDatabase, removeDatabase } from '../engine/database'
import type { Setting, World } from '../engine/lesson'
import type { Random } from '../engine/random'
import { Reader } from '../engine/reader'
import { until } from '../engine/until'
import { GroupWatch } from '../engine/watch-group'
import { GROUP, nameOf, TOPIC, WORK_MS } from './names'

const SEND_MS = 60
/** A window that the browser holds back is opened by hand. */
const BY_HAND_MS = 600_000

interface Opened {
  seat: number
  /** Undefined where it was opened by hand. */
  window: Window | undefined
}

export class Windows implements World {
  readonly partitions: number
  readonly self: Reader
  readonly watch: GroupWatch
  /** The address of a window that the browser did not let this page open. */
  readonly heldBack = signal<string | undefined>(undefined)
  /** A window that only who opened it can close. */
  readonly toClose = signal<number | undefined>(undefined)
  readonly #name: string
  readonly #broker: LessonBroker
  readonly #clock: Clock
  readonly #random: Random
  readonly #opened: Opened[] = []
  #lastSeat = 1

  private constructor(name: string, broker: LessonBroker, { clock, random, values }: Setting) {
    this.#name = name
    this.#broker = broker
    this.#clock = clock
    this.#random = random
    this.partitions = Number(values.partitions)
    this.watch = new GroupWatch(broker, TOPIC, GROUP)
    this.self = new Reader(broker, clock, {
      topic: TOPIC,
      group: GROUP,
      clientId: nameOf(1),
      fromBeginning: true,
      work_ms: WORK_MS,
    })
  }

  static async open(setting: Setting): Promise<Windows> {
    const name = await freshDatabase('windows')
    const broker = await LessonBroker.open(`idb://${name}`)
    await broker.createTopic(TOPIC, Number(setting.values.partitions))
    return new Windows(name, broker, setting)
  }

  get address(): string {
    return this.#broker.address
  }

  get log() {
    return this.#broker.log(TOPIC)
  }

  async join(): Promise<void> {
    await this.self.start()
    await this.#members([nameOf(1)])
  }

  /** Sends records, and waits until the windows have done them. */
  async send(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      const all = this.log.peek().length
      await this.#broker.send(TOPIC, {
        key: this.#random.pick(customers),
        partition: all % this.partitions,
        value: `job ${all + 1}`,
      })
      await this.#clock.beat(SEND_MS)
    }
    await until(this.#clock, 'all records done', () => {
      const { partitions } = this.watch.view.value
      const all = partitions.reduce((sum, { high }) => sum + high, 0)
      return all === this.log.value.length && partitions.every(({ lag }) => lag === 0)
    })
  }

  /** Opens a window, and waits until it is a member. */
  async openWindow(): Promise<void> {
    const seat = ++this.#lastSeat
    const address = href(['learn', 'windows'], { room: this.#name, seat })
    const window = open(address, '_blank', 'popup,width=440,height=600') ?? undefined
    const opened = { seat, window }
    this.#opened.push(opened)
    if (!window) this.heldBack.value = address
    try {
      await this.#members(this.#names(), BY_HAND_MS)
    } finally {
      this.heldBack.value = undefined
    }
  }

  /** Closes the window that was opened last, as a person would: without a word to the broker. */
  async closeWindow(): Promise<void> {
    const last = this.#opened.pop()
    if (!last) throw new Error('There is no window left to close.')
    if (last.window) last.window.close()
    else this.toClose.value = last.seat
    try {
      await this.#members(this.#names(), BY_HAND_MS)
    } finally {
      this.toClose.value = undefined
    }
  }

  async close(): Promise<void> {
    this.watch.stop()
    for (const { window } of this.#opened) window?.close()
    await this.self.stop()
    await this.#broker.close()
    await removeDatabase(this.#name)
  }

  #names(): string[] {
    return [nameOf(1), ...this.#opened.map(({ seat }) => nameOf(seat))]
  }

  /** Waits until the group has these members, and its partitions are with them. */
  #members(names: readonly string[], patience_ms?: number): Promise<void> {
    const isSo = () => {
      const { state, members, partitions } = this.watch.view.value
      const shares = members.map((member) => member.partitions.length)
      return (
        state === 'Stable' &&
        members.map(({ clientId }) => clientId).join() === [...names].sort().join() &&
        partitions.every(({ owner }) => owner !== undefined) &&
        Math.max(...shares) - Math.min(...shares) <= 1
      )
    }
    return until(this.#clock, `the members ${names.join(', ')}`, isSo, patience_ms)
  }
}
