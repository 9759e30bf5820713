import { openTcp } from '#platform'
import { parseBrokers } from './address.js'
import { Admin } from './admin/admin.js'
import { Consumer } from './consumer/consumer.js'
import { KafkaJSNonRetriableError } from './errors.js'
import { type Endpoint, endpointOf, type Leadership } from './endpoint.js'
import { asyncDispose } from './abort.js'
import { createLogger, type Logger, logLevel } from './logger.js'
import { Producer } from './producer/producer.js'
import { Session, type SessionEvents, type SessionOptions } from './session.js'
import { Topic } from './topic.js'
import type {
  BackupSource,
  ExportOptions,
  ImportOptions,
  ImportResult,
  Inspection,
  StorageNotice,
} from './storage/types.js'
import type {
  AdminConfig,
  ConsumerConfig,
  KafkaConfig,
  ProducerConfig,
  Retry,
  RetryOptions,
} from './types.js'

const RETRY: Retry = {
  maxRetryTime: 30_000,
  initialRetryTime: 300,
  factor: 0.2,
  multiplier: 2,
  retries: 5,
}

/** What differs between the clients of one {@link Kafka}. */
interface Differences {
  retry?: RetryOptions
  metadataMaxAge?: number
  allowAutoTopicCreation?: boolean
  producer?: Partial<SessionOptions['producer']>
  group?: SessionOptions['group']
  fetcher?: { [option in keyof SessionOptions['fetcher']]?: SessionOptions['fetcher'][option] }
}

/**
 * Where clients of a broker come from.
 *
 * ```ts
 * const kafka = new Kafka({ clientId: 'shop', brokers: ['idb://shop'] })
 * const producer = kafka.producer()
 * await producer.connect()
 * await producer.send({ topic: 'orders', messages: [{ key: 'truck-7', value: 'left depot' }] })
 * ```
 *
 * `idb://<name>` is a broker that keeps its data in IndexedDB; all tabs and workers of the site share
 * it, and one of the tabs runs it; `memory://<name>` is one in the memory of this page or process. Such
 * a broker starts with the first connection. In Node, `host:port` is one of a Kafka cluster.
 */
export class Kafka {
  readonly #config: KafkaConfig
  readonly #logger: Logger
  /** Those that are connected. */
  readonly #clients = new Set<Producer | Consumer | Admin>()

  constructor(config: KafkaConfig) {
    // A list is checked at once; a function is called when somebody connects.
    if (Array.isArray(config?.brokers)) parseBrokers(config.brokers, openTcp !== undefined)
    this.#config = config
    this.#logger = createLogger(config.logLevel ?? logLevel.INFO, config.logCreator)
  }

  /** A producer: it sends records. */
  producer(config: ProducerConfig = {}): Producer {
    const logger = this.#logger.namespace('Producer')
    const idempotent = config.idempotent ?? true
    return this.#kept(new Producer(
      config,
      ({ acks, compression }, events) =>
        this.#open(
          {
            ...shared(config),
            allowAutoTopicCreation: config.allowAutoTopicCreation ?? true,
            producer: {
              acks,
              compression,
              idempotent: idempotent && acks === -1,
              ...(config.maxInFlightRequests !== undefined && {
                maxInFlight: Math.min(config.maxInFlightRequests, 5),
              }),
            },
          },
          events,
          logger,
        ),
      logger,
    ))
  }

  /** A consumer: it reads records, alone or as a member of a group. */
  consumer(config: ConsumerConfig = {}): Consumer {
    const logger = this.#logger.namespace('Consumer')
    const group = groupOf(config)
    const differences: Differences = {
      ...shared(config),
      group,
      allowAutoTopicCreation: config.allowAutoTopicCreation ?? true,
      fetcher: {
        maxWait: config.maxWaitTimeInMs ?? (group ? 5_000 : undefined),
        minBytes: config.minBytes,
        maxBytes: config.maxBytes,
        maxPartitionBytes: config.maxBytesPerPartition,
        readUncommitted: config.readUncommitted,
      },
    }
    const retry = this.#retry(config)
    return this.#kept(new Consumer(
      config,
      retry,
      (events, { names }) => {
        const assignors = names.length > 0 ? names : group?.assignors
        const own = group && assignors ? { ...group, assignors } : group
        return this.#open({ ...differences, group: own }, events, logger)
      },
      logger,
    ))
  }

  /** An admin: it looks after topics, their records and their configurations, and after groups. */
  admin(config: AdminConfig = {}): Admin {
    const logger = this.#logger.namespace('Admin')
    const differences: Differences = { ...shared(config), allowAutoTopicCreation: false }
    return this.#kept(
      new Admin((events) => this.#open(differences, events, logger), this.#retry(config), logger),
    )
  }

  /** A topic, to be read and written without clients to look after. */
  topic(name: string): Topic {
    return new Topic(name, this)
  }

  /**
   * Disconnects all clients that this one has made, at the end of the block of `await using`. The broker
   * stays.
   */
  async [asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.disconnect()))
  }

  /** Keeps in mind which clients are connected. */
  #kept<T extends Producer | Consumer | Admin>(client: T): T {
    client.connectedChanged = (connected) => {
      if (connected) this.#clients.add(client)
      else this.#clients.delete(client)
    }
    return client
  }

  #retry({ retry }: { retry?: RetryOptions }): Retry {
    return { ...RETRY, ...defined(this.#config.retry), ...defined(retry) }
  }

  /** The log. */
  logger(): Logger {
    return this.#logger
  }

  /**
   * Which tab runs the broker, of all tabs that share it; undefined while it is not known, and for
   * `memory://`.
   */
  async leadership(): Promise<Leadership | undefined> {
    return (await this.#endpoint()).endpoint.leadership()
  }

  /** Calls a function whenever {@link leadership} changes. Returns a function that ends it. */
  async onLeadership(
    listener: (leadership: Leadership | undefined) => void,
  ): Promise<() => void> {
    return (await this.#endpoint()).endpoint.onLeadership(listener)
  }

  /**
   * Calls a function when the database was deleted or emptied behind the broker's back, in whichever
   * tab that is noticed. Returns a function that ends it.
   */
  async onStorage(listener: (notice: StorageNotice) => void): Promise<() => void> {
    return (await this.#endpoint()).endpoint.onStorage?.(listener) ?? (() => {})
  }

  /** A look at all there is, for tools: topics, groups with their lag, storage, leadership. */
  async inspect(): Promise<Inspection> {
    const { inspect } = await import('./storage/inspect.js')
    const { endpoint, address } = await this.#endpoint()
    return inspect(this.admin(), endpoint, address)
  }

  /**
   * All topics, or some, as a file: their configurations, their records with offsets, and what groups
   * have committed. Read it to its end: it has a checksum there.
   */
  export(options: ExportOptions = {}): ReadableStream<Uint8Array> {
    const begun = import('./storage/export.js').then(async ({ exported }) =>
      exported(this.admin(), (await this.#endpoint()).endpoint, options),
    )
    return deferred(begun)
  }

  /**
   * Brings topics from a file of {@link export} back, each at the offsets that it had: all of them, or
   * where anything is wrong with the file or with the storage, none. A topic of the same name must
   * not be there; `as` gives it another one.
   */
  async import(source: BackupSource, options: ImportOptions = {}): Promise<ImportResult> {
    const { imported } = await import('./storage/import.js')
    return imported(this.admin(), (await this.#endpoint()).endpoint, source, options)
  }

  /**
   * Ends this tab's part in the broker: if the broker runs in this tab, another tab that uses it takes
   * over. What is stored stays; what a topic with `ottla.durability=memory` holds, and everything
   * behind `memory://`, goes. Clients of this tab that are connected connect anew.
   */
  async shutdown(): Promise<void> {
    await (await this.#endpoint()).endpoint.shutdown()
  }

  async #endpoint(): Promise<{ endpoint: Endpoint; address: string }> {
    const { brokers, storageTimeout = 5_000, connectionTimeout = 10_000 } = this.#config
    const { worker, sharedWorker } = this.#config
    const list = typeof brokers === 'function' ? await brokers() : brokers
    const address = parseBrokers(list, openTcp !== undefined)
    const endpoint = await endpointOf(address, {
      timeoutMs: storageTimeout,
      logger: this.#logger.namespace('Broker'),
      workers: { worker, sharedWorker },
      connectTimeoutMs: connectionTimeout,
      kafka: this.#config,
    })
    return { endpoint, address: address.text }
  }

  async #open(differences: Differences, events: SessionEvents, logger: Logger): Promise<Session> {
    const { endpoint, address } = await this.#endpoint()
    const config = this.#config
    const { fetcher = {}, producer = {} } = differences
    const options: SessionOptions = {
      clientId: config.clientId ?? 'kafkajs',
      brokers: endpoint.brokers ?? [{ host: address, port: 0 }],
      connectionTimeout: config.connectionTimeout ?? 10_000,
      requestTimeout: config.requestTimeout ?? 30_000,
      metadataMaxAge: differences.metadataMaxAge ?? 300_000,
      allowAutoTopicCreation: differences.allowAutoTopicCreation ?? true,
      retry: { ...RETRY, ...defined(config.retry), ...defined(differences.retry) },
      producer: { acks: -1, idempotent: true, compression: 0, maxInFlight: 5, ...producer },
      fetcher: {
        maxWait: 500,
        minBytes: 1,
        maxBytes: 10 * 1024 * 1024,
        maxPartitionBytes: 1024 * 1024,
        readUncommitted: false,
        ...defined(fetcher),
      },
      group: differences.group ?? null,
    }
    return Session.open(endpoint, options, events, logger)
  }
}

/** A stream that is read from as soon as it is there. */
function deferred(chunks: Promise<AsyncGenerator<Uint8Array, void>>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (await chunks).next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await (await chunks).return()
      },
    },
    { highWaterMark: 0 },
  )
}

/** A member's options, checked. */
function groupOf(config: ConsumerConfig): SessionOptions['group'] {
  const { groupId, sessionTimeout = 30_000, heartbeatInterval = 500 } = config
  if (groupId === undefined) return null
  if (typeof groupId !== 'string' || groupId === '') {
    throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.')
  }
  if (heartbeatInterval >= sessionTimeout) {
    throw new KafkaJSNonRetriableError(
      `Consumer heartbeatInterval (${heartbeatInterval}) must be lower than sessionTimeout \
(${sessionTimeout}). It is recommended to set heartbeatInterval to approximately a third of the \
sessionTimeout.`,
    )
  }
  return {
    groupId,
    protocol: config.groupProtocol ?? 'classic',
    instanceId: config.groupInstanceId,
    assignors: config.assignors ?? ['cooperative-sticky'],
    serverAssignor: config.groupRemoteAssignor,
    sessionTimeout,
    rebalanceTimeout: config.rebalanceTimeout ?? 60_000,
    heartbeatInterval,
  }
}

function shared({ retry, metadataMaxAge }: { retry?: RetryOptions; metadataMaxAge?: number }) {
  return { retry, metadataMaxAge } satisfies Differences
}

/** What is set of some options. */
function defined<T extends object>(options: T = {} as T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
