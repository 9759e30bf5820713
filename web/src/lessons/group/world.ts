/** A group whose members live in workers, so that they can come, leave, and die. */

import { computed, signal } from '@preact/signals'
import { customers } from '../drawings/keys'
import type { LessonBroker, Stored } from '../engine/broker'
import type { Clock } from '../engine/clock'
import { StoredBroker } from '../engine/database'
import type { Setting, World } from '../engine/lesson'
import { Member } from '../engine/member'
import type { Random } from '../engine/random'
import { until } from '../engine/until'
import { GroupWatch } from '../engine/watch-group'

export const TOPIC = 'orders'
export const GROUP = 'billing'
export const COMMIT_EVERY = 4
/** So many come in one fetch, and a commit falls among them. */
const AT_ONCE = 6
export const MOST_MEMBERS = 5
const WORK_MS = 280
const SEND_MS = 60

export class Group implements World {
  readonly partitions: number
  /** All that ever were, in the order in which they came. */
  readonly members = signal<readonly Member[]>([])
  readonly here = computed(() => this.members.value.filter(({ state }) => state.value !== 'gone'))
  /** How often each record was given to somebody. */
  readonly given = computed(() => {
    const times = new Map<string, number>()
    for (const { seen } of this.members.value) {
      for (const record of seen.value) times.set(placeOf(record), (times.get(placeOf(record)) ?? 0) + 1)
    }
    return times
  })
  readonly watch: GroupWatch
  readonly #stored: StoredBroker
  readonly #broker: LessonBroker
  readonly #clock: Clock
  readonly #random: Random

  private constructor(stored: StoredBroker, { clock, random, values }: Setting) {
    this.#stored = stored
    this.#broker = stored.broker
    this.#clock = clock
    this.#random = random
    this.partitions = Number(values.partitions)
    this.watch = new GroupWatch(stored.broker, TOPIC, GROUP)
  }

  static async open(setting: Setting): Promise<Group> {
    const stored = await StoredBroker.open('group')
    await stored.broker.createTopic(TOPIC, Number(setting.values.partitions))
    return new Group(stored, setting)
  }

  get address(): string {
    return this.#broker.address
  }

  get log() {
    return this.#broker.log(TOPIC)
  }

  async send(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      const partition = this.log.peek().length % this.partitions
      const key = this.#random.pick(customers)
      // Evenly, so that every member has something to do.
      await this.#broker.send(TOPIC, { key, partition, value: `order ${this.log.peek().length + 1}` })
      await this.#clock.beat(SEND_MS)
    }
  }

  /** Adds a member, and waits until the partitions are shared out anew. */
  async add(): Promise<void> {
    const name = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[this.members.peek().length % 26] as string
    const options = {
      address: this.#broker.address,
      group: GROUP,
      clientId: name,
      topic: TOPIC,
      work_ms: WORK_MS / this.#clock.pace,
      commitEvery: COMMIT_EVERY,
    }
    await Member.start(name, this.#clock, options, (member) => {
      this.members.value = [...this.members.value, member]
    })
    await this.shared()
  }

  async stop(member: Member): Promise<void> {
    await member.stop()
    await this.shared()
  }

  /** Kills a member. The broker learns of it as it would of a closed tab. */
  async crash(member: Member): Promise<void> {
    member.kill()
    await this.shared()
  }

  /** Gives the group work, and kills a member in the middle of it, when some of it is not committed. */
  async crashAtWork(): Promise<void> {
    const { members } = this.watch.view.peek()
    const busiest = [...members].sort((a, b) => b.partitions.length - a.partitions.length)[0]?.clientId
    const member = this.here.peek().find(({ name }) => name === busiest)
    if (!member) throw new Error('There is no member that could crash.')
    const frozen = member.freeze()
    for (let partition = 0; partition < this.partitions; partition++) {
      const messages = Array.from({ length: AT_ONCE }, (_, at) => ({
        key: this.#random.pick(customers),
        partition,
        value: `order ${this.log.peek().length + 1 + at}`,
      }))
      await this.#broker.sendAll(TOPIC, messages)
      await this.#clock.beat(SEND_MS)
    }
    await frozen
    await this.crash(member)
  }

  /** Waits until the members that there are, and no others, have all partitions between them. */
  shared(): Promise<void> {
    return until(this.#clock, 'partitions shared out among the members', () => {
      const { state, members, partitions } = this.watch.view.value
      const names = this.here.value.map(({ name }) => name).sort()
      const shares = members.map((member) => member.partitions.length)
      const isEven = shares.length === 0 || Math.max(...shares) - Math.min(...shares) <= 1
      const areAll = names.length === 0 || partitions.every(({ owner }) => owner !== undefined)
      return (
        isEven &&
        areAll &&
        (names.length === 0 || state === 'Stable') &&
        members.map(({ clientId }) => clientId).join() === names.join()
      )
    })
  }

  /** Waits until everything is done and committed. */
  caughtUp(): Promise<void> {
    return until(this.#clock, 'the group at the end of the log', () =>
      this.watch.view.value.partitions.every(({ high, committed = 0 }) => committed === high) &&
      this.watch.view.value.partitions.reduce((sum, { high }) => sum + high, 0) === this.log.value.length,
    )
  }

  timesGiven(record: Stored): number {
    return this.given.value.get(placeOf(record)) ?? 0
  }

  async close(): Promise<void> {
    this.watch.stop()
    for (const member of this.here.peek()) member.kill()
    await this.#stored.close()
  }
}

const placeOf = ({ partition, offset }: Stored) => `${partition}-${offset}`
