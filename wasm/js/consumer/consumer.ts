import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSOffsetOutOfRange,
  type KafkaJSProtocolError,
} from '../errors.js'
import {
  Emitter,
  type InstrumentationEvent,
  type RemoveInstrumentationEventListener,
} from '../events.js'
import { Groups } from '../admin/groups.js'
import type { GroupDescription } from '../admin/types.js'
import type { Logger } from '../logger.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { errorOf, type Session, type SessionEvents } from '../session.js'
import type {
  ConsumerConfig,
  RetryOptions,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
} from '../types.js'
import { groupEvents, Membership } from './group.js'
import { type Assigned, byTopic, Partitions, type Place } from './partitions.js'
import { Runner } from './runner.js'
import { Subscription } from './subscription.js'
import type {
  Assignment,
  ConsumerRunConfig,
  ConsumerSubscribeTopic,
  ConsumerSubscribeTopics,
  EachBatchPayload,
  OffsetsByTopicPartition,
} from './types.js'

/** How often what is done is committed while a batch takes long, in milliseconds; Kafka's default. */
const AUTO_COMMIT_INTERVAL_MS = 5_000

/**
 * Reads records, as a member of a group (`groupId` and {@link Consumer.subscribe}) or of partitions
 * that the application names ({@link Consumer.assign}). Made by {@link Kafka.consumer}.
 */
export class Consumer {
  /** What {@link Consumer.on} tells of. */
  readonly events = {
    ...groupEvents,
    CONNECT: 'consumer.connect',
    DISCONNECT: 'consumer.disconnect',
    STOP: 'consumer.stop',
    CRASH: 'consumer.crash',
  } as const

  readonly #config: ConsumerConfig
  readonly #retry: Required<RetryOptions>
  readonly #open: (events: SessionEvents) => Promise<Session>
  readonly #logger: Logger
  readonly #emitter = new Emitter()
  readonly #partitions = new Partitions()
  readonly #subscription = new Subscription()
  readonly #membership: Membership
  #opening: Promise<Session> | undefined
  #session: Session | undefined
  #runner: Runner | undefined
  /** Settled when the consumer runs no more. */
  #running: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #wanted = false
  #stopRestart: () => void = () => {}
  #autoCommit = true
  #threshold = 0
  #uncommitted = 0
  /** Why a partition cannot be read. */
  #failure: Error | undefined

  /** @internal */
  constructor(
    config: ConsumerConfig,
    retry: Required<RetryOptions>,
    open: (events: SessionEvents) => Promise<Session>,
    logger: Logger,
  ) {
    this.#config = config
    this.#retry = retry
    this.#open = open
    this.#logger = logger
    const wake = () => this.#runner?.wake()
    this.#membership = new Membership(
      {
        groupId: config.groupId ?? '',
        partitions: this.#partitions,
        subscription: this.#subscription,
        emitter: this.#emitter,
        logger,
        wake,
        failed: (error) => this.#fail(error),
      },
      () => this.#session,
    )
  }

  /** Connects. Rejects, within seconds, where the broker cannot be reached or opened. */
  async connect(): Promise<void> {
    this.#opening ??= this.#open({
      fetchReady: () => this.#runner?.wake(),
      fetchFailed: (topic, partition, error) => this.#fetchFailed(topic, partition, error),
      group: (kind, payload) => this.#membership.told(kind, payload),
    })
    try {
      this.#session = await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
    if (!this.#subscribed) this.#assignAll()
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

  /**
   * Adds topics to what the group's members share out, before `run`. Topics that are named need not
   * exist yet; those that match a pattern may come later. `fromBeginning` says where to begin where the
   * group has committed no offset: at the first record, or behind the last one (the default).
   */
  async subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void> {
    this.#needGroup('subscribe()')
    if (this.#running) {
      throw new KafkaJSNonRetriableError('Cannot subscribe to topic while consumer is running')
    }
    if (!this.#subscribed && this.#partitions.all().length > 0) {
      throw new KafkaJSNonRetriableError('Partitions are assigned by hand: a consumer does one or the other.')
    }
    this.#subscription.add(subscription)
  }

  /**
   * Reads exactly these partitions from now on, in no group. One that was read before goes on where it
   * is; a new one begins where it says.
   */
  assign(partitions: Assignment[]): void {
    if (this.#subscribed) {
      throw new KafkaJSNonRetriableError('The group assigns the partitions: a consumer does one or the other.')
    }
    for (const each of partitions) {
      if (typeof each.topic !== 'string' || each.topic === '' || !Number.isInteger(each.partition)) {
        throw new KafkaJSNonRetriableError(
          `Invalid assignment ${JSON.stringify(each)}: it needs a topic and a partition`,
        )
      }
    }
    const places = partitions.map(placeOf)
    this.#partitions.keep(partitions)
    partitions.forEach((each, index) => this.#partitions.add(each, places[index]))
    if (this.#session) this.#assignAll()
  }

  /**
   * Reads, until {@link Consumer.stop}. Records of a partition come in order; the next one comes when
   * the promise that was returned for the last one is done. Resolves when the consumer runs: in a group,
   * when it is a member.
   *
   * A record whose function throws comes again, after a pause that grows. After `retry.retries` times the
   * event `CRASH` tells, and the consumer starts anew, unless `retry.restartOnFailure` says no.
   */
  async run(config: ConsumerRunConfig = {}): Promise<void> {
    const { eachMessage, eachBatch, partitionsConsumedConcurrently = 1 } = config
    if (!eachMessage === !eachBatch) {
      throw new KafkaJSNonRetriableError('run() needs one of eachMessage and eachBatch.')
    }
    if (!Number.isInteger(partitionsConsumedConcurrently) || partitionsConsumedConcurrently < 1) {
      throw new KafkaJSNonRetriableError('partitionsConsumedConcurrently must be a number above 0.')
    }
    const session = this.#connected()
    await this.#stopping
    if (this.#running) {
      this.#logger.warn('run() was called on a consumer that runs already: the call does nothing')
      return
    }
    this.#wanted = true
    if (this.#subscribed) await this.#join(session, config)
    this.#failure = undefined
    this.#running = this.#keepRunning(session, config).finally(() => {
      this.#running = undefined
    })
  }

  /** Stops reading when what was handed out is done, and leaves the group. `run` goes on from there. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    await this.#stopping
  }

  /**
   * Goes on elsewhere in a partition. In a group this may be said before the partition is assigned; it
   * is then where this member begins.
   */
  seek({ topic, partition, offset }: TopicPartitionOffset): void {
    const place = placeOf({ topic, partition, offset })
    const assigned = this.#partitions.get(topic, partition)
    if (!assigned && this.#subscribed) {
      this.#subscription.seekLater({ topic, partition }, place)
      return
    }
    const found = this.#partitions.find(topic, partition)
    found.place = place
    found.generation++
    this.#session?.run((client) => client.seek(topic, partition, place))
    this.#failure = undefined
    this.#runner?.wake()
  }

  /** Pauses partitions, or a topic as a whole. */
  pause(topics: { topic: string; partitions?: number[] }[]): void {
    for (const each of topics) {
      for (const { topic, partition } of this.#partitions.setPaused(each, true)) {
        this.#session?.run((client) => client.pause(topic, partition))
      }
    }
  }

  /** Resumes partitions, or a topic as a whole. */
  resume(topics: { topic: string; partitions?: number[] }[]): void {
    for (const each of topics) {
      for (const { topic, partition } of this.#partitions.setPaused(each, false)) {
        this.#session?.run((client) => client.resume(topic, partition))
      }
    }
    this.#runner?.wake()
  }

  /** What is paused. */
  paused(): TopicPartitions[] {
    return this.#partitions.paused()
  }

  /**
   * Commits offsets: each is the next one to read, that of the last record that is done plus one. Rejects
   * where the group has gone on without this member.
   */
  async commitOffsets(offsets: TopicPartitionOffsetAndMetadata[] = []): Promise<void> {
    this.#needGroup('commitOffsets()')
    for (const { topic, offset } of offsets) {
      if (typeof topic !== 'string' || topic === '' || !/^\d+$/.test(String(offset))) {
        throw new KafkaJSNonRetriableError(
          `Invalid offset ${JSON.stringify(offset)} of topic ${topic}: it is a number, as a string`,
        )
      }
    }
    await this.#membership.commit(this.#connected(), offsets.length > 0 ? offsets : undefined)
  }

  /** The group, its members and what they have. */
  async describeGroup(): Promise<GroupDescription> {
    this.#needGroup('describeGroup()')
    const session = this.#connected()
    const groups = new Groups((operation) => session.call(operation), this.#retry)
    return groups.describeOne(this.#config.groupId ?? '')
  }

  get #subscribed(): boolean {
    return !this.#subscription.isEmpty
  }

  #connected(): Session {
    if (!this.#session) throw new KafkaJSError('The consumer is disconnected: call connect() first.')
    return this.#session
  }

  #needGroup(what: string): void {
    if (!this.#config.groupId) {
      throw new KafkaJSNonRetriableError(
        `${what} needs a group: kafka.consumer({ groupId: '…' }). Without one, name the partitions: \
consumer.assign([{ topic, partition, offset: 'earliest' }])`,
      )
    }
  }

  async #join(session: Session, { autoCommit, autoCommitInterval, autoCommitThreshold }: ConsumerRunConfig): Promise<void> {
    this.#autoCommit = autoCommit ?? true
    this.#threshold = autoCommitThreshold ?? 0
    this.#uncommitted = 0
    session.run((client) =>
      client.setAutoCommit(this.#autoCommit, autoCommitInterval ?? AUTO_COMMIT_INTERVAL_MS),
    )
    await this.#membership.join(session)
  }

  async #stop(): Promise<void> {
    this.#wanted = false
    this.#stopRestart()
    this.#runner?.stop()
    await this.#running
    if (this.#subscribed && this.#session) await this.#membership.leave(this.#session)
  }

  /** Runs, and after a crash again. */
  async #keepRunning(session: Session, config: ConsumerRunConfig): Promise<void> {
    while (this.#wanted) {
      const { eachMessage, eachBatch, eachBatchAutoResolve = true } = config
      const options = {
        eachMessage,
        eachBatch,
        eachBatchAutoResolve,
        concurrency: config.partitionsConsumedConcurrently ?? 1,
        retry: this.#retry,
      }
      this.#runner = new Runner(session, this.#partitions, options, this.#ownerOfRunner(), this.#logger)
      if (this.#failure) this.#runner.fail(this.#failure)
      try {
        await this.#runner.run()
        break
      } catch (error) {
        this.#failure = undefined
        if (!(await this.#crashed(error as Error))) break
      }
    }
    this.#runner = undefined
    this.#emitter.emit(this.events.STOP)
  }

  /** Tells of a crash, and says whether to start anew. */
  async #crashed(error: Error): Promise<boolean> {
    const { restartOnFailure } = this.#config.retry ?? {}
    const again = error instanceof KafkaJSNumberOfRetriesExceeded || (error as KafkaJSError).retriable === true
    const restart = this.#wanted && again && ((await restartOnFailure?.(error)) ?? true)
    this.#logger.error(`The consumer has ${restart ? 'crashed' : 'stopped'}: ${error.message}`)
    this.#emitter.emit(this.events.CRASH, { error, groupId: this.#config.groupId ?? '', restart })
    if (!restart) {
      this.#wanted = false
      // Others may go on with its partitions.
      if (this.#subscribed && this.#session) await this.#membership.leave(this.#session)
      return false
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#retry.initialRetryTime)
      this.#stopRestart = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return true
  }

  #ownerOfRunner() {
    return {
      processed: (assigned: Assigned, next: number) => {
        if (!this.#subscribed) return
        this.#uncommitted += Math.max(0, next - Math.max(assigned.processed, assigned.committed, 0))
        assigned.processed = next
        const { topic, partition } = assigned
        this.#session?.client.markProcessed(topic, partition, next)
        if (this.#threshold > 0 && this.#uncommitted >= this.#threshold) this.#commitDone()
      },
      fetchDone: () => this.#commitDone(),
      commit: {
        commitOffsetsIfNecessary: (offsets?: OffsetsByTopicPartition) => this.#commitIf(offsets),
        uncommittedOffsets: () => this.#uncommittedOffsets(),
      } satisfies Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'uncommittedOffsets'>,
      pause: ({ topic, partition }: Assigned) => {
        const topics = [{ topic, partitions: [partition] }]
        this.pause(topics)
        return () => this.resume(topics)
      },
    }
  }

  #commitDone(): void {
    if (!this.#subscribed || !this.#autoCommit) return
    this.#uncommitted = 0
    this.#membership.commitDone()
  }

  /** As in KafkaJS: with offsets, these; without, what is done, where commits are automatic. */
  async #commitIf(offsets?: OffsetsByTopicPartition): Promise<void> {
    if (!this.#subscribed) return
    if (offsets) {
      const flat = offsets.topics.flatMap(({ topic, partitions }) =>
        partitions.map((each) => ({ topic, ...each })),
      )
      if (flat.length > 0) await this.#membership.commit(this.#connected(), flat)
    } else this.#commitDone()
  }

  #uncommittedOffsets(): OffsetsByTopicPartition {
    const open = this.#partitions.all().filter(({ processed, committed }) => processed > committed)
    return {
      topics: byTopic(open, ({ partition, processed }) => ({ partition, offset: String(processed) })),
    }
  }

  #fetchFailed(topic: string, partition: number, fault: Fault): void {
    const error = errorOf(fault)
    if (fault.retriable) {
      this.#logger.warn(error.message)
      return
    }
    const out = fault.type === 'OFFSET_OUT_OF_RANGE'
    this.#fail(
      out
        ? new KafkaJSOffsetOutOfRange(error as KafkaJSProtocolError, { topic, partition })
        : Object.assign(error, { topic, partition }),
    )
  }

  #fail(error: Error): void {
    this.#failure = error
    this.#runner?.fail(error)
  }

  #assignAll(): void {
    const all = this.#partitions.all()
    this.#session?.run((client) => {
      client.assign(
        all.map(({ topic, partition, place = 'earliest' }) => ({ topic, partition, place })),
      )
      for (const { topic, partition, paused } of all) if (paused) client.pause(topic, partition)
    })
  }
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
