import type {
  Assignment,
  ConsumerRunConfig,
  EachBatchHandler,
  EachMessageHandler,
} from './consumer-types.js'
import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
  KafkaJSOffsetOutOfRange,
  type KafkaJSProtocolError,
} from './errors.js'
import {
  Emitter,
  type InstrumentationEvent,
  type RemoveInstrumentationEventListener,
} from './events.js'
import type { Logger } from './logger.js'
import { Batch, KafkaMessage } from './message.js'
import type { Fault, Fetch } from './pkg/ottla_wasm.js'
import { errorOf, type Session, type SessionEvents } from './session.js'
import type { ConsumerConfig, TopicPartitionOffset, TopicPartitions } from './types.js'

const LATER = `Consumer groups come with a later version. Until then, name the partitions: \
consumer.assign([{ topic, partition, offset: 'earliest' }]), and leave out groupId.`

/** A place, as `src/client/options.rs` reads it. */
type Place = 'earliest' | 'latest' | { offset: number } | { timestamp: number }

interface Assigned {
  topic: string
  partition: number
  place: Place
  paused: boolean
  /** Grows with each seek: what was fetched before is stale. */
  generation: number
}

/** Reads records. Made by {@link Kafka.consumer}. */
export class Consumer {
  /** What {@link Consumer.on} tells of. */
  readonly events = {
    CONNECT: 'consumer.connect',
    DISCONNECT: 'consumer.disconnect',
    STOP: 'consumer.stop',
    CRASH: 'consumer.crash',
  } as const

  readonly #open: (events: SessionEvents) => Promise<Session>
  readonly #logger: Logger
  #opening: Promise<Session> | undefined
  #session: Session | undefined
  #assigned = new Map<string, Assigned>()
  #running: Promise<void> | undefined
  #stopping = false
  #wake: () => void = () => {}
  #arrived = false
  readonly #emitter = new Emitter()
  #failure: Error | undefined

  /** @internal */
  constructor(
    config: ConsumerConfig,
    open: (events: SessionEvents) => Promise<Session>,
    logger: Logger,
  ) {
    if (config.groupId !== undefined) throw new KafkaJSNotImplemented(LATER)
    this.#open = open
    this.#logger = logger
  }

  /** Connects. Rejects, within seconds, where the broker cannot be reached or opened. */
  async connect(): Promise<void> {
    this.#opening ??= this.#open({
      fetchReady: () => {
        this.#arrived = true
        this.#wake()
      },
      fetchFailed: (topic, partition, error) => this.#failed(topic, partition, error),
    })
    try {
      this.#session = await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
    this.#assignAll()
    this.#emitter.emit(this.events.CONNECT)
  }

  /** Stops, and disconnects. */
  async disconnect(): Promise<void> {
    await this.stop()
    const opening = this.#opening
    this.#opening = undefined
    this.#session = undefined
    ;(await opening?.catch(() => undefined))?.close()
    if (opening) this.#emitter.emit(this.events.DISCONNECT)
  }

  /** Calls a function with each event of a kind. */
  on<T = unknown>(
    event: string,
    listener: (event: InstrumentationEvent<T>) => void,
  ): RemoveInstrumentationEventListener {
    return this.#emitter.on(event, listener)
  }

  /** The consumer's log. */
  logger(): Logger {
    return this.#logger
  }

  /** Needs consumer groups, which come with a later version: see {@link Consumer.assign}. */
  subscribe(_subscription: unknown): Promise<void> {
    return Promise.reject(new KafkaJSNotImplemented(LATER))
  }

  /** Needs consumer groups, which come with a later version. */
  commitOffsets(_offsets: unknown): Promise<void> {
    return Promise.reject(new KafkaJSNotImplemented(LATER))
  }

  /** Needs consumer groups, which come with a later version. */
  describeGroup(): Promise<never> {
    return Promise.reject(new KafkaJSNotImplemented(LATER))
  }

  /**
   * Reads exactly these partitions from now on. One that was read before goes on where it is; a new
   * one begins where it says.
   */
  assign(partitions: Assignment[]): void {
    const assigned = new Map<string, Assigned>()
    for (const each of partitions) {
      const { topic, partition } = each
      if (typeof topic !== 'string' || topic === '' || !Number.isInteger(partition)) {
        throw new KafkaJSNonRetriableError(
          `Invalid assignment ${JSON.stringify(each)}: it needs a topic and a partition`,
        )
      }
      const key = keyOf(topic, partition)
      const place = placeOf(each)
      const before = this.#assigned.get(key)
      assigned.set(key, before ?? { topic, partition, place, paused: false, generation: 0 })
    }
    this.#assigned = assigned
    if (this.#session) this.#assignAll()
  }

  /**
   * Reads what is assigned, until {@link Consumer.stop}. Records of a partition come in order; the
   * next one comes when the promise that was returned for the last one is done. The promise of `run`
   * is done when the consumer runs. If a handler throws, the consumer stops and says so by the event
   * `CRASH`; a further `run` begins with the record that was not done.
   */
  async run({ eachMessage, eachBatch, eachBatchAutoResolve = true }: ConsumerRunConfig = {}): Promise<void> {
    if (!eachMessage === !eachBatch) {
      throw new KafkaJSNonRetriableError('run() needs one of eachMessage and eachBatch.')
    }
    if (!this.#session) throw new KafkaJSError('The consumer is disconnected: call connect() first.')
    if (this.#running) throw new KafkaJSNonRetriableError('The consumer runs already.')
    this.#stopping = false
    const consume = eachMessage
      ? (fetch: Fetch, assigned: Assigned) => this.#eachMessage(fetch, assigned, eachMessage)
      : (fetch: Fetch, assigned: Assigned) =>
          this.#eachBatch(fetch, assigned, eachBatch as never, eachBatchAutoResolve)
    this.#running = this.#loop(this.#session, consume)
  }

  /** Stops reading when what was handed out is done. `run` goes on from there. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake()
    await this.#running
    this.#running = undefined
  }

  /** Goes on elsewhere in a partition. */
  seek({ topic, partition, offset }: TopicPartitionOffset): void {
    const assigned = this.#find(topic, partition)
    assigned.place = placeOf({ topic, partition, offset })
    assigned.generation++
    this.#session?.run((client) => client.seek(topic, partition, assigned.place))
    this.#failure = undefined
    this.#wake()
  }

  /** Pauses partitions, or all of a topic's that are assigned. */
  pause(topics: { topic: string; partitions?: number[] }[]): void {
    this.#setPaused(topics, true)
  }

  /** Resumes partitions, or all of a topic's that are assigned. */
  resume(topics: { topic: string; partitions?: number[] }[]): void {
    this.#setPaused(topics, false)
    this.#wake()
  }

  /** What is paused. */
  paused(): TopicPartitions[] {
    const topics = new Map<string, number[]>()
    for (const { topic, partition, paused } of this.#assigned.values()) {
      if (paused) topics.set(topic, [...(topics.get(topic) ?? []), partition])
    }
    return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
  }

  async #loop(
    session: Session,
    consume: (fetch: Fetch, assigned: Assigned) => Promise<void> | void,
  ): Promise<void> {
    try {
      while (!this.#stopping) {
        // Records may arrive during the very call that finds none.
        this.#arrived = false
        const fetch = session.poll()
        if (!fetch) {
          if (this.#failure) throw this.#failure
          if (!this.#arrived) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve
            })
          }
          continue
        }
        const assigned = this.#assigned.get(keyOf(fetch.topic, fetch.partition))
        if (assigned) await consume(fetch, assigned)
        if (fetch.damage) throw damaged(fetch)
      }
    } catch (error) {
      this.#stopping = true
      const message = error instanceof Error ? error.message : String(error)
      this.#logger.error(`The consumer has stopped: ${message}`)
      this.#emitter.emit(this.events.CRASH, { error, groupId: '', restart: false })
    } finally {
      this.#running = undefined
      this.#emitter.emit(this.events.STOP)
    }
  }

  async #eachMessage(fetch: Fetch, assigned: Assigned, handle: EachMessageHandler): Promise<void> {
    const { topic, partition } = fetch
    const { generation } = assigned
    const pause = this.#pauser(assigned)
    for (let index = 0; index < fetch.count; index++) {
      if (assigned.generation !== generation) return
      if (assigned.paused || this.#stopping) return this.#rewind(fetch, index)
      const message = new KafkaMessage(fetch, index)
      try {
        const handled = handle({ topic, partition, message, heartbeat: nothing, pause })
        // A function that returns nothing does not cost a turn of the queue of microtasks.
        if (handled) await handled
      } catch (error) {
        if (assigned.generation === generation) this.#rewind(fetch, index)
        throw error
      }
    }
  }

  async #eachBatch(
    fetch: Fetch,
    assigned: Assigned,
    handle: EachBatchHandler,
    autoResolve: boolean,
  ): Promise<void> {
    const { generation } = assigned
    let resolved = -1
    const rewind = () => {
      if (assigned.generation !== generation) return
      const next = Math.max(resolved + 1, fetch.firstOffset)
      if (next < fetch.nextOffset) this.#seekBack(fetch, next)
    }
    try {
      await handle({
        batch: new Batch(fetch),
        resolveOffset: (offset) => {
          resolved = Math.max(resolved, Number(offset))
        },
        heartbeat: nothing,
        pause: this.#pauser(assigned),
        commitOffsetsIfNecessary: nothing,
        uncommittedOffsets: () => ({ topics: [] }),
        isRunning: () => !this.#stopping,
        isStale: () => assigned.generation !== generation,
      })
    } catch (error) {
      rewind()
      throw error
    }
    if (!autoResolve) rewind()
  }

  #pauser({ topic, partition }: Assigned): () => () => void {
    const topics = [{ topic, partitions: [partition] }]
    return () => {
      this.pause(topics)
      return () => this.resume(topics)
    }
  }

  /** Will read again from a record that was not handed out, or not done. */
  #rewind(fetch: Fetch, index: number): void {
    this.#seekBack(fetch, fetch.stamps[index * 2] as number)
  }

  #seekBack({ topic, partition }: Fetch, offset: number): void {
    this.#session?.run((client) => client.seek(topic, partition, { offset }))
  }

  #failed(topic: string, partition: number, fault: Fault): void {
    const error = errorOf(fault)
    if (fault.retriable) {
      this.#logger.warn(error.message)
      return
    }
    const out = fault.type === 'OFFSET_OUT_OF_RANGE'
    this.#failure = out
      ? new KafkaJSOffsetOutOfRange(error as KafkaJSProtocolError, { topic, partition })
      : Object.assign(error, { topic, partition })
    this.#wake()
  }

  #assignAll(): void {
    const all = [...this.#assigned.values()]
    this.#session?.run((client) => {
      client.assign(all.map(({ topic, partition, place }) => ({ topic, partition, place })))
      for (const { topic, partition, paused } of all) if (paused) client.pause(topic, partition)
    })
  }

  #setPaused(topics: { topic: string; partitions?: number[] }[], paused: boolean): void {
    for (const { topic, partitions } of topics) {
      const all = [...this.#assigned.values()].filter((each) => each.topic === topic)
      const chosen = partitions ? partitions.map((each) => this.#find(topic, each)) : all
      for (const assigned of chosen) {
        assigned.paused = paused
        this.#session?.run((client) =>
          paused
            ? client.pause(topic, assigned.partition)
            : client.resume(topic, assigned.partition),
        )
      }
    }
  }

  #find(topic: string, partition: number): Assigned {
    const assigned = this.#assigned.get(keyOf(topic, partition))
    if (!assigned) {
      throw new KafkaJSNonRetriableError(
        `Partition ${partition} of topic ${topic} is not assigned: call assign() with it first.`,
      )
    }
    return assigned
  }
}

async function nothing(): Promise<void> {}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

function placeOf({ topic, partition, offset, timestamp }: Assignment): Place {
  if (timestamp !== undefined) {
    const time = Number(timestamp)
    if (Number.isFinite(time) && offset === undefined) return { timestamp: time }
    throw new KafkaJSNonRetriableError(
      `Invalid start of ${topic}-${partition}: give an offset, or a timestamp in milliseconds`,
    )
  }
  if (offset === undefined || offset === 'earliest' || offset === '-2') return 'earliest'
  if (offset === 'latest' || offset === '-1') return 'latest'
  const number = Number(offset)
  if (Number.isInteger(number) && number >= 0) return { offset: number }
  throw new KafkaJSNonRetriableError(
    `Invalid offset ${JSON.stringify(offset)} of ${topic}-${partition}: an offset is a number of 0 \
or more, 'earliest' or 'latest'`,
  )
}

function damaged({ topic, partition, damage }: Fetch): KafkaJSNonRetriableError {
  return new KafkaJSNonRetriableError(
    `${topic}-${partition} is damaged at offset ${damage?.offset}: ${damage?.message}. To go on \
without it, seek past offset ${damage?.lastOffset}.`,
  )
}
