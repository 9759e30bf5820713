import type { GroupDescription } from '../admin/types.js'
import { KafkaJSNonRetriableError, KafkaJSOffsetOutOfRange, type KafkaJSProtocolError } from '../errors.js'
import { type ConsumerEventMap, consumerEvents } from '../instrumentation/events.js'
import type { Logger } from '../logger.js'
import type { Batch } from '../message.js'
import { Part } from '../part.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { errorOf, type Session, type SessionEvents } from '../session.js'
import { readableOf } from '../streams.js'
import type {
  ConsumerConfig,
  Retry,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
} from '../types.js'
import { Assigners } from './assigners.js'
import { checkAssignment, checkOffsets, checkPaused, checkRun, placeOf } from './checks.js'
import { Commits } from './commits.js'
import { Membership } from './group.js'
import { Messages, type MessagesOptions, type ReceivedMessage } from './messages.js'
import { type Assigned, Partitions } from './partitions.js'
import { Run, type RunOwner } from './run.js'
import { Subscription } from './subscription.js'
import type {
  ConsumerRunConfig,
  ConsumerSubscribeTopic,
  ConsumerSubscribeTopics,
  ManualAssignment,
} from './types.js'

/**
 * Reads records, as a member of a group (`groupId` and {@link Consumer.subscribe}) or of partitions
 * that the application names ({@link Consumer.assign}). Made by {@link Kafka.consumer}.
 */
export class Consumer extends Part<ConsumerEventMap> {
  /** What {@link Consumer.on} tells of. */
  override readonly events = consumerEvents

  readonly #groupId: string
  readonly #retry: RunOwner['retry']
  readonly #open: (events: SessionEvents, assigners: Assigners) => Promise<Session>
  readonly #assigners: Assigners
  readonly #partitions = new Partitions()
  readonly #subscription = new Subscription()
  readonly #membership: Membership
  readonly #commits: Commits
  readonly #owner: RunOwner
  #session: Session | undefined
  #run: Run | undefined
  /** What the run is for, where it is for a loop. */
  #messages: Messages | undefined
  #stopping: Promise<void> | undefined
  /** Why a partition cannot be read, while nothing runs. */
  #failure: Error | undefined

  /** @internal */
  constructor(
    config: ConsumerConfig,
    retry: Retry,
    open: (events: SessionEvents, assigners: Assigners) => Promise<Session>,
    logger: Logger,
  ) {
    super(consumerEvents, logger)
    this.#groupId = config.groupId ?? ''
    this.#retry = { ...retry, restartOnFailure: config.retry?.restartOnFailure }
    this.#open = open
    const parts = { groupId: this.#groupId, partitions: this.#partitions, emitter: this.emitter, logger }
    this.#assigners = new Assigners(config.partitionAssigners, this.#groupId, logger, (operation) =>
      this.#connected().call(operation),
    )
    this.#membership = new Membership(
      {
        ...parts,
        subscription: this.#subscription,
        assigners: this.#assigners,
        wake: () => this.#run?.wake(),
        failed: (error) => this.#fail(error),
      },
      () => this.#session,
    )
    this.#commits = new Commits(this.#partitions, this.#membership)
    this.requests.onHeartbeat = () => this.#membership.heard()
    this.#owner = { ...parts, ...this.#rules() }
  }

  /**
   * Adds topics to what the group's members share out, before `run`. Topics that are named need not
   * exist yet; those that match a pattern may come later. `fromBeginning` says where to begin where the
   * group has committed no offset: at the first record, or behind the last one (the default).
   */
  async subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void> {
    this.#needGroup('subscribe()')
    if (this.#run) {
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
  assign(partitions: ManualAssignment[]): void {
    if (this.#subscribed) {
      throw new KafkaJSNonRetriableError('The group assigns the partitions: a consumer does one or the other.')
    }
    checkAssignment(partitions)
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
    checkRun(config)
    const session = this.#connected()
    await this.#stopping
    if (this.#run) {
      this.logger().warn('run() was called on a consumer that runs already: the call does nothing')
      return
    }
    const inGroup = this.#subscribed
    this.#commits.begin(inGroup ? session : undefined, config)
    if (inGroup) {
      this.#failure = undefined
      await this.#membership.join(session)
    }
    const { signal } = config
    if (signal?.aborted) return this.#leave()
    const run = new Run(session, config, this.#owner, this.#failure)
    this.#failure = undefined
    this.#run = run
    const abort = () => void this.stop()
    signal?.addEventListener('abort', abort)
    void run.done.then(() => {
      signal?.removeEventListener('abort', abort)
      if (this.#run === run) this.#run = undefined
    })
  }

  /**
   * Reads, as {@link Consumer.run} does, for a `for await` loop: each record counts as done, and is
   * committed in time, when the loop asks for the next one. Leaving the loop stops the consumer; the record
   * that it was at comes again. A crash after which the consumer does not start anew is thrown.
   */
  messages(options: MessagesOptions = {}): AsyncIterableIterator<ReceivedMessage> {
    return this.read(options)
  }

  /** {@link Consumer.messages}, without options. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedMessage> {
    return this.read({})
  }

  /**
   * {@link Consumer.messages}, as a stream: each record counts as done when the next one is read.
   * Cancelling it stops the consumer.
   */
  readable(options: MessagesOptions = {}): ReadableStream<ReceivedMessage> {
    return readableOf(this.read(options))
  }

  /** @internal */
  read(options: MessagesOptions, done?: (batch: Batch) => boolean): Messages {
    const messages: Messages = new Messages(
      { run: (config) => this.#runFor(messages, config), stop: () => this.stop(), done },
      options,
    )
    return messages
  }

  async #runFor(messages: Messages, config: ConsumerRunConfig): Promise<void> {
    if (this.#run) {
      throw new KafkaJSNonRetriableError('The consumer runs already: one loop, stream or run() at a time.')
    }
    this.#messages = messages
    const crashed = this.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) messages.fail(payload.error)
    })
    const stopped = this.on('consumer.stop', () => {
      crashed()
      stopped()
      messages.end()
    })
    await this.run(config)
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
    this.#run?.forgive()
    this.#run?.wake()
  }

  /** Pauses partitions, or a topic as a whole. */
  pause(topics: { topic: string; partitions?: number[] }[] = []): void {
    checkPaused(topics)
    for (const each of topics) {
      for (const { topic, partition } of this.#partitions.setPaused(each, true)) {
        this.#session?.run((client) => client.pause(topic, partition))
      }
    }
  }

  /** Resumes partitions, or a topic as a whole. */
  resume(topics: { topic: string; partitions?: number[] }[] = []): void {
    checkPaused(topics)
    for (const each of topics) {
      for (const { topic, partition } of this.#partitions.setPaused(each, false)) {
        this.#session?.run((client) => client.resume(topic, partition))
      }
    }
    this.#run?.wake()
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
    checkOffsets(offsets)
    await this.#membership.commit(this.#connected(), offsets.length > 0 ? offsets : undefined)
  }

  /** The group, its members and what they have. */
  async describeGroup(): Promise<GroupDescription> {
    this.#needGroup('describeGroup()')
    const session = this.#connected()
    const { Groups } = await import('../admin/groups.js')
    const groups = new Groups((operation) => session.call(operation), this.#retry)
    return groups.describeOne(this.#groupId)
  }

  /** @internal */
  protected override async open(): Promise<void> {
    await this.#assigners.load()
    const events: SessionEvents = {
      fetchReady: () => this.#run?.wake(),
      fetchFailed: (topic, partition, error) => this.#fetchFailed(topic, partition, error),
      group: (kind, payload) => this.#membership.told(kind, payload),
      requests: this.requests,
    }
    this.#session = await this.#open(events, this.#assigners)
    if (!this.#subscribed) this.#assignAll()
  }

  /** Stops. @internal */
  protected override async close(): Promise<void> {
    await this.stop()
    const session = this.#session
    this.#session = undefined
    session?.close()
  }

  get #subscribed(): boolean {
    return !this.#subscription.isEmpty
  }

  #connected(): Session {
    if (!this.#session) throw this.disconnected()
    return this.#session
  }

  #needGroup(what: string): void {
    if (!this.#groupId) {
      throw new KafkaJSNonRetriableError(
        `${what} needs a group: kafka.consumer({ groupId: '…' }). Without one, name the partitions: \
consumer.assign([{ topic, partition, offset: 'earliest' }])`,
      )
    }
  }

  async #stop(): Promise<void> {
    this.#run?.stop()
    // Whoever reads may be the very one who stops it.
    this.#messages?.end()
    await this.#run?.done
    await this.#leave()
  }

  async #leave(): Promise<void> {
    if (this.#subscribed && this.#session) await this.#membership.leave(this.#session)
  }

  /** What a run has to tell and to ask. */
  #rules(): Pick<RunOwner, 'retry' | 'commits' | 'processed' | 'fetchDone' | 'pause' | 'restarted' | 'gaveUp'> {
    const commits = this.#commits
    return {
      retry: this.#retry,
      commits,
      processed: (assigned, next) => commits.processed(assigned, next),
      fetchDone: () => commits.done(),
      pause: ({ topic, partition }: Assigned) => {
        const topics = [{ topic, partitions: [partition] }]
        this.pause(topics)
        return () => this.resume(topics)
      },
      restarted: async () => {
        if (this.#subscribed && !this.#membership.isIn) await this.#membership.join(this.#connected())
      },
      gaveUp: () => this.#leave(),
    }
  }

  #fetchFailed(topic: string, partition: number, fault: Fault): void {
    const error = errorOf(fault)
    if (fault.retriable) {
      this.logger().warn(error.message)
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
    if (this.#run) this.#run.fail(error)
    else this.#failure = error
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
