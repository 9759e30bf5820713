import {
  type AlterConfigResponse,
  type ClusterDescription,
  ConfigResourceTypes,
  type DescribeConfigResponse,
  type IResourceConfig,
  type ITopicConfig,
  type ITopicMetadata,
  type ITopicPartitionConfig,
  type ResourceConfigQuery,
  type TopicOffsets,
} from './admin-types.js'
import {
  KafkaJSAggregateError,
  KafkaJSCreateTopicError,
  KafkaJSDeleteTopicRecordsError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
} from './errors.js'
import {
  Emitter,
  type InstrumentationEvent,
  type RemoveInstrumentationEventListener,
} from './events.js'
import type { Logger } from './logger.js'
import type { Fault } from './pkg/ottla_wasm.js'
import { type ClusterMetadata, errorOf, type Session } from './session.js'
import type { SeekEntry } from './types.js'

/** How long a broker may take for what is asked, in milliseconds, as in KafkaJS. */
const TIMEOUT_MS = 5_000

const LATEST = -1
const EARLIEST = -2

interface Outcome {
  name: string
  error: Fault | null
}

interface Found {
  topic: string
  partition: number
  offset: number
  error: Fault | null
}

type Resource<T> = T & { error: Fault | null }

/** Looks after topics, their records and their configurations. Made by {@link Kafka.admin}. */
export class Admin {
  /** What {@link Admin.on} tells of. */
  readonly events = {
    CONNECT: 'admin.connect',
    DISCONNECT: 'admin.disconnect',
  } as const

  readonly #emitter = new Emitter()
  readonly #open: () => Promise<Session>
  readonly #logger: Logger
  #session: Promise<Session> | undefined

  /** @internal */
  constructor(open: () => Promise<Session>, logger: Logger) {
    this.#open = open
    this.#logger = logger
  }

  /** Connects. Rejects, within seconds, where the broker cannot be reached or opened. */
  async connect(): Promise<void> {
    if (this.#session) return
    this.#session = this.#open()
    try {
      await this.#session
      this.#emitter.emit(this.events.CONNECT)
    } catch (error) {
      this.#session = undefined
      throw error
    }
  }

  /** Disconnects. What is under way fails. */
  async disconnect(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    ;(await session)?.close()
    if (session) this.#emitter.emit(this.events.DISCONNECT)
  }

  /** Calls a function with each event of a kind. */
  on<T = unknown>(
    event: string,
    listener: (event: InstrumentationEvent<T>) => void,
  ): RemoveInstrumentationEventListener {
    return this.#emitter.on(event, listener)
  }

  /** The admin's log. */
  logger(): Logger {
    return this.#logger
  }

  /** The names of all topics. */
  async listTopics(): Promise<string[]> {
    const { topics } = await this.#metadata(undefined)
    return topics.map(({ name }) => name)
  }

  /**
   * Makes topics. Resolves to false where all of them were there before, and rejects with a
   * `KafkaJSAggregateError` of what went wrong with each.
   */
  async createTopics({
    topics,
    validateOnly = false,
    timeout = TIMEOUT_MS,
  }: {
    validateOnly?: boolean
    /** Every topic of a broker in a browser has its leader at once. */
    waitForLeaders?: boolean
    timeout?: number
    topics: ITopicConfig[]
  }): Promise<boolean> {
    names(topics, (each) => each?.topic, 'topics')
    for (const { topic, configEntries } of topics) entries(`topic "${topic}"`, configEntries ?? [])
    const outcomes = await this.#call<Outcome[]>({
      op: 'createTopics',
      timeout,
      validateOnly,
      topics: topics.map(
        ({ topic, numPartitions, replicationFactor, replicaAssignment = [], configEntries = [] }) => ({
          topic,
          // Where the replicas are said, they say how many there are, too.
          numPartitions: replicaAssignment.length > 0 ? -1 : (numPartitions ?? -1),
          replicationFactor: replicaAssignment.length > 0 ? -1 : (replicationFactor ?? -1),
          replicaAssignment,
          configEntries,
        }),
      ),
    })
    const errors = outcomes.flatMap(({ name, error }) =>
      error ? [new KafkaJSCreateTopicError(errorOf(error) as KafkaJSProtocolError, name)] : [],
    )
    if (errors.length === 0) return true
    if (errors.every(({ type }) => type === 'TOPIC_ALREADY_EXISTS')) return false
    const what = errors.map(({ message }) => message).join('; ')
    throw new KafkaJSAggregateError(`Topic creation errors: ${what}`, errors)
  }

  /** Deletes topics with all their records. */
  async deleteTopics({
    topics,
    timeout = TIMEOUT_MS,
  }: {
    topics: string[]
    timeout?: number
  }): Promise<void> {
    names(topics, (each) => each, 'topics')
    raise(await this.#call<Outcome[]>({ op: 'deleteTopics', topics, timeout }))
  }

  /** Adds partitions to topics. Records that are there stay where they are. */
  async createPartitions({
    topicPartitions,
    validateOnly = false,
    timeout = TIMEOUT_MS,
  }: {
    validateOnly?: boolean
    timeout?: number
    topicPartitions: ITopicPartitionConfig[]
  }): Promise<boolean> {
    names(topicPartitions, (each) => each?.topic, 'topic partitions')
    if (topicPartitions.length === 0) {
      throw new KafkaJSNonRetriableError('Empty topic partitions array')
    }
    const operation = { op: 'createPartitions', topics: topicPartitions, validateOnly, timeout }
    raise(await this.#call<Outcome[]>(operation))
    return true
  }

  /** The partitions of some topics, or of all. */
  async fetchTopicMetadata({ topics = [] }: { topics?: string[] } = {}): Promise<{
    topics: ITopicMetadata[]
  }> {
    for (const topic of topics) named(topic)
    const found = await this.#metadata(topics.length > 0 ? topics : undefined)
    return { topics: found.topics.map(({ name, partitions }) => ({ name, partitions })) }
  }

  /** The first offset of each partition (`low`), and the one that comes next (`high`). */
  async fetchTopicOffsets(topic: string): Promise<TopicOffsets[]> {
    const partitions = await this.#partitions(topic)
    const [low, high] = await Promise.all([
      this.#offsets(topic, partitions, EARLIEST),
      this.#offsets(topic, partitions, LATEST),
    ])
    return partitions.map((partition) => {
      const end = String(high.get(partition))
      return { partition, offset: end, high: end, low: String(low.get(partition)) }
    })
  }

  /**
   * The offset of each partition's first record at or after a time, in milliseconds since 1970; the
   * offset that comes next, where there is none.
   */
  async fetchTopicOffsetsByTimestamp(topic: string, timestamp?: number): Promise<SeekEntry[]> {
    const partitions = await this.#partitions(topic)
    const [found, high] = await Promise.all([
      this.#offsets(topic, partitions, timestamp ?? LATEST),
      this.#offsets(topic, partitions, LATEST),
    ])
    return partitions.map((partition) => {
      const offset = found.get(partition) ?? -1
      return { partition, offset: String(offset >= 0 ? offset : high.get(partition)) }
    })
  }

  /** Deletes the records of each partition below its offset; `'-1'` stands for all of them. */
  async deleteTopicRecords({
    topic,
    partitions,
  }: {
    topic: string
    partitions: SeekEntry[]
  }): Promise<void> {
    named(topic)
    if (!Array.isArray(partitions) || partitions.length === 0) {
      throw new KafkaJSNonRetriableError('Invalid partitions')
    }
    const known = new Set(await this.#partitions(topic))
    const at = partitions.map(({ partition, offset }) => {
      if (!known.has(partition)) {
        throw new KafkaJSNonRetriableError(`Topic ${topic} has no partition ${partition}`)
      }
      return { topic, partition, at: Number(offset) }
    })
    const found = await this.#call<Found[]>({ op: 'deleteRecords', partitions: at })
    const failed = found.flatMap(({ partition, error }) => {
      if (!error) return []
      const offset = partitions.find((each) => each.partition === partition)?.offset ?? ''
      return [{ partition, offset, error: errorOf(error) }]
    })
    if (failed.length > 0) throw new KafkaJSDeleteTopicRecordsError({ topic, partitions: failed })
  }

  /** The configurations of topics and brokers. */
  async describeConfigs({
    resources,
    includeSynonyms = false,
  }: {
    resources: ResourceConfigQuery[]
    includeSynonyms?: boolean
  }): Promise<DescribeConfigResponse> {
    check(resources)
    const found = await this.#call<Resource<DescribeConfigResponse['resources'][number]>[]>({
      op: 'describeConfigs',
      includeSynonyms,
      resources,
    })
    raise(found)
    return { resources: found.map(({ error: _, ...resource }) => resource), throttleTime: 0 }
  }

  /**
   * Sets the configurations of topics and brokers. As in Kafka, what is not named goes back to its
   * default.
   */
  async alterConfigs({
    resources,
    validateOnly = false,
  }: {
    validateOnly?: boolean
    resources: IResourceConfig[]
  }): Promise<AlterConfigResponse> {
    check(resources)
    for (const { name, configEntries } of resources) entries(`resource "${name}"`, configEntries)
    const found = await this.#call<Resource<AlterConfigResponse['resources'][number]>[]>({
      op: 'alterConfigs',
      validateOnly,
      resources,
    })
    raise(found)
    return { resources: found.map(({ error: _, ...resource }) => resource), throttleTime: 0 }
  }

  /** The brokers of the cluster: a single one, in a browser. */
  async describeCluster(): Promise<ClusterDescription> {
    const { brokers, controller, clusterId } = await this.#metadata([])
    return { brokers, controller: controller < 0 ? null : controller, clusterId: clusterId ?? '' }
  }

  async #call<T>(operation: { op: string; [argument: string]: unknown }): Promise<T> {
    if (!this.#session) throw new KafkaJSError('The admin is disconnected: call connect() first.')
    return (await this.#session).call<T>(operation)
  }

  async #metadata(topics: string[] | undefined): Promise<ClusterMetadata> {
    const operation = { op: 'metadata', topics: topics ?? null, create: false }
    const found = await this.#call<ClusterMetadata>(operation)
    raise(found.topics)
    return found
  }

  async #partitions(topic: string): Promise<number[]> {
    named(topic)
    const { topics } = await this.#metadata([topic])
    const partitions = topics[0]?.partitions.map(({ partitionId }) => partitionId) ?? []
    return partitions.sort((a, b) => a - b)
  }

  async #offsets(topic: string, partitions: number[], at: number): Promise<Map<number, number>> {
    const asked = partitions.map((partition) => ({ topic, partition, at }))
    const found = await this.#call<Found[]>({ op: 'listOffsets', partitions: asked })
    raise(found)
    return new Map(found.map(({ partition, offset }) => [partition, offset]))
  }
}

/** Throws the first error of a list of results. */
function raise(outcomes: { error: Fault | null }[]): void {
  const failed = outcomes.find(({ error }) => error)
  if (failed?.error) throw errorOf(failed.error)
}

function named(topic: unknown): void {
  if (typeof topic !== 'string' || topic === '') {
    throw new KafkaJSNonRetriableError(`Invalid topic ${JSON.stringify(topic)}`)
  }
}

function names<T>(list: T[], nameOf: (each: T) => unknown, what: string): void {
  if (!Array.isArray(list)) {
    throw new KafkaJSNonRetriableError(`Invalid ${what} array ${String(list)}`)
  }
  const names = list.map(nameOf)
  if (names.some((name) => typeof name !== 'string')) {
    throw new KafkaJSNonRetriableError(`Invalid ${what} array, the names must be valid strings`)
  }
  if (new Set(names).size < names.length) {
    throw new KafkaJSNonRetriableError(
      `Invalid ${what} array, it cannot have multiple entries for the same topic`,
    )
  }
}

function entries(what: string, list: unknown): void {
  if (!Array.isArray(list)) {
    throw new KafkaJSNonRetriableError(`Invalid configEntries for ${what}, must be an array`)
  }
  list.forEach((entry, index) => {
    if (typeof entry?.name !== 'string' || typeof entry?.value !== 'string') {
      throw new KafkaJSNonRetriableError(
        `Invalid configEntries for ${what}. Entry ${index} must have a name and a value, both strings`,
      )
    }
  })
}

function check(resources: { type: ConfigResourceTypes; name: string }[]): void {
  if (!Array.isArray(resources)) {
    throw new KafkaJSNonRetriableError(`Invalid resources array ${String(resources)}`)
  }
  if (resources.length === 0) {
    throw new KafkaJSNonRetriableError('Resources array cannot be empty')
  }
  for (const resource of resources) {
    if (!(resource.type in ConfigResourceTypes)) {
      throw new KafkaJSNonRetriableError(
        `Invalid resource type ${resource.type}: ${JSON.stringify(resource)}`,
      )
    }
    if (typeof resource.name !== 'string' || resource.name === '') {
      throw new KafkaJSNonRetriableError(
        `Invalid resource name ${resource.name}: ${JSON.stringify(resource)}`,
      )
    }
  }
}
