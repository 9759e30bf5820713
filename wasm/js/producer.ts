import {
  KafkaJSAggregateError,
  KafkaJSError,
  KafkaJSMetadataNotLoaded,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
} from './errors.js'
import {
  Emitter,
  type InstrumentationEvent,
  type RemoveInstrumentationEventListener,
} from './events.js'
import type { Logger } from './logger.js'
import { Packer } from './pack.js'
import {
  DefaultPartitioner,
  type ICustomPartitioner,
  type PartitionMetadata,
} from './partitioners.js'
import type { Fault } from './pkg/ottla_wasm.js'
import { type ClusterMetadata, errorOf, type Session, type SessionEvents } from './session.js'
import {
  CompressionTypes,
  type Message,
  type ProducerBatch,
  type ProducerConfig,
  type ProducerRecord,
  type RecordMetadata,
} from './types.js'

/** Opens a session for one way of producing. */
export type OpenSession = (
  way: { acks: number; compression: CompressionTypes },
  events: SessionEvents,
) => Promise<Session>

interface Waiting {
  topic: string
  messages: readonly Message[]
  partitions: readonly number[] | undefined
  resolve: (metadata: RecordMetadata[]) => void
  reject: (error: Error) => void
}

/** Produces with one kind of acknowledgement and compression. */
class Lane {
  readonly session: Promise<Session>
  #opened: Session | undefined
  readonly #packer = new Packer()
  readonly #sent = new Map<number, Waiting>()
  #queue: Waiting[] = []
  #flushing = false
  /** The buffer is full: what waits goes over when some of what is under way is done. */
  #held = false
  #lastId = 0

  constructor(open: (events: SessionEvents) => Promise<Session>) {
    this.session = open({ produced: (results, errors) => this.#produced(results, errors) })
    this.session.then(
      (session) => {
        this.#opened = session
        if (this.#queue.length > 0) this.#flush()
      },
      // Whoever sends hears of it.
      () => {},
    )
  }

  send(
    topic: string,
    messages: readonly Message[],
    partitions?: readonly number[],
  ): Promise<RecordMetadata[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ topic, messages, partitions, resolve, reject })
      if (this.#flushing || this.#held || !this.#opened) return
      // What is sent in the same turn goes over together.
      this.#flushing = true
      queueMicrotask(() => this.#flush())
    })
  }

  /** What is known of a topic's partitions, for a partitioner. */
  async partitions(
    topic: string,
    { metadataMaxAge = 300_000, allowAutoTopicCreation = true }: ProducerConfig,
  ): Promise<PartitionMetadata[]> {
    const known = this.#topics.get(topic)
    if (known && performance.now() - known.at < metadataMaxAge) return known.partitions
    const session = await this.session
    const { topics } = await session.call<ClusterMetadata>({
      op: 'metadata',
      topics: [topic],
      create: allowAutoTopicCreation,
    })
    const [found] = topics
    if (!found || found.error) {
      throw found?.error
        ? errorOf(found.error)
        : new KafkaJSMetadataNotLoaded(`The broker says nothing of topic ${topic}.`)
    }
    this.#topics.set(topic, { at: performance.now(), partitions: found.partitions })
    return found.partitions
  }

  readonly #topics = new Map<string, { at: number; partitions: PartitionMetadata[] }>()

  #flush(): void {
    this.#flushing = false
    const session = this.#opened as Session
    const queue = this.#queue
    this.#queue = []
    this.#packer.clear()
    for (const waiting of queue) {
      const id = ++this.#lastId
      try {
        this.#packer.send(id, waiting.topic, waiting.messages, waiting.partitions)
        this.#sent.set(id, waiting)
      } catch (error) {
        waiting.reject(error as Error)
      }
    }
    if (this.#packer.packed.length > 0) session.client.produce(this.#packer.packed)
  }

  #produced(results: Float64Array, errors: Fault[]): void {
    const refused: { waiting: Waiting; fault: Fault }[] = []
    for (let at = 0; at < results.length; ) {
      const id = results[at] as number
      const fault = errors[results[at + 1] as number]
      const count = results[at + 2] as number
      const first = at + 3
      at = first + count * 4
      const waiting = this.#sent.get(id)
      this.#sent.delete(id)
      if (!waiting) continue
      if (!fault) waiting.resolve(metadataOf(waiting.topic, results, first, count))
      else if (fault.kind === 'bufferFull') refused.push({ waiting, fault })
      else waiting.reject(errorOf(fault))
    }
    if (refused.length > 0) {
      // With nothing under way, there will never be more room than now for the first of them.
      if (this.#sent.size === 0) {
        const alone = refused.shift()
        alone?.waiting.reject(errorOf(alone.fault))
      }
      this.#queue = [...refused.map(({ waiting }) => waiting), ...this.#queue]
      this.#held = this.#sent.size > 0
    } else {
      this.#held = false
    }
    if (!this.#held && !this.#flushing && this.#queue.length > 0) {
      this.#flushing = true
      queueMicrotask(() => this.#flush())
    }
  }
}

function metadataOf(
  topicName: string,
  results: Float64Array,
  first: number,
  count: number,
): RecordMetadata[] {
  const metadata: RecordMetadata[] = []
  for (let at = first; at < first + count * 4; at += 4) {
    metadata.push({
      topicName,
      partition: results[at] as number,
      errorCode: 0,
      baseOffset: String(results[at + 1]),
      logAppendTime: String(results[at + 2]),
      logStartOffset: String(results[at + 3]),
    })
  }
  return metadata.sort((a, b) => a.partition - b.partition)
}

/** Sends records. Made by {@link Kafka.producer}. */
export class Producer {
  /** What {@link Producer.on} tells of. */
  readonly events = {
    CONNECT: 'producer.connect',
    DISCONNECT: 'producer.disconnect',
  } as const

  readonly #emitter = new Emitter()
  readonly #config: ProducerConfig
  readonly #open: OpenSession
  readonly #logger: Logger
  readonly #partition: ReturnType<ICustomPartitioner> | undefined
  readonly #idempotent: boolean
  /** By acknowledgement and compression, which in the protocol belong to a request or a batch. */
  readonly #lanes = new Map<string, Lane>()
  #state: 'new' | 'connected' | 'disconnecting' | 'disconnected' = 'new'

  /** @internal */
  constructor(config: ProducerConfig, open: OpenSession, logger: Logger) {
    if (config.transactionalId !== undefined) {
      throw new KafkaJSNotImplemented(
        'Transactions come with a later version; leave out transactionalId.',
      )
    }
    const { createPartitioner } = config
    if (createPartitioner !== undefined && typeof createPartitioner !== 'function') {
      throw new KafkaJSNonRetriableError(
        'createPartitioner must be a function that returns a partitioner, a function itself.',
      )
    }
    this.#config = config
    this.#open = open
    this.#logger = logger
    this.#idempotent = config.idempotent ?? true
    // The default one is in Rust.
    if (createPartitioner && createPartitioner !== DefaultPartitioner) {
      this.#partition = createPartitioner()
    }
  }

  /** Connects. Rejects, within seconds, where the broker cannot be reached or opened. */
  async connect(): Promise<void> {
    if (this.#state === 'connected') return
    this.#state = 'connected'
    try {
      await this.#lane(-1, CompressionTypes.None).session
      this.#emitter.emit(this.events.CONNECT)
    } catch (error) {
      this.#state = 'new'
      this.#lanes.clear()
      throw error
    }
  }

  /** Waits until what was sent is stored or has failed, and disconnects. */
  async disconnect(): Promise<void> {
    if (this.#state !== 'connected') return
    this.#state = 'disconnecting'
    const lanes = [...this.#lanes.values()]
    await Promise.allSettled(this.#pending)
    for (const lane of lanes) {
      await lane.session.then(
        (session) => session.close(),
        () => {},
      )
    }
    this.#lanes.clear()
    this.#state = 'disconnected'
    this.#emitter.emit(this.events.DISCONNECT)
  }

  /** Whether a retry can neither double nor reorder records. */
  isIdempotent(): boolean {
    return this.#idempotent
  }

  /** Calls a function with each event of a kind. */
  on<T = unknown>(
    event: string,
    listener: (event: InstrumentationEvent<T>) => void,
  ): RemoveInstrumentationEventListener {
    return this.#emitter.on(event, listener)
  }

  /** The producer's log. */
  logger(): Logger {
    return this.#logger
  }

  /**
   * Sends records to a topic. The promise resolves when they are stored as the topic's durability
   * and `acks` ask, and rejects when one of them is not.
   */
  send({ topic, messages, acks, timeout, compression }: ProducerRecord): Promise<RecordMetadata[]> {
    return this.sendBatch({ acks, timeout, compression, topicMessages: [{ topic, messages }] })
  }

  /** Sends records to several topics. Resolves when all are stored. */
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]> {
    let sent: Promise<RecordMetadata[]>
    try {
      sent = this.#sendBatch(batch)
    } catch (error) {
      return Promise.reject(error)
    }
    this.#pending.add(sent)
    const done = () => this.#pending.delete(sent)
    sent.then(done, done)
    return sent
  }

  readonly #pending = new Set<Promise<unknown>>()

  #sendBatch({
    acks = -1,
    compression = CompressionTypes.None,
    topicMessages = [],
  }: ProducerBatch): Promise<RecordMetadata[]> {
    if (this.#state !== 'connected') {
      throw this.#state === 'disconnecting'
        ? new KafkaJSNonRetriableError('The producer is disconnecting; it takes nothing more.')
        : new KafkaJSError('The producer is disconnected: call connect() first.')
    }
    if (this.#config.idempotent && acks !== -1) {
      throw new KafkaJSNonRetriableError('An idempotent producer needs acks: -1, all replicas.')
    }
    for (const { topic, messages } of topicMessages) check(topic, messages)
    const lane = this.#lane(acks, compression)
    const sends = topicMessages
      .filter(({ messages }) => messages.length > 0)
      .map(({ topic, messages }) =>
        this.#partition
          ? this.#choose(lane, this.#partition, topic, messages)
          : lane.send(topic, messages),
      )
    // One of them is the usual case, in which every turn of the queue of microtasks counts.
    if (sends.length === 1) return sends[0] as Promise<RecordMetadata[]>
    return settleAll(sends)
  }

  async #choose(
    lane: Lane,
    partition: ReturnType<ICustomPartitioner>,
    topic: string,
    messages: readonly Message[],
  ): Promise<RecordMetadata[]> {
    const partitionMetadata = await lane.partitions(topic, this.#config)
    const partitions = messages.map((message) => {
      const chosen = partition({ topic, partitionMetadata, message })
      if (!Number.isInteger(chosen) || chosen < 0) {
        throw new KafkaJSNonRetriableError(
          `The partitioner returned ${String(chosen)} for topic ${topic}; it must return the number \
of a partition, from 0 to ${partitionMetadata.length - 1}.`,
        )
      }
      return chosen
    })
    return lane.send(topic, messages, partitions)
  }

  #lane(acks: number, compression: CompressionTypes): Lane {
    const key = `${acks} ${compression}`
    let lane = this.#lanes.get(key)
    if (!lane) {
      lane = new Lane((events) => this.#open({ acks, compression }, events))
      this.#lanes.set(key, lane)
    }
    return lane
  }
}

function check(topic: unknown, messages: unknown): void {
  if (typeof topic !== 'string' || topic === '') {
    throw new KafkaJSNonRetriableError(`Invalid topic ${JSON.stringify(topic)}: it must be a name.`)
  }
  if (!Array.isArray(messages)) {
    throw new KafkaJSNonRetriableError(
      `Invalid messages array [${String(messages)}] for topic "${topic}"`,
    )
  }
  for (const message of messages) {
    if (message?.value === undefined) {
      throw new KafkaJSNonRetriableError(
        `Invalid message without value for topic "${topic}": ${JSON.stringify(message)}. For a \
tombstone, set the value to null.`,
      )
    }
  }
}

async function settleAll(sends: Promise<RecordMetadata[]>[]): Promise<RecordMetadata[]> {
  const settled = await Promise.allSettled(sends)
  const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) {
    throw new KafkaJSAggregateError(errors.map(({ message }) => message).join('; '), errors)
  }
  return settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
}
