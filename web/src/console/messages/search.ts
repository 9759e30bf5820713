/**
 * Looks for records from one place of a topic on: forwards from an offset or a time, backwards from the
 * newest. Goes on by pages of matching records, each from where the one before it ended.
 */

import { batch, signal } from '@preact/signals'
import { broker } from '../../broker/connection'
import { explain, type Problem } from '../../broker/problem'
import { type Seen, seen } from '../../broker/record'
import { scan, type Stretch } from '../../broker/scan'
import { type Ends, fetchEnds } from '../../broker/topics'
import { inFrame } from '../../ui/frame'
import type { Asked } from './query'
import type { Sieve } from './sieve'

/** How many matching records to look for before asking whether to go on. */
export const PAGE = 500
/** How many offsets to go through at a time where most of them may not match. */
const STRIDE = 10_000
/** What the list holds at most. */
export const MOST = 20_000

/** What is left of a partition: from `first` to before `end`. */
interface Rest extends Ends {
  first: number
  end: number
}

export interface Progress {
  isReading: boolean
  /** Whether everything that was asked for has been gone through. */
  isDone: boolean
  /** How many records were gone through. */
  read: number
  /** How many there are to go through in all, as they were counted at the beginning. */
  of: number
}

export class Search {
  readonly records = signal<readonly Seen[]>([])
  readonly progress = signal<Progress>({ isReading: false, isDone: false, read: 0, of: 0 })
  readonly problem = signal<Problem | undefined>(undefined)
  /** The partitions as they were at the beginning. */
  readonly ends = signal<readonly Ends[]>([])
  readonly sieve: Sieve
  readonly #topic: string
  readonly #asked: Asked
  readonly #abort = new AbortController()
  readonly #found: Seen[] = []
  readonly #frame = inFrame(() => this.#show())
  #rests: Rest[] | undefined
  #read = 0
  #of = 0
  #isReading = false

  constructor(topic: string, asked: Asked, sieve: Sieve) {
    this.#topic = topic
    this.#asked = asked
    this.sieve = sieve
  }

  /** Ends it. */
  stop(): void {
    this.#abort.abort()
    this.#frame.cancel()
  }

  /** Looks for the next page. */
  async more(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    this.problem.value = undefined
    this.#show()
    try {
      this.#rests ??= await this.#begin()
      const wanted = Math.min(this.#found.length + PAGE, MOST)
      while (this.#found.length < wanted && this.#isLeft() && !this.#abort.signal.aborted) {
        await this.#go(wanted - this.#found.length)
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.problem.value = explain(error)
    }
    this.#isReading = false
    if (!this.#abort.signal.aborted) this.#show()
  }

  #isLeft(): boolean {
    return this.#rests?.some(({ first, end }) => end > first) ?? true
  }

  async #begin(): Promise<Rest[]> {
    const { partition, start } = this.#asked
    const all = await fetchEnds(this.#topic)
    const ends = partition === undefined ? all : all.filter((each) => each.partition === partition)
    if (ends.length === 0) throw new Error(`Topic ${this.#topic} has no partition ${partition}.`)
    const since = start.from === 'time' ? await this.#since(start.timestamp_ms) : undefined
    const rests = ends.map((each): Rest => {
      const asked = start.from === 'offset' ? start.offset : (since?.get(each.partition) ?? each.low)
      return { ...each, first: Math.min(Math.max(asked, each.low), each.high), end: each.high }
    })
    this.ends.value = ends
    this.#of = rests.reduce((sum, { first, end }) => sum + end - first, 0)
    return rests
  }

  async #since(timestamp_ms: number): Promise<Map<number, number>> {
    const found = await broker().admin.fetchTopicOffsetsByTimestamp(this.#topic, timestamp_ms)
    return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]))
  }

  /** Goes through the next stretch of each partition. */
  async #go(wanted: number): Promise<void> {
    const left = this.#rests?.filter(({ first, end }) => end > first) ?? []
    const stride = Math.ceil((this.sieve.isOpen ? wanted : STRIDE) / left.length)
    const isBackwards = this.#asked.start.from === 'newest'
    const stretches = left.map(({ partition, first, end }): Stretch =>
      isBackwards
        ? { partition, first: Math.max(first, end - stride), end }
        : { partition, first, end: Math.min(end, first + stride) },
    )
    const bounds = new Map(stretches.map((each) => [each.partition, each]))
    const matching = new Map(stretches.map(({ partition }): [number, Seen[]] => [partition, []]))
    try {
      await scan(
        this.#topic,
        stretches,
        ({ partition, messages }) => {
          const within = bounds.get(partition)
          if (!within) return
          for (const message of messages) {
            const offset = Number(message.offset)
            if (offset < within.first || offset >= within.end) continue
            this.#read += 1
            const record = seen(partition, message)
            if (this.sieve.matches(record)) matching.get(partition)?.push(record)
          }
          this.#frame.ask()
        },
        this.#abort.signal,
      )
    } finally {
      const merged = byTime([...matching.values()])
      this.#found.push(...(isBackwards ? merged.reverse() : merged))
    }
    for (const rest of left) {
      const stretch = bounds.get(rest.partition)
      if (!stretch) continue
      if (isBackwards) rest.end = stretch.first
      else rest.first = stretch.end
    }
  }

  #show(): void {
    batch(() => {
      if (this.records.peek().length !== this.#found.length) this.records.value = [...this.#found]
      this.progress.value = {
        isReading: this.#isReading,
        isDone: this.#rests !== undefined && !this.#isLeft(),
        read: this.#read,
        of: this.#of,
      }
    })
  }
}

/** Between partitions by time, as there is no other order; within each, the records stay in theirs. */
function byTime(partitions: Seen[][]): Seen[] {
  const lists = partitions.filter((list) => list.length > 0).map((list) => ({ list, at: 0 }))
  const merged: Seen[] = []
  while (lists.length > 0) {
    let next = 0
    lists.forEach(({ list, at }, index) => {
      const best = lists[next]
      const time = list[at]?.timestamp_ms ?? 0
      if (best && time < (best.list[best.at]?.timestamp_ms ?? 0)) next = index
    })
    const taken = lists[next]
    const record = taken?.list[taken.at]
    if (!taken || !record) break
    merged.push(record)
    taken.at += 1
    if (taken.at === taken.list.length) lists.splice(next, 1)
  }
  return merged
}
