import { type Abortable, abortable } from '../abort.js'
import {
  KafkaJSAggregateError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
} from '../errors.js'
import { producerEvents, type ProducerEventMap } from '../instrumentation/events.js'
import type { Logger } from '../logger.js'
import { Part } from '../part.js'
import { DefaultPartitioner, type ICustomPartitioner, shown } from '../partitioners.js'
import type { Session, SessionEvents } from '../session.js'
import { type WritableOptions, writableOf } from '../streams.js'
import {
  CompressionTypes,
  type Message,
  type ProducerBatch,
  type ProducerConfig,
  type ProducerRecord,
  type RecordMetadata,
  type Transaction,
} from '../types.js'
import { Lane } from './lane.js'

/** Opens a session for one way of producing. */
export type OpenSession = (
  way: { acks: number; compression: CompressionTypes },
  events: SessionEvents,
) => Promise<Session>

/** Sends records. Made by {@link Kafka.producer}. */
export class Producer extends Part<ProducerEventMap> {
  /** What {@link Producer.on} tells of. */
  override readonly events = producerEvents

  readonly #config: ProducerConfig
  readonly #open: OpenSession
  readonly #partition: ReturnType<ICustomPartitioner> | undefined
  readonly #idempotent: boolean
  /** By acknowledgement and compression, which in the protocol belong to a request or a batch. */
  readonly #lanes = new Map<string, Lane>()
  readonly #pending = new Set<Promise<unknown>>()

  /** @internal */
  constructor(config: ProducerConfig, open: OpenSession, logger: Logger) {
    super(producerEvents, logger)
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
    this.#idempotent = config.idempotent ?? true
    // The default one is in Rust.
    if (createPartitioner && createPartitioner !== DefaultPartitioner) {
      this.#partition = createPartitioner()
    }
  }

  /** Whether a retry can neither double nor reorder records. */
  isIdempotent(): boolean {
    return this.#idempotent
  }

  /** Transactions come with a later version: rejects with `KafkaJSNotImplemented`. */
  async transaction(): Promise<Transaction> {
    throw new KafkaJSNotImplemented(
      'Transactions come with a later version: use send and sendBatch, which an idempotent producer stores once each.',
    )
  }

  /**
   * Sends records to a topic. The promise resolves when they are stored as the topic's durability
   * and `acks` ask, and rejects when one of them is not. A `signal` that aborts before it began sends
   * nothing; later, it ends the waiting: the records may be stored all the same.
   */
  send(
    { topic, messages, acks, timeout, compression }: ProducerRecord,
    options?: Abortable,
  ): Promise<RecordMetadata[]> {
    return this.sendBatch({ acks, timeout, compression, topicMessages: [{ topic, messages }] }, options)
  }

  /**
   * A stream that sends what is written to it. It takes records while no more than `maxInFlight` (1,000) are
   * under way; closing it waits until all are stored; a record that cannot be stored breaks it.
   */
  writable(options: WritableOptions): WritableStream<Message> {
    return writableOf(() => this, options)
  }

  /** Sends records to several topics. Resolves when all are stored. */
  sendBatch(batch: ProducerBatch, { signal }: Abortable = {}): Promise<RecordMetadata[]> {
    let sent: Promise<RecordMetadata[]>
    try {
      signal?.throwIfAborted()
      sent = this.#sendBatch(batch)
    } catch (error) {
      return Promise.reject(error)
    }
    this.#pending.add(sent)
    const done = () => this.#pending.delete(sent)
    sent.then(done, done)
    return abortable(sent, signal)
  }

  #sendBatch({
    acks = -1,
    compression = CompressionTypes.None,
    topicMessages = [],
  }: ProducerBatch): Promise<RecordMetadata[]> {
    if (!this.isConnected) throw this.disconnected()
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

  /** @internal */
  protected override async open(): Promise<void> {
    await this.#lane(-1, CompressionTypes.None).session
  }

  /** Waits until what was sent is stored or has failed, for as long as one request may take. @internal */
  protected override async close(): Promise<void> {
    const lanes = [...this.#lanes.values()]
    const done = Promise.allSettled(this.#pending)
    await Promise.all(lanes.map((lane) => lane.opened?.last(done)))
    for (const lane of lanes) lane.close(this.disconnected())
    this.#lanes.clear()
  }

  async #choose(
    lane: Lane,
    partition: ReturnType<ICustomPartitioner>,
    topic: string,
    messages: readonly Message[],
  ): Promise<RecordMetadata[]> {
    const partitionMetadata = await lane.partitions(topic, this.#config)
    const partitions = messages.map((message) => {
      const chosen = partition({ topic, partitionMetadata, message: shown(message) })
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
      lane = new Lane(acks, (events) => this.#open({ acks, compression }, events), this.requests)
      this.#lanes.set(key, lane)
      // The next one tries again.
      lane.session.catch(() => this.#lanes.get(key) === lane && this.#lanes.delete(key))
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
