import { Batch, KafkaMessage } from '../message.js'
import type { Fetch } from '../pkg/ottla_wasm.js'
import type { Session } from '../session.js'
import type { Assigned } from './partitions.js'
import type { RunnerOwner } from './runner.js'
import type { EachBatchHandler, EachMessageHandler } from './types.js'

/** How often it is told what is done while a fetch is processed: a batch may take long. */
const PROGRESS_INTERVAL_MS = 100

/** The records of one fetch, on their way through the application's function. */
export class Delivery {
  readonly #session: Session
  readonly #fetch: Fetch
  readonly #assigned: Assigned
  readonly #owner: RunnerOwner
  readonly #generation: number
  /** Whether the runner goes on. */
  readonly #goesOn: () => boolean

  constructor(session: Session, fetch: Fetch, assigned: Assigned, owner: RunnerOwner, goesOn: () => boolean) {
    this.#session = session
    this.#fetch = fetch
    this.#assigned = assigned
    this.#owner = owner
    this.#generation = assigned.generation
    this.#goesOn = goesOn
  }

  /** Whether the records are still this consumer's, and wanted. */
  get isFresh(): boolean {
    return this.#assigned.generation === this.#generation
  }

  async eachMessage(handle: EachMessageHandler): Promise<void> {
    const fetch = this.#fetch
    const assigned = this.#assigned
    const { topic, partition } = fetch
    const pause = () => this.#owner.pause(assigned)
    let told = Date.now()
    const offsetOf = (index: number) => fetch.stamps[index * 2] as number
    for (let index = 0; index < fetch.count; index++) {
      if (!this.isFresh) return
      if (assigned.paused || assigned.leaving || !this.#goesOn()) {
        if (index > 0) this.#owner.processed(assigned, offsetOf(index))
        return this.#seekBack(offsetOf(index))
      }
      const message = new KafkaMessage(fetch, index)
      try {
        const handled = handle({ topic, partition, message, heartbeat: nothing, pause })
        // A function that returns nothing does not cost a turn of the queue of microtasks.
        if (handled) await handled
      } catch (error) {
        if (this.isFresh) {
          if (index > 0) {
            this.#owner.processed(assigned, offsetOf(index))
            assigned.failures = 0
          }
          this.#seekBack(offsetOf(index))
        }
        throw error
      }
      if (index % 64 === 63 && Date.now() - told > PROGRESS_INTERVAL_MS) {
        told = Date.now()
        if (this.isFresh) this.#owner.processed(assigned, offsetOf(index) + 1)
      }
    }
    // Behind it there may be offsets without records, which are done as well.
    if (this.isFresh) this.#owner.processed(assigned, fetch.nextOffset)
  }

  async eachBatch(handle: EachBatchHandler, autoResolve: boolean): Promise<void> {
    const fetch = this.#fetch
    const assigned = this.#assigned
    const batch = new Batch(fetch)
    const last = batch.messages.at(-1)?.offset
    let resolved = -1
    // Whoever was told to break off has probably not done all records.
    let cut = false
    const orCut = (goesOn: boolean) => {
      cut ||= !goesOn
      return goesOn
    }
    const resolve = (next: number) => {
      if (next <= resolved || !this.isFresh) return
      resolved = next
      this.#owner.processed(assigned, next)
    }
    const rewind = () => {
      if (!this.isFresh) return
      const next = Math.max(resolved, fetch.firstOffset)
      if (next < fetch.nextOffset) this.#seekBack(next)
    }
    try {
      await handle({
        batch,
        // Behind the last record there may be offsets without records.
        resolveOffset: (offset) =>
          resolve(String(offset) === last ? fetch.nextOffset : Number(offset) + 1),
        heartbeat: nothing,
        pause: () => this.#owner.pause(assigned),
        commitOffsetsIfNecessary: this.#owner.commits.commitOffsetsIfNecessary,
        uncommittedOffsets: this.#owner.commits.uncommittedOffsets,
        isRunning: () => orCut(this.#goesOn()),
        isStale: () => !orCut(this.isFresh && !assigned.leaving),
      })
    } catch (error) {
      if (resolved >= 0) assigned.failures = 0
      rewind()
      throw error
    }
    if (autoResolve && !cut) resolve(fetch.nextOffset)
    else rewind()
  }

  /** Will read again from a record that was not handed out, or not done. */
  #seekBack(offset: number): void {
    const { topic, partition } = this.#fetch
    if (!this.#assigned.leaving) {
      this.#session.run((client) => client.seek(topic, partition, { offset }))
    }
  }
}

/** KafkaJS asks for it between records; here heartbeats go out by themselves. */
async function nothing(): Promise<void> {}
