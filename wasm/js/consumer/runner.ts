import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
} from '../errors.js'
import type { Logger } from '../logger.js'
import { Batch, KafkaMessage } from '../message.js'
import type { Fetch } from '../pkg/ottla_wasm.js'
import type { Session } from '../session.js'
import type { RetryOptions } from '../types.js'
import type { Assigned, Partitions } from './partitions.js'
import type { EachBatchHandler, EachBatchPayload, EachMessageHandler } from './types.js'

/** How a {@link Runner} works. */
export interface RunnerOptions {
  eachMessage: EachMessageHandler | undefined
  eachBatch: EachBatchHandler | undefined
  eachBatchAutoResolve: boolean
  /** How many partitions are processed side by side. */
  concurrency: number
  retry: Required<RetryOptions>
}

/** What a {@link Runner} needs of its consumer. */
export interface RunnerOwner {
  /** Everything before this offset of a partition is done. */
  processed(assigned: Assigned, nextOffset: number): void
  /** A fetch is done, as far as it will be. */
  fetchDone(): void
  /** What `eachBatch` may commit. */
  commit: Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'uncommittedOffsets'>
  pause(assigned: Assigned): () => void
}

/** How often it is told what is done while a fetch is processed: a batch may take long. */
const PROGRESS_INTERVAL_MS = 100

/**
 * Takes what is fetched and gives it to the application: records of a partition one after the other,
 * partitions side by side as far as that is wanted. Runs once.
 */
export class Runner {
  readonly #session: Session
  readonly #partitions: Partitions
  readonly #options: RunnerOptions
  readonly #owner: RunnerOwner
  readonly #logger: Logger
  readonly #active = new Set<Promise<void>>()
  #stopping = false
  #failure: Error | undefined
  #arrived = false
  #wake: () => void = () => {}
  #stop: () => void = () => {}
  readonly #stopped: Promise<void>

  constructor(
    session: Session,
    partitions: Partitions,
    options: RunnerOptions,
    owner: RunnerOwner,
    logger: Logger,
  ) {
    this.#session = session
    this.#partitions = partitions
    this.#options = options
    this.#owner = owner
    this.#logger = logger
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve
    })
  }

  /** Looks again: something has arrived, or something has changed. */
  wake(): void {
    this.#arrived = true
    this.#wake()
  }

  /** Ends when what was handed out is done. */
  stop(): void {
    this.#stopping = true
    this.#stop()
    this.wake()
  }

  /** Ends with an error. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#stop()
    this.wake()
  }

  /** Runs until it is stopped, or fails. Nothing is being processed any more then. */
  async run(): Promise<void> {
    while (!this.#stopping && !this.#failure) {
      // Records may arrive during the very call that finds none.
      this.#arrived = false
      if (this.#active.size < this.#options.concurrency) {
        const fetch = this.#session.poll()
        if (fetch) {
          this.#start(fetch)
          continue
        }
      }
      if (!this.#arrived) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
    await Promise.all(this.#active)
    if (this.#failure) throw this.#failure
  }

  #start(fetch: Fetch): void {
    const { topic, partition } = fetch
    const assigned = this.#partitions.get(topic, partition)
    if (!assigned) return
    const alone = this.#options.concurrency === 1
    // The next records of this partition wait until these are done.
    if (!alone) this.#session.run((client) => client.pause(topic, partition))
    const { generation } = assigned
    const work = this.#process(fetch, assigned)
      .catch((error: unknown) => this.fail(errorFrom(error)))
      .finally(() => {
        this.#active.delete(work)
        assigned.busy = undefined
        const mine = this.#partitions.get(topic, partition) === assigned
        if (!alone && mine && !assigned.paused) {
          this.#session.run((client) => client.resume(topic, partition))
        }
        if (mine && assigned.generation === generation) this.#owner.fetchDone()
        this.wake()
      })
    assigned.busy = work
    this.#active.add(work)
  }

  async #process(fetch: Fetch, assigned: Assigned): Promise<void> {
    const { eachMessage, eachBatch } = this.#options
    const { generation } = assigned
    try {
      if (eachMessage) await this.#eachMessage(fetch, assigned, eachMessage)
      else if (eachBatch) await this.#eachBatch(fetch, assigned, eachBatch)
      assigned.failures = 0
    } catch (error) {
      // What was thrown over records that are no longer this consumer's is nobody's concern.
      if (assigned.generation !== generation) return
      await this.#failed(fetch, assigned, errorFrom(error))
    }
    if (fetch.damage) throw damaged(fetch)
  }

  async #eachMessage(fetch: Fetch, assigned: Assigned, handle: EachMessageHandler): Promise<void> {
    const { topic, partition } = fetch
    const { generation } = assigned
    const pause = () => this.#owner.pause(assigned)
    let told = Date.now()
    const offsetOf = (index: number) => fetch.stamps[index * 2] as number
    for (let index = 0; index < fetch.count; index++) {
      if (assigned.generation !== generation) return
      if (assigned.paused || assigned.leaving || this.#stopping || this.#failure) {
        if (index > 0) this.#owner.processed(assigned, offsetOf(index))
        return this.#seekBack(fetch, assigned, offsetOf(index))
      }
      const message = new KafkaMessage(fetch, index)
      try {
        const handled = handle({ topic, partition, message, heartbeat: nothing, pause })
        // A function that returns nothing does not cost a turn of the queue of microtasks.
        if (handled) await handled
      } catch (error) {
        if (assigned.generation === generation) {
          if (index > 0) {
            this.#owner.processed(assigned, offsetOf(index))
            assigned.failures = 0
          }
          this.#seekBack(fetch, assigned, offsetOf(index))
        }
        throw error
      }
      if (index % 64 === 63 && Date.now() - told > PROGRESS_INTERVAL_MS) {
        told = Date.now()
        if (assigned.generation === generation) this.#owner.processed(assigned, offsetOf(index) + 1)
      }
    }
    // Behind it there may be offsets without records, which are done as well.
    if (assigned.generation === generation) this.#owner.processed(assigned, fetch.nextOffset)
  }

  async #eachBatch(fetch: Fetch, assigned: Assigned, handle: EachBatchHandler): Promise<void> {
    const { generation } = assigned
    const fresh = () => assigned.generation === generation
    let resolved = -1
    // Whoever was told to break off has probably not done all records.
    let cut = false
    const orCut = (goesOn: boolean) => {
      cut ||= !goesOn
      return goesOn
    }
    const resolve = (next: number) => {
      if (next <= resolved || !fresh()) return
      resolved = next
      this.#owner.processed(assigned, next)
    }
    const rewind = () => {
      if (!fresh()) return
      const next = Math.max(resolved, fetch.firstOffset)
      if (next < fetch.nextOffset) this.#seekBack(fetch, assigned, next)
    }
    try {
      await handle({
        batch: new Batch(fetch),
        resolveOffset: (offset) => resolve(Number(offset) + 1),
        heartbeat: nothing,
        pause: () => this.#owner.pause(assigned),
        ...this.#owner.commit,
        isRunning: () => orCut(!this.#stopping && !this.#failure),
        isStale: () => !orCut(fresh() && !assigned.leaving),
      })
    } catch (error) {
      if (resolved >= 0) assigned.failures = 0
      rewind()
      throw error
    }
    if (this.#options.eachBatchAutoResolve && !cut) resolve(fetch.nextOffset)
    else rewind()
  }

  /** The application threw: the record comes again, after a pause that grows. */
  async #failed(fetch: Fetch, assigned: Assigned, error: Error): Promise<void> {
    const { retries, initialRetryTime, multiplier, maxRetryTime } = this.#options.retry
    const where = `${fetch.topic}-${fetch.partition}`
    this.#logger.error(`The consumer's function failed with a record of ${where}: ${error.message}`, {
      stack: error.stack,
    })
    if (error instanceof KafkaJSNonRetriableError) throw error
    const failures = ++assigned.failures
    if (failures > retries) {
      assigned.failures = 0
      throw new KafkaJSNumberOfRetriesExceeded(error, {
        retryCount: retries,
        retryTime: initialRetryTime * multiplier ** (failures - 1),
      })
    }
    const pause = Math.min(initialRetryTime * multiplier ** (failures - 1), maxRetryTime)
    await Promise.race([this.#stopped, new Promise((resolve) => setTimeout(resolve, pause))])
  }

  /** Will read again from a record that was not handed out, or not done. */
  #seekBack({ topic, partition }: Fetch, { leaving }: Assigned, offset: number): void {
    if (!leaving) this.#session.run((client) => client.seek(topic, partition, { offset }))
  }
}

/** KafkaJS asks for it between records; here heartbeats go out by themselves. */
async function nothing(): Promise<void> {}

function errorFrom(error: unknown): Error {
  return error instanceof Error ? error : new KafkaJSError(String(error))
}

function damaged({ topic, partition, damage }: Fetch): KafkaJSNonRetriableError {
  return new KafkaJSNonRetriableError(
    `${topic}-${partition} is damaged at offset ${damage?.offset}: ${damage?.message}. To go on \
without it, seek past offset ${damage?.lastOffset}.`,
  )
}
