import {
  type AclEntry,
  type AclFilter,
  type DeleteAclResponse,
  type DescribeAclResponse,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  noUseFor,
  type PartitionReassignment,
} from './acls.js'
import type {
  AlterConfigResponse,
  ClusterDescription,
  DeleteGroupsResult,
  DescribeConfigResponse,
  GroupDescriptions,
  GroupOverview,
  IResourceConfig,
  ITopicConfig,
  ITopicMetadata,
  ITopicPartitionConfig,
  LogDirDescription,
  ResourceConfigQuery,
  PartitionEnds,
  TopicGroupOffsets,
} from './types.js'
import {
  KafkaJSAggregateError,
  KafkaJSCreateTopicError,
  KafkaJSDeleteTopicRecordsError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
  KafkaJSTimeout,
} from '../errors.js'
import { adminEvents, type AdminEventMap } from '../instrumentation/events.js'
import type { Logger } from '../logger.js'
import { Part } from '../part.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { type ClusterMetadata, errorOf, type Session, type SessionEvents } from '../session.js'
import type { Retry, SeekEntry } from '../types.js'
import { check, entries, named, names, raise } from './checks.js'
import type { Groups } from './groups.js'
import { EARLIEST, type Found, LATEST, Offsets } from './offsets.js'

/** How long a broker may take for what is asked, in milliseconds, as in KafkaJS. */
const TIMEOUT_MS = 5_000

const NO_ACLS =
  'a broker in a browser has one user, who may do everything; for a cluster, use kafka-acls.sh'
const ALONE =
  'a broker in a browser is alone, and has all partitions; for a cluster, use kafka-reassign-partitions.sh'

interface Outcome {
  name: string
  error: Fault | null
}

type Resource<T> = T & { error: Fault | null }

/**
 * Looks after topics, their records and their configurations, and after groups. Made by
 * {@link Kafka.admin}.
 */
export class Admin extends Part<AdminEventMap> {
  /** What {@link Admin.on} tells of. */
  override readonly events = adminEvents

  readonly #open: (events: SessionEvents) => Promise<Session>
  /** Loaded when it is asked for. */
  readonly #groups: () => Promise<Groups>
  readonly #offsets: Offsets
  #session: Session | undefined

  /** @internal */
  constructor(
    open: (events: SessionEvents) => Promise<Session>,
    retry: Retry,
    logger: Logger,
  ) {
    super(adminEvents, logger)
    this.#open = open
    this.#groups = async () => {
      const { Groups } = await import('./groups.js')
      return new Groups((operation) => this.#call(operation), retry)
    }
    this.#offsets = new Offsets((operation) => this.#call(operation))
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
    waitForLeaders = true,
    timeout = TIMEOUT_MS,
  }: {
    validateOnly?: boolean
    /** Whether to wait until the brokers of a cluster know the topics and their leaders. True. */
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
    if (errors.length === 0) {
      if (waitForLeaders && !validateOnly) await this.#untilLed(topics.map(({ topic }) => topic), timeout)
      return true
    }
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
  async fetchTopicOffsets(topic: string): Promise<PartitionEnds[]> {
    return this.#offsets.ends(topic, await this.#partitions(topic))
  }

  /**
   * The offset of each partition's first record at or after a time, in milliseconds since 1970; the
   * offset that comes next, where there is none.
   */
  async fetchTopicOffsetsByTimestamp(topic: string, timestamp?: number): Promise<SeekEntry[]> {
    return this.#offsets.since(topic, await this.#partitions(topic), timestamp ?? LATEST)
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

  /** The groups, of either protocol, that a broker knows: those with members or committed offsets. */
  async listGroups(): Promise<{ groups: GroupOverview[] }> {
    const { brokers } = await this.#metadata([])
    return { groups: await (await this.#groups()).list(brokers.map(({ nodeId }) => nodeId)) }
  }

  /**
   * Groups, their members and what these have: `AssignerProtocol` reads the bytes. One that does not
   * exist has the state `Dead`.
   */
  async describeGroups(groupIds: string[]): Promise<GroupDescriptions> {
    return { groups: await (await this.#groups()).describe(groupIds) }
  }

  /** Deletes groups without members, with their offsets. */
  async deleteGroups(groupIds: string[]): Promise<DeleteGroupsResult[]> {
    return (await this.#groups()).delete(groupIds)
  }

  /**
   * The offsets that a group has committed, each the next one that it will read; `'-1'` where it has
   * committed none. Of some topics, or of all that it has committed offsets of.
   *
   * With `resolveOffsets`, partitions without an offset get the one of their end, and it is committed.
   */
  async fetchOffsets({
    groupId,
    topics = [],
    resolveOffsets = false,
  }: {
    groupId: string
    topics?: string[]
    resolveOffsets?: boolean
  }): Promise<TopicGroupOffsets[]> {
    if (!Array.isArray(topics)) throw new KafkaJSNonRetriableError('Expected topics array to be set')
    const wanted = topics.map(async (topic) => ({ topic, partitions: await this.#partitions(topic) }))
    const groups = await this.#groups()
    const found = await groups.fetchOffsets(groupId, await Promise.all(wanted))
    if (!resolveOffsets) return found
    return Promise.all(
      found.map(async ({ topic, partitions }) => {
        const resolved = await this.#offsets.resolved(topic, partitions)
        const isNew = resolved.some(({ offset }, index) => offset !== partitions[index]?.offset)
        if (isNew) await groups.setOffsets(groupId, topic, resolved)
        return { topic, partitions: resolved }
      }),
    )
  }

  /**
   * Sets where a group goes on, partition by partition: at an offset, `'-2'` for the first one there is,
   * `'-1'` for the end. The group must have no members: stop its consumers first.
   */
  async setOffsets({
    groupId,
    topic,
    partitions,
  }: {
    groupId: string
    topic: string
    partitions: (SeekEntry & { metadata?: string | null })[]
  }): Promise<void> {
    named(topic)
    if (!Array.isArray(partitions) || partitions.length === 0) {
      throw new KafkaJSNonRetriableError('Invalid partitions')
    }
    const groups = await this.#groups()
    await groups.setOffsets(groupId, topic, await this.#offsets.resolved(topic, partitions))
  }

  /**
   * Sets where a group goes on in all partitions of a topic: at their ends, or with `earliest` at the
   * first records there are. The group must have no members: stop its consumers first.
   */
  async resetOffsets({
    groupId,
    topic,
    earliest = false,
  }: {
    groupId: string
    topic: string
    earliest?: boolean
  }): Promise<void> {
    const partitions = await this.#partitions(topic)
    const offset = String(earliest ? EARLIEST : LATEST)
    await this.setOffsets({ groupId, topic, partitions: partitions.map((partition) => ({ partition, offset })) })
  }

  /** The brokers of the cluster: a single one, in a browser. */
  async describeCluster(): Promise<ClusterDescription> {
    const { brokers, controller, clusterId } = await this.#metadata([])
    return { brokers, controller: controller < 0 ? null : controller, clusterId: clusterId ?? '' }
  }

  /** How many bytes each partition takes, and how many there are left. */
  async describeLogDirs(): Promise<LogDirDescription[]> {
    const { describeLogDirs } = await import('../storage/log-dirs.js')
    return (await this.#connected()).withWire(describeLogDirs)
  }

  /** Rejects: a broker here has no users, and so no access control. */
  async describeAcls(_options: AclFilter): Promise<DescribeAclResponse> {
    throw noUseFor('describeAcls', NO_ACLS)
  }

  /** Rejects, as {@link Admin.describeAcls}. */
  async createAcls(_options: { acl: AclEntry[] }): Promise<boolean> {
    throw noUseFor('createAcls', NO_ACLS)
  }

  /** Rejects, as {@link Admin.describeAcls}. */
  async deleteAcls(_options: { filters: AclFilter[] }): Promise<DeleteAclResponse> {
    throw noUseFor('deleteAcls', NO_ACLS)
  }

  /** Rejects: a broker here is alone, so that no partition can move. */
  async alterPartitionReassignments(_request: {
    topics: PartitionReassignment[]
    timeout?: number
  }): Promise<void> {
    throw noUseFor('alterPartitionReassignments', ALONE)
  }

  /** Rejects, as {@link Admin.alterPartitionReassignments}. */
  async listPartitionReassignments(
    _request: ListPartitionReassignmentsRequest = {},
  ): Promise<ListPartitionReassignmentsResponse> {
    throw noUseFor('listPartitionReassignments', ALONE)
  }

  /** @internal */
  protected override async open(): Promise<void> {
    this.#session = await this.#open({ requests: this.requests })
  }

  /** What is under way fails. @internal */
  protected override async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    session?.close()
  }

  async #call<T>(operation: { op: string; [argument: string]: unknown }): Promise<T> {
    return (await this.#connected()).call<T>(operation)
  }

  async #connected(): Promise<Session> {
    // What is asked while it connects waits for that.
    if (this.isConnected) await this.connect()
    if (!this.#session) throw this.disconnected()
    return this.#session
  }

  /** Other brokers of a cluster learn of a topic a moment later. A broker in a browser is alone. */
  async #untilLed(topics: string[], timeoutMs: number): Promise<void> {
    if (!(await this.#connected()).ofCluster) return
    for (const end = performance.now() + timeoutMs; ; ) {
      const found = await this.#call<ClusterMetadata>({ op: 'metadata', topics, create: false })
      const led = found.topics.every(
        ({ error, partitions }) => !error && partitions.every(({ leader }) => leader >= 0),
      )
      if (led) return
      if (performance.now() > end) throw new KafkaJSTimeout('Timed out while waiting for topic leaders')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
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
}
