import { KafkaJSNumberOfRetriesExceeded } from '../errors.js'
import type { Emitter } from '../instrumentation/emitter.js'
import { consumerEvents } from '../instrumentation/events.js'
import type { Logger } from '../logger.js'
import type { Session } from '../session.js'
import type { Retry, RetryOptions } from '../types.js'
import type { Partitions } from './partitions.js'
import { Runner, type RunnerOwner } from './runner.js'
import type { ConsumerRunConfig } from './types.js'

/** What a {@link Run} needs of its consumer. */
export interface RunOwner extends RunnerOwner {
  readonly groupId: string
  readonly partitions: Partitions
  readonly emitter: Emitter
  readonly logger: Logger
  readonly retry: Retry & Pick<RetryOptions, 'restartOnFailure'>
  /** It crashed, and starts anew. */
  restarted(): Promise<void>
  /** It crashed, and does not. */
  gaveUp(): Promise<void>
}

/** One `run` of a consumer: from there to `stop`, through all crashes. */
export class Run {
  readonly #session: Session
  readonly #config: ConsumerRunConfig
  readonly #owner: RunOwner
  #runner: Runner | undefined
  #failure: Error | undefined
  #stopped = false
  #endPause: () => void = () => {}
  /** Settled when it is over. */
  readonly done: Promise<void>

  constructor(session: Session, config: ConsumerRunConfig, owner: RunOwner, failure: Error | undefined) {
    this.#session = session
    this.#config = config
    this.#owner = owner
    this.#failure = failure
    // Later: who is called with a first record that is there already may stop this very run.
    this.done = Promise.resolve().then(() => this.#keepRunning())
  }

  /** Looks again: something has arrived, or something has changed. */
  wake(): void {
    this.#runner?.wake()
  }

  /** Ends when what was handed out is done. */
  stop(): void {
    this.#stopped = true
    this.#endPause()
    this.#runner?.stop()
  }

  /** Crashes. */
  fail(error: Error): void {
    this.#failure = error
    this.#runner?.fail(error)
  }

  /** What failed is no more: the application went elsewhere. */
  forgive(): void {
    this.#failure = undefined
  }

  async #keepRunning(): Promise<void> {
    const { partitions, logger, retry } = this.#owner
    const { eachMessage, eachBatch, eachBatchAutoResolve = true } = this.#config
    const concurrency = this.#config.partitionsConsumedConcurrently ?? 1
    const options = { eachMessage, eachBatch, eachBatchAutoResolve, concurrency, retry }
    while (!this.#stopped) {
      const runner = new Runner(this.#session, partitions, options, this.#owner, logger)
      this.#runner = runner
      if (this.#failure) runner.fail(this.#failure)
      try {
        await runner.run()
      } catch (error) {
        this.#failure = undefined
        if (!(await this.#crashed(error as Error))) break
        // What fails here, fails the next runner.
        await this.#owner.restarted().catch((error: Error) => this.fail(error))
      }
    }
    this.#runner = undefined
    this.#owner.emitter.emit(consumerEvents.STOP)
  }

  /** Tells of a crash, and says whether to start anew. */
  async #crashed(error: Error): Promise<boolean> {
    const { groupId, logger, emitter, retry } = this.#owner
    const restart = !this.#stopped && isRetriable(error) && (await this.#mayRestart(error))
    const { retryCount, retryTime } = error as KafkaJSNumberOfRetriesExceeded
    logger.error(`Crash: ${error.name}: ${error.message}`, { groupId, retryCount, stack: error.stack })
    emitter.emit(consumerEvents.CRASH, { error, groupId, restart })
    if (!restart) {
      // Others may go on with its partitions.
      await this.#owner.gaveUp()
      return false
    }
    const pause = retryTime || retry.initialRetryTime
    logger.error(`Restarting the consumer in ${pause}ms`, { groupId, retryCount, retryTime: pause })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#stopped) this.#endPause()
    })
    return !this.#stopped
  }

  async #mayRestart(error: Error): Promise<boolean> {
    try {
      return (await this.#owner.retry.restartOnFailure?.(error)) ?? true
    } catch (thrown) {
      this.#owner.logger.error(
        `restartOnFailure itself failed: ${(thrown as Error)?.message ?? thrown}. The consumer starts anew.`,
      )
      return true
    }
  }
}

function isRetriable(error: Error): boolean {
  let first: { cause?: unknown; retriable?: boolean } = error
  while (first.cause) first = first.cause
  return error instanceof KafkaJSNumberOfRetriesExceeded || first.retriable === true
}
