import type { Broker } from './address.js'
import type { Alarm, Endpoint } from './endpoint.js'
import {
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
  KafkaJSRequestTimeoutError,
  KafkaJSServerDoesNotSupportApiKey,
  KafkaJSStorageError,
} from './errors.js'
import { adviceFor } from './advice.js'
import type { Requests, Source } from './instrumentation/requests.js'
import type { Logger } from './logger.js'
import { randomSeed, startModule } from './module.js'
import type { PartitionMetadata } from './partitioners.js'
import type { Wire } from './storage/wire.js'
import { Client, type ClientEvents, type Fault, type Fetch } from './pkg/ottla_wasm.js'
import type { Retry } from './types.js'

/** What a client is made of; `src/client/options.rs` reads it. */
export interface SessionOptions {
  clientId: string
  /** Whom to ask first. */
  brokers: readonly Broker[]
  connectionTimeout: number
  requestTimeout: number
  metadataMaxAge: number
  allowAutoTopicCreation: boolean
  retry: Retry
  producer: { acks: number; idempotent: boolean; compression: number; maxInFlight: number }
  fetcher: {
    maxWait: number
    minBytes: number
    maxBytes: number
    maxPartitionBytes: number
    readUncommitted: boolean
  }
  group: {
    groupId: string
    protocol: 'classic' | 'consumer'
    instanceId: string | undefined
    /** Kafka's by their names, the application's as objects. */
    assignors: (string | { name: string })[]
    serverAssignor: string | undefined
    sessionTimeout: number
    rebalanceTimeout: number
    heartbeatInterval: number
  } | null
}

/** What a session's owner hears of. */
export interface SessionEvents {
  produced?(results: Float64Array, errors: Fault[]): void
  fetchReady?(): void
  fetchFailed?(topic: string, partition: number, error: Fault): void
  group?(kind: string, payload: unknown): void
  /** Who tells of requests. */
  requests: Requests
}

/** What the operation `metadata` brings. */
export interface ClusterMetadata {
  brokers: { nodeId: number; host: string; port: number }[]
  controller: number
  clusterId: string | null
  topics: {
    name: string
    isInternal: boolean
    error: Fault | null
    partitions: PartitionMetadata[]
  }[]
}

/** What a broker says of storage that does not take what it is given. */
const STORAGE_ERROR = 'KAFKA_STORAGE_ERROR'

/** One of KafkaJS's errors. */
export function errorOf(fault: Fault): KafkaJSError {
  const { kind, type, code, retriable } = fault
  const advice = adviceFor(type)
  const message = kind === 'broker' && advice ? `${fault.message}. ${advice}` : fault.message
  switch (kind) {
    case 'broker':
      if (type === STORAGE_ERROR) {
        const reason = /full|quota/i.test(message) ? 'full' : 'failed'
        return new KafkaJSStorageError(message, { reason, retriable, type, code })
      }
      return new KafkaJSProtocolError({ message, type, code, retriable })
    case 'connection':
      return new KafkaJSConnectionError(message)
    case 'timeout':
      return new KafkaJSRequestTimeoutError(message)
    case 'unsupported':
      return new KafkaJSServerDoesNotSupportApiKey(message)
    default:
      return retriable ? new KafkaJSError(message) : new KafkaJSNonRetriableError(message)
  }
}

/** A client in WebAssembly with its connections and timers. */
export class Session {
  readonly client: Client
  readonly #endpoint: Endpoint
  readonly #requestTimeout: number
  readonly #logger: Logger
  readonly #calls = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >()
  #lastCall = 0
  readonly #alarm: Alarm
  /** What ends the interest in each connection. */
  readonly #links = new Map<number, () => void>()
  /** Where each connection leads to, as it is called in an application's configuration. */
  readonly #brokers = new Map<number, string>()
  readonly #forgetRequests: () => void
  /** Whether there was a connection once. */
  #stands = false
  /** Why there will be none, however often one tries. */
  #refused: KafkaJSError | undefined
  #closed = false

  /** A session with a broker that runs: the first connection stands. */
  static async open(
    endpoint: Endpoint,
    options: SessionOptions,
    events: SessionEvents,
    logger: Logger,
  ): Promise<Session> {
    await startModule()
    // Apart from the client's own attempts, which are repeated, and whose errors are less telling.
    await endpoint.ready()
    const session = new Session(endpoint, options, events, logger)
    if (endpoint.brokers) {
      // Whether one of them answers, and speaks Kafka's protocol, only a request tells.
      await session.call({ op: 'metadata', topics: [], create: false }).catch((error: unknown) => {
        session.close()
        throw session.#refused ?? error
      })
      session.#stands = true
    }
    return session
  }

  private constructor(
    endpoint: Endpoint,
    options: SessionOptions,
    events: SessionEvents,
    logger: Logger,
  ) {
    this.#endpoint = endpoint
    this.#requestTimeout = options.requestTimeout
    this.#logger = logger
    this.#alarm = endpoint.alarm(() => this.client.tick())
    const { requests } = events
    const source: Source = {
      broker: (link) => this.#brokers.get(link) ?? '',
      clientId: options.clientId,
      requestTimeout: options.requestTimeout,
      silent: options.producer.acks === 0,
      observe: (observed) => this.client.observe(observed),
    }
    const told: ClientEvents = {
      connect: (link, host, port) => {
        this.#brokers.set(link, port ? `${host}:${port}` : host)
        void this.#connect(link, { host, port })
      },
      schedule: (delayMs) => this.#alarm(delayMs),
      produced: (results, errors) => events.produced?.(results, errors),
      settled: (call, error, result) => {
        const waiting = this.#calls.get(call)
        this.#calls.delete(call)
        if (error) waiting?.reject(errorOf(error))
        else waiting?.resolve(result)
      },
      fetchReady: () => events.fetchReady?.(),
      fetchFailed: (topic, partition, error) => events.fetchFailed?.(topic, partition, error),
      group: (kind, payload) => events.group?.(kind, payload),
      unreachable: (error) => logger.error(error.message),
      sent: (...request) => requests.sent(source, ...request),
      answered: (...answer) => requests.answered(source, ...answer),
      unlinked: (link) => {
        requests.unlinked(source, link)
        this.#brokers.delete(link)
      },
    }
    this.client = new Client(options, endpoint.seed?.() ?? randomSeed(), told, endpoint.now)
    requests.add(source)
    this.#forgetRequests = () => requests.remove(source)
  }

  /** Whether there may be further brokers. */
  get ofCluster(): boolean {
    return this.#endpoint.brokers !== undefined
  }

  /** Starts an operation of `src/client/admin.rs` and waits for its end. */
  call<T>({ op, ...operation }: { op: string; [argument: string]: unknown }): Promise<T> {
    return this.#settled((id) => this.client.call(id, op, operation))
  }

  /** Commits offsets in the client's group. Resolves to what became of each. */
  commit<T>(offsets: object[]): Promise<T> {
    return this.#settled((id) => this.client.commit(id, offsets))
  }

  /** Commits what was marked processed; undefined where that is nothing. */
  commitProcessed<T>(): Promise<T> | undefined {
    let any = true
    const committed = this.#settled<T>((id) => {
      any = this.client.commitProcessed(id)
      if (!any) this.#calls.delete(id)
    })
    return any ? committed : undefined
  }

  #settled<T>(start: (id: number) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastCall
      this.#calls.set(id, { resolve: resolve as (result: unknown) => void, reject })
      try {
        start(id)
      } catch (fault) {
        this.#calls.delete(id)
        reject(thrown(fault))
      }
    })
  }

  /** Does something with the client that may fail at once. */
  run<T>(action: (client: Client) => T): T {
    try {
      return action(this.client)
    } catch (fault) {
      throw thrown(fault)
    }
  }

  /** Does something over a connection of its own, whose requests are written by hand. */
  async withWire<T>(use: (wire: Wire) => Promise<T>): Promise<T> {
    const { Wire } = await import('./storage/wire.js')
    const wire = await Wire.open(this.#endpoint)
    try {
      return await use(wire)
    } finally {
      wire.close()
    }
  }

  /** Records that have arrived. */
  poll(): Fetch | undefined {
    return this.client.pollFetched()
  }

  /**
   * Waits for something, before the end: no longer than one request may take, and for nobody who cannot be
   * reached.
   */
  async last(done: Promise<unknown>): Promise<void> {
    this.client.hurry(true)
    let alarm: Alarm | undefined
    const late = new Promise<void>((resolve) => {
      alarm = this.#endpoint.alarm(resolve)
      alarm(this.#requestTimeout)
    })
    await Promise.race([done, late])
    alarm?.(undefined)
  }

  /** Ends the connections. What waits fails. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.client.close()
    this.#forgetRequests()
    for (const forget of this.#links.values()) forget()
    this.#links.clear()
    this.#alarm(undefined)
    this.#endpoint.release()
  }

  async #connect(link: number, to: Broker): Promise<void> {
    try {
      const lost = (reason: string) => {
        this.#links.get(link)?.()
        if (this.#links.delete(link) && !this.#closed) this.client.disconnected(link, reason)
      }
      const connection = await this.#endpoint.connect(lost, to)
      if (this.#closed) {
        if (!('port' in connection)) return
        connection.forget()
        connection.port.postMessage(null)
      } else if ('port' in connection) {
        this.#links.set(link, connection.forget)
        this.client.connected(link, connection.port as MessagePort)
        // Where browsers tell of the other side's end, this comes first.
        connection.port.addEventListener('close', () => lost('the tab of the broker is gone'))
      } else {
        this.client.connectedLocal(link, connection.host)
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#logger.warn(`No connection: ${reason}`)
      if (this.#closed) return
      if (!this.#stands && error instanceof KafkaJSNonRetriableError) {
        this.#refused = error
        this.client.hurry(true)
      }
      this.client.disconnected(link, reason)
    }
  }
}

function thrown(fault: unknown): Error {
  if (fault instanceof Error) return fault
  if (typeof fault === 'object' && fault !== null && 'kind' in fault) return errorOf(fault as Fault)
  return new KafkaJSNonRetriableError(String(fault))
}
