// What a custom assigner is told of the cluster. Loaded where there is one.

import type { Call } from '../admin/groups.js'
import { EARLIEST, LATEST, Offsets } from '../admin/offsets.js'
import { KafkaJSNotImplemented, KafkaJSTopicMetadataNotLoaded } from '../errors.js'
import type { PartitionMetadata } from '../partitioners.js'
import { type ClusterMetadata, errorOf } from '../session.js'
import type { TopicOffsets } from '../types.js'

/** The metadata of a cluster, in KafkaJS's shape. */
export interface BrokerMetadata {
  brokers: { nodeId: number; host: string; port: number; rack?: string }[]
  topicMetadata: { topicErrorCode: number; topic: string; partitionMetadata: PartitionMetadata[] }[]
}

/** Where a topic is to be looked at by {@link Cluster.fetchTopicsOffset}. */
export type OffsetQuery = {
  topic: string
  partitions: { partition: number }[]
  fromBeginning?: boolean
  fromTimestamp?: number
}

/** A cluster as KafkaJS shows it to custom assigners. */
export interface Cluster {
  /** Whether anything is known of it. */
  isConnected(): boolean
  /** Connects nothing: the consumer has done so. */
  connect(): Promise<void>
  /** Forgets what is known: the connections are the consumer's. */
  disconnect(): Promise<void>
  getNodeIds(): number[]
  /** All topics there are. */
  metadata(): Promise<BrokerMetadata>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  /** Asks anew, so that partitions that have come since are known. */
  addMultipleTargetTopics(topics: string[]): Promise<void>
  /** The partitions of a topic that the group subscribes to. */
  findTopicPartitionMetadata(topic: string): PartitionMetadata[]
  findLeaderForPartitions(topic: string, partitions: number[]): { [leader: string]: number[] }
  defaultOffset(config: { fromBeginning: boolean }): number
  /** Offsets of the ends of partitions, or at a time in milliseconds. */
  fetchTopicsOffset(topics: OffsetQuery[]): Promise<TopicOffsets[]>
  /** Rejects, as do the next three: single brokers are not shown. */
  findBroker(node: { nodeId: string }): Promise<any>
  findControllerBroker(): Promise<any>
  findGroupCoordinator(group: { groupId: string }): Promise<any>
  findGroupCoordinatorMetadata(group: { groupId: string }): Promise<any>
  /** Throws, as single brokers are not shown. */
  removeBroker(options: { host: string; port: number }): void
}

/** A cluster of which the metadata is known. */
export class KnownCluster implements Cluster {
  readonly #call: Call
  readonly #offsets: Offsets
  readonly #targets = new Set<string>()
  #known: ClusterMetadata | undefined

  constructor(call: Call) {
    this.#call = call
    this.#offsets = new Offsets(call)
  }

  isConnected(): boolean {
    return this.#known !== undefined
  }

  async connect(): Promise<void> {
    await this.refreshMetadataIfNecessary()
  }

  async disconnect(): Promise<void> {
    this.#known = undefined
  }

  getNodeIds(): number[] {
    return this.#known?.brokers.map(({ nodeId }) => nodeId) ?? []
  }

  async metadata(): Promise<BrokerMetadata> {
    const found = await this.#ask(null)
    return {
      brokers: found.brokers,
      topicMetadata: found.topics.map(({ name, error, partitions }) => ({
        topicErrorCode: error?.code ?? 0,
        topic: name,
        partitionMetadata: partitions,
      })),
    }
  }

  async refreshMetadata(): Promise<void> {
    this.#known = await this.#ask([...this.#targets])
  }

  async refreshMetadataIfNecessary(): Promise<void> {
    if (!this.#known) await this.refreshMetadata()
  }

  async addTargetTopic(topic: string): Promise<void> {
    await this.addMultipleTargetTopics([topic])
  }

  async addMultipleTargetTopics(topics: string[]): Promise<void> {
    for (const topic of topics) this.#targets.add(topic)
    await this.refreshMetadata()
  }

  findTopicPartitionMetadata(topic: string): PartitionMetadata[] {
    const found = this.#known?.topics.find(({ name }) => name === topic)
    if (found && !found.error) return found.partitions
    throw new KafkaJSTopicMetadataNotLoaded(
      `Nothing is known of topic ${topic}${found?.error ? `: ${found.error.message}` : ''}`,
      { topic },
    )
  }

  findLeaderForPartitions(topic: string, partitions: number[]): { [leader: string]: number[] } {
    const leaders: { [leader: string]: number[] } = {}
    for (const { partitionId, leader } of this.findTopicPartitionMetadata(topic)) {
      if (!partitions.includes(partitionId)) continue
      leaders[leader] = [...(leaders[leader] ?? []), partitionId]
    }
    return leaders
  }

  defaultOffset({ fromBeginning }: { fromBeginning: boolean }): number {
    return fromBeginning ? EARLIEST : LATEST
  }

  async fetchTopicsOffset(topics: OffsetQuery[]): Promise<TopicOffsets[]> {
    return Promise.all(
      topics.map(async ({ topic, partitions, fromBeginning = false, fromTimestamp }) => {
        const numbers = partitions.map(({ partition }) => partition)
        const at = fromTimestamp ?? this.defaultOffset({ fromBeginning })
        return { topic, partitions: await this.#offsets.since(topic, numbers, at) }
      }),
    )
  }

  async findBroker(): Promise<never> {
    throw notShown()
  }

  async findControllerBroker(): Promise<never> {
    throw notShown()
  }

  async findGroupCoordinator(): Promise<never> {
    throw notShown()
  }

  async findGroupCoordinatorMetadata(): Promise<never> {
    throw notShown()
  }

  removeBroker(): void {
    throw notShown()
  }

  async #ask(topics: string[] | null): Promise<ClusterMetadata> {
    const found = await this.#call<ClusterMetadata>({ op: 'metadata', topics, create: false })
    const failed = found.topics.find(({ error }) => error && !error.retriable && error.code !== 3)
    if (failed?.error) throw errorOf(failed.error)
    return found
  }
}

function notShown(): KafkaJSNotImplemented {
  return new KafkaJSNotImplemented(
    'An assigner sees no single brokers here: use the cluster’s metadata, or an admin.',
  )
}
