/** The newest records of a topic as they are stored, the newest first; can be paused and resumed. */

import { batch, signal } from '@preact/signals'
import type { Consumer } from 'ottla'
import { broker } from '../../broker/connection'
import { explain, type Problem } from '../../broker/problem'
import { type Seen, seen } from '../../broker/record'
import { fetchEnds } from '../../broker/topics'
import { inFrame, NUMBERS_MS } from '../../ui/frame'
import type { Sieve } from './sieve'

/** How many records are kept; older ones make room. */
export const KEPT = 1_000
/** How many records of each partition it begins with. */
const BEFORE = 20

export class Tail {
  readonly records = signal<readonly Seen[]>([])
  readonly problem = signal<Problem | undefined>(undefined)
  readonly isPaused = signal(false)
  /** How many records were read since it began, whether they matched or not. */
  readonly read = signal(0)
  /** The next offset of each partition. */
  readonly next = new Map<number, number>()
  readonly sieve: Sieve
  readonly #topic: string
  readonly #partition: number | undefined
  readonly #consumer: Consumer = broker().kafka.consumer({ allowAutoTopicCreation: false })
  readonly #frame = inFrame(() => this.#show(), NUMBERS_MS)
  #newest: Seen[] = []
  #read = 0
  #isStopped = false

  constructor(topic: string, partition: number | undefined, sieve: Sieve) {
    this.#topic = topic
    this.#partition = partition
    this.sieve = sieve
  }

  async start(): Promise<void> {
    try {
      const all = await fetchEnds(this.#topic)
      const ends = all.filter(({ partition }) => this.#partition === undefined || partition === this.#partition)
      await this.#consumer.connect()
      if (this.#isStopped) return
      this.#consumer.on<{ error: unknown }>(this.#consumer.events.CRASH, ({ payload: { error } }) => {
        this.problem.value = explain(error)
      })
      for (const { partition, low, high } of ends) this.next.set(partition, Math.max(low, high - BEFORE))
      this.#consumer.assign(
        [...this.next].map(([partition, offset]) => ({ topic: this.#topic, partition, offset: String(offset) })),
      )
      await this.#consumer.run({ eachBatch: ({ batch }) => this.#take(batch.partition, batch.messages) })
    } catch (error) {
      if (!this.#isStopped) this.problem.value = explain(error)
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#frame.cancel()
    await this.#consumer.disconnect()
  }

  /** Reads no more for now, or goes on where it was: what comes in between stays in the log. */
  pause(isPaused: boolean): void {
    const which = [{ topic: this.#topic }]
    if (isPaused) this.#consumer.pause(which)
    else this.#consumer.resume(which)
    this.isPaused.value = isPaused
  }

  #take(partition: number, messages: Parameters<typeof seen>[1][]): void {
    if (this.#isStopped) return
    this.#read += messages.length
    const last = messages.at(-1)
    if (last) this.next.set(partition, Number(last.offset) + 1)
    const matching = messages
      .slice(-KEPT)
      .map((message) => seen(partition, message))
      .filter((record) => this.sieve.matches(record))
    this.#newest = [...matching.reverse(), ...this.#newest].slice(0, KEPT)
    this.#frame.ask()
  }

  #show(): void {
    batch(() => {
      this.records.value = this.#newest
      this.read.value = this.#read
    })
  }
}
