import { KafkaJSError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } from '../errors.js'
import type { Emitter } from '../instrumentation/emitter.js'
import { consumerEvents } from '../instrumentation/events.js'
import type { Logger } from '../logger.js'
import { Batch } from '../message.js'
import type { Fetch } from '../pkg/ottla_wasm.js'
import type { Session } from '../session.js'
import type { Retry } from '../types.js'
import { Delivery } from './delivery.js'
import type { Assigned, Partitions } from './partitions.js'
import type { EachBatchHandler, EachBatchPayload, EachMessageHandler } from './types.js'

/** How a {@link Runner} works. */
export interface RunnerOptions {
  eachMessage: EachMessageHandler | undefined
  eachBatch: EachBatchHandler | undefined
  eachBatchAutoResolve: boolean
  /** How many partitions are processed side by side. */
  concurrency: number
  retry: Retry
}

/** What a {@link Runner} needs of its consumer. */
export interface RunnerOwner {
  readonly emitter: Emitter
  /** What `eachBatch` may commit. */
  readonly commits: Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'uncommittedOffsets'>
  /** Everything before this offset of a partition is done. */
  processed(assigned: Assigned, nextOffset: number): void
  /** A fetch is done, as far as it will be. */
  fetchDone(): void
  pause(assigned: Assigned): () => void
}

/** A mistake in the program, which stays however often one tries: KafkaJS's list. */
const MISTAKES = ['RangeError', 'ReferenceError', 'SyntaxError', 'TypeError']

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
    while (this.#goesOn()) {
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

  readonly #goesOn = (): boolean => !this.#stopping && !this.#failure

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
    const { eachMessage, eachBatch, eachBatchAutoResolve } = this.#options
    const delivery = new Delivery(this.#session, fetch, assigned, this.#owner, this.#goesOn)
    const end = this.#tellStart(fetch)
    try {
      if (eachMessage) await delivery.eachMessage(eachMessage)
      else if (eachBatch) await delivery.eachBatch(eachBatch, eachBatchAutoResolve)
      assigned.failures = 0
      end?.()
    } catch (error) {
      // What was thrown over records that are no longer this consumer's is nobody's concern.
      if (!delivery.isFresh) return
      await this.#failed(fetch, assigned, errorFrom(error))
    }
    if (fetch.damage) throw damaged(fetch)
  }

  /** Tells of a batch, and returns what tells of its end; nothing, where nobody listens. */
  #tellStart(fetch: Fetch): (() => void) | undefined {
    const { START_BATCH_PROCESS, END_BATCH_PROCESS } = consumerEvents
    const { emitter } = this.#owner
    if (!emitter.hears(START_BATCH_PROCESS, END_BATCH_PROCESS)) return undefined
    const batch = new Batch(fetch)
    const { topic, partition, highWatermark } = batch
    const payload = {
      topic,
      partition,
      highWatermark,
      offsetLag: batch.offsetLag(),
      offsetLagLow: batch.offsetLagLow(),
      batchSize: fetch.count,
      firstOffset: batch.firstOffset(),
      lastOffset: batch.lastOffset(),
    }
    emitter.emit(START_BATCH_PROCESS, payload)
    const start = Date.now()
    return () => emitter.emit(END_BATCH_PROCESS, { ...payload, duration: Date.now() - start })
  }

  /** The application threw: the record comes again, after a pause that grows. */
  async #failed(fetch: Fetch, assigned: Assigned, error: Error): Promise<void> {
    const { retries, initialRetryTime, multiplier, maxRetryTime } = this.#options.retry
    const what = this.#options.eachMessage ? 'eachMessage' : 'eachBatch'
    const { topic, partition } = fetch
    this.#logger.error(`Error when calling ${what}: ${error.message}`, {
      topic,
      partition,
      offset: String(fetch.firstOffset),
      stack: error.stack,
    })
    if ((error as KafkaJSError).retriable === false || MISTAKES.includes(error.name)) {
      throw new KafkaJSNonRetriableError(error, { cause: error.cause ?? error })
    }
    const failures = ++assigned.failures
    const pause = Math.min(initialRetryTime * multiplier ** (failures - 1), maxRetryTime)
    if (failures > retries) {
      assigned.failures = 0
      throw new KafkaJSNumberOfRetriesExceeded(error, { retryCount: retries, retryTime: pause })
    }
    await Promise.race([this.#stopped, new Promise((resolve) => setTimeout(resolve, pause))])
  }
}

function errorFrom(error: unknown): Error {
  return error instanceof Error ? error : new KafkaJSError(String(error))
}

function damaged({ topic, partition, damage }: Fetch): KafkaJSNonRetriableError {
  return new KafkaJSNonRetriableError(
    `${topic}-${partition} is damaged at offset ${damage?.offset}: ${damage?.message}. To go on \
without it, seek past offset ${damage?.lastOffset}.`,
  )
}
