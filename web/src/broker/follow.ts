/**
 * A consumer that follows the topic which is looked at. What the page shows of its partitions, the
 * ends, rates and keys, is what this consumer reads: only what is stored can appear.
 */

import { batch, signal } from '@preact/signals'
import type { Consumer, EachBatchPayload } from 'ottla'
import { inFrame, NUMBERS_MS } from '../ui/frame'
import { broker } from './connection'
import { explain, type Problem } from './problem'
import { type Ends, fetchEnds } from './topics'

/** What is known of one partition. */
export interface Lane extends Ends {
  /** How many records were read here. */
  read: number
  /** The sizes of their keys and values. */
  size_bytes: number
  /** How often each key occurs among them. */
  keys: ReadonlyMap<string, number>
  /** New records a second, over the last second. */
  rate: number
}

/** Of a larger partition only so many of its newest records are read for their keys. */
export const COUNTED = 50_000
const RATE_OVER_MS = 1_000

export const lanes = signal<Lane[]>([])
/** Why the consumer has stopped, if it has. */
export const trouble = signal<Problem | undefined>(undefined)

interface Tally extends Omit<Lane, 'keys' | 'rate'> {
  keys: Map<string, number>
  /** Where the partition ended when the following began: what lies before is no news. */
  news: number
  /** When how many new records came, the oldest first. */
  arrivals: { at: number; count: number }[]
}

class Follower {
  readonly topic: string
  readonly #consumer: Consumer = broker().kafka.consumer({ allowAutoTopicCreation: false })
  readonly #tallies = new Map<number, Tally>()
  readonly #frame = inFrame(() => this.#show(), NUMBERS_MS)
  #stopped = false

  constructor(topic: string) {
    this.topic = topic
  }

  async start(): Promise<void> {
    const topic = this.topic
    const ends = await fetchEnds(topic)
    for (const end of ends) {
      const { partition, high } = end
      this.#tallies.set(partition, { ...end, read: 0, size_bytes: 0, keys: new Map(), news: high, arrivals: [] })
    }
    await this.#consumer.connect()
    if (this.#stopped) return
    this.#show()
    this.#consumer.on<{ error: unknown }>(this.#consumer.events.CRASH, ({ payload: { error } }) =>
      this.#passOver(error),
    )
    this.#consumer.assign(
      ends.map(({ partition, low, high }) => ({
        topic,
        partition,
        offset: String(Math.max(low, high - COUNTED)),
      })),
    )
    await this.#run()
  }

  #run(): Promise<void> {
    return this.#consumer.run({ eachBatch: (payload) => this.#take(payload) })
  }

  /** Says what stopped the consumer. A partition that cannot be read does not hold up the others. */
  #passOver(error: unknown): void {
    if (this.#stopped) return
    trouble.value = explain(error)
    const partition = partitionOf(error)
    if (partition === undefined) return
    const removeListener = this.#consumer.on(this.#consumer.events.STOP, () => {
      removeListener()
      if (this.#stopped) return
      this.#consumer.seek({ topic: this.topic, partition, offset: 'latest' })
      void this.#run()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#frame.cancel()
    await this.#consumer.disconnect()
  }

  #take({ batch }: EachBatchPayload): void {
    const { partition, highWatermark, messages } = batch
    const tally = this.#tallies.get(partition)
    if (!tally || this.#stopped) return
    tally.high = Math.max(tally.high, Number(highWatermark))
    tally.read += messages.length
    for (const { key, value } of messages) {
      tally.size_bytes += (key?.length ?? 0) + (value?.length ?? 0)
      if (key === null) continue
      const name = key.toString()
      tally.keys.set(name, (tally.keys.get(name) ?? 0) + 1)
    }
    const count = Math.min(messages.length, Number(batch.lastOffset()) + 1 - tally.news)
    if (count > 0) tally.arrivals.push({ at: performance.now(), count })
    this.#frame.ask()
  }

  /** Shows what has come, and again for as long as there is a rate that must go back to nothing. */
  #show(): void {
    const now = performance.now()
    let moving = false
    const shown = [...this.#tallies.values()].map(({ arrivals, news: _, ...tally }) => {
      while (arrivals[0] && arrivals[0].at < now - RATE_OVER_MS) arrivals.shift()
      const recent = arrivals.reduce((sum, { count }) => sum + count, 0)
      moving ||= recent > 0
      return { ...tally, keys: new Map(tally.keys), rate: (recent * 1000) / RATE_OVER_MS }
    })
    lanes.value = shown
    if (moving) this.#frame.ask()
  }
}

/** The partition that an error is about, where it says so. */
function partitionOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('partition' in error)) return undefined
  return typeof error.partition === 'number' ? error.partition : undefined
}

let follower: Follower | undefined

/** Does what a consumer of the topic would complain of: it is stopped before, and follows again where that fails. */
export async function without(topic: string, work: () => Promise<void>): Promise<void> {
  const isFollowed = follower?.topic === topic
  if (isFollowed) await follow(undefined)
  try {
    await work()
  } catch (error) {
    if (isFollowed) void follow(topic)
    throw error
  }
}

/** Follows a topic, and no longer the one before. */
export async function follow(topic: string | undefined): Promise<void> {
  const before = follower
  const next = topic === undefined ? undefined : new Follower(topic)
  follower = next
  batch(() => {
    lanes.value = []
    trouble.value = undefined
  })
  try {
    await before?.stop()
    if (follower === next) await next?.start()
  } catch (error) {
    if (follower === next) trouble.value = explain(error)
  }
}
