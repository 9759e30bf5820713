/**
 * A broker for unit tests: over memory, with a clock, a seed and faults of its own.
 *
 * @packageDocumentation
 */

import { asyncDispose } from './abort.js'
import { setEndpoint } from './endpoint.js'
import { KafkaJSNonRetriableError } from './errors.js'
import { Kafka } from './kafka.js'
import { logLevel } from './logger.js'
import { Clock } from './testing/clock.js'
import { type Faults, TestEndpoint } from './testing/endpoint.js'
import type { KafkaConfig } from './types.js'

/** How a {@link TestBroker} begins. */
export interface TestBrokerOptions {
  /** What all ids and choices of the broker and its clients follow from. 1. */
  seed?: number | bigint
  /** The time at which it begins. 2026-01-01T00:00:00Z. */
  now?: Date | number
  /** Whether time stands, and goes on by {@link TestBroker.advance} alone. It goes on by itself. */
  paused?: boolean
}

let last = 0

/**
 * A broker for a unit test.
 *
 * ```ts
 * const broker = new TestBroker({ seed: 7 })
 * const kafka = broker.kafka()
 * // … or hand broker.brokers to what is tested: new Kafka({ brokers: broker.brokers })
 * broker.failCommits(2)
 * await broker.advance(30_000)
 * await broker.close()
 * ```
 *
 * The broker and its clients live by the broker's clock: timestamps, timeouts, heartbeats, the pauses before
 * something is tried again, retention. The pauses of a consumer after its function threw are real ones.
 */
export class TestBroker {
  /** Its address, for the configuration of a `Kafka`. */
  readonly brokers: readonly string[]
  readonly #clock: Clock
  readonly #faults: Faults = { commitsToFail: 0, full: false, answerDelayMs: 0 }
  readonly #endpoint: TestEndpoint
  readonly #kafkas: Kafka[] = []
  #longestDelayMs = 0

  constructor({ seed = 1, now = Date.UTC(2026, 0, 1), paused = false }: TestBrokerOptions = {}) {
    this.#clock = new Clock(Number(now), paused)
    this.#endpoint = new TestEndpoint(this.#clock, this.#faults, BigInt(seed))
    const address = `memory://ottla-testing-${++last}`
    setEndpoint(address, this.#endpoint)
    this.brokers = [address]
  }

  /** Clients of the broker; `close` disconnects them. They are quiet unless a `logLevel` is asked for. */
  kafka(config: Omit<KafkaConfig, 'brokers'> = {}): Kafka {
    const kafka = new Kafka({ logLevel: logLevel.NOTHING, ...config, brokers: [...this.brokers] })
    this.#kafkas.push(kafka)
    return kafka
  }

  /** The broker's time. */
  get now(): Date {
    return new Date(this.#clock.now())
  }

  /** Stops the clock. */
  pause(): void {
    this.#clock.stop()
  }

  /** Lets the clock go on by itself. */
  resume(): void {
    this.#clock.start()
  }

  /**
   * Lets time pass, at once. What is due in it happens in its order, each at its time; in between, what is
   * under way gets several turns. It does not wait for what takes longer, such as other I/O of a handler.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new KafkaJSNonRetriableError(`Time does not go by ${ms} ms.`)
    await this.#clock.advance(ms)
  }

  /**
   * Lets the next commits fail, as a broken disk would: what waits for them is refused with
   * `KAFKA_STORAGE_ERROR`, which is retriable, the connections end, and the broker starts anew from what is
   * stored.
   */
  failCommits(count = 1): void {
    this.#faults.commitsToFail = count
  }

  /** Whether the quota is used up: nothing is stored, while reading and deleting work. */
  get full(): boolean {
    return this.#faults.full
  }

  set full(full: boolean) {
    this.#faults.full = full
  }

  /** Holds the answers to all that is asked from now on back for a while. 0 ends that. */
  delayAnswers(ms: number): void {
    this.#faults.answerDelayMs = ms
    this.#longestDelayMs = Math.max(this.#longestDelayMs, ms)
  }

  /** Cuts all connections. Clients connect anew by themselves. */
  disconnectClients(): void {
    this.#endpoint.cut()
  }

  /** Disconnects the clients of {@link TestBroker.kafka}, and ends the broker with all it has. */
  async close(): Promise<void> {
    this.#faults.answerDelayMs = 0
    // What is held back comes now.
    if (this.#longestDelayMs > 0) await this.#clock.advance(this.#longestDelayMs)
    this.#clock.start()
    await Promise.all(this.#kafkas.map((kafka) => kafka[asyncDispose]()))
    await this.#endpoint.shutdown()
    this.#clock.close()
    setEndpoint(this.brokers[0] as string, undefined)
  }

  /** {@link TestBroker.close}, at the end of the block of `await using`. */
  [asyncDispose](): Promise<void> {
    return this.close()
  }
}
