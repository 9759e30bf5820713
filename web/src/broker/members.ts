/** The members that this tab adds to groups: consumers that do nothing but take their time. */

import { signal } from '@preact/signals'
import type { Consumer } from 'ottla'
import { broker } from './connection'
import { explain, type Problem } from './problem'

/** How many records a second a member handles. */
export type Speed = 20 | 200 | 2_000
export const speeds: Speed[] = [20, 200, 2_000]

/** A member of this tab. */
export interface Own {
  /** In the order in which they came. */
  number: number
  group: string
  topic: string
  /** Its name in the group, once it has one. */
  memberId: string | undefined
  /** How many records it has handled. */
  handled: number
  /** Why it has stopped. */
  problem: Problem | undefined
}

export const own = signal<Own[]>([])

const SHOW_EVERY_MS = 200
const COMMIT_EVERY_MS = 500
/** How many partitions a member works on at once, so that all of them are seen to go on. */
const SIDE_BY_SIDE = 16

const consumers = new Map<number, Consumer>()
let last = 0

function change(number: number, to: Partial<Own>): void {
  own.value = own.value.map((each) => (each.number === number ? { ...each, ...to } : each))
}

/** Adds a member. Resolves when it is one. */
export async function addMember(group: string, topic: string, speed: Speed): Promise<void> {
  const consumer = broker().kafka.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    // New partitions shall be taken up while one looks on.
    metadataMaxAge: 1_000,
  })
  const number = ++last
  consumers.set(number, consumer)
  own.value = [...own.value, { number, group, topic, memberId: undefined, handled: 0, problem: undefined }]
  consumer.on<{ memberId: string }>(consumer.events.GROUP_JOIN, ({ payload: { memberId } }) =>
    change(number, { memberId }),
  )
  consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload: { error } }) =>
    change(number, { problem: explain(error) }),
  )
  const work = new Work(speed)
  let handled = 0
  let shown = 0
  const show = () => {
    if (performance.now() - shown < SHOW_EVERY_MS) return
    shown = performance.now()
    change(number, { handled })
  }
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommitInterval: COMMIT_EVERY_MS,
      partitionsConsumedConcurrently: SIDE_BY_SIDE,
      eachMessage: async () => {
        await work.one()
        handled += 1
        show()
      },
    })
  } catch (error) {
    await stopMember(number)
    throw error
  }
}

/** Takes a member of this tab out of its group; what it has done is committed. */
export async function stopMember(number: number): Promise<void> {
  const consumer = consumers.get(number)
  consumers.delete(number)
  await consumer?.disconnect()
  own.value = own.value.filter((each) => each.number !== number)
}

/** A member's work, which takes it as long for each record. */
class Work {
  readonly #each_ms: number
  #done_at_ms = 0

  constructor(speed: Speed) {
    this.#each_ms = 1000 / speed
  }

  one(): Promise<void> | undefined {
    const now = performance.now()
    this.#done_at_ms = Math.max(this.#done_at_ms, now) + this.#each_ms
    const left = this.#done_at_ms - now
    // A browser's timers are coarse: what is shorter is made up for by a longer pause later.
    return left < 10 ? undefined : new Promise((resolve) => setTimeout(resolve, left))
  }
}
