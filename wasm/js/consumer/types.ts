import type { Logger } from '../logger.js'
import type { Abortable } from '../abort.js'
import type { Batch, KafkaMessage } from '../message.js'
import type { TopicOffsets, TopicPartition } from '../types.js'
import type { Cluster } from './cluster.js'

/** Where to begin in a partition: at an offset, at a time, or at one of its ends. */
export type ManualAssignment = TopicPartition & {
  /** An offset, or `'earliest'` (the default) or `'latest'`. */
  offset?: string | 'earliest' | 'latest'
  /** The first record at or after this time, in milliseconds since 1970. */
  timestamp?: number | string
}

/** Topics to subscribe to, by name or by pattern. */
export type ConsumerSubscribeTopics = { topics: (string | RegExp)[]; fromBeginning?: boolean }

/** KafkaJS's older form. */
export type ConsumerSubscribeTopic = { topic: string | RegExp; fromBeginning?: boolean }

/** Offsets, by topic. */
export interface OffsetsByTopicPartition {
  topics: TopicOffsets[]
}

/** What `eachMessage` is given. */
export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  /** Does nothing: heartbeats go out by themselves. */
  heartbeat(): Promise<void>
  /** Pauses the partition, and returns what resumes it. */
  pause(): () => void
}

/** What `eachBatch` is given. */
export interface EachBatchPayload {
  batch: Batch
  /** Says that the records up to this offset are done. */
  resolveOffset(offset: string): void
  /** Does nothing: heartbeats go out by themselves. */
  heartbeat(): Promise<void>
  /** Pauses the partition, and returns what resumes it. */
  pause(): () => void
  /** Commits these offsets; without any, what is done, unless `autoCommit` is off. */
  commitOffsetsIfNecessary(offsets?: OffsetsByTopicPartition): Promise<void>
  /** What is done and not committed. Empty outside a group. */
  uncommittedOffsets(): OffsetsByTopicPartition
  /** Whether the consumer still runs. */
  isRunning(): boolean
  /** Whether the partition has been sought elsewhere, or is to go to another member. */
  isStale(): boolean
}

/** Takes one record after the other. */
export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void> | void

/** Takes one batch after the other. */
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void> | void

/** How records are consumed: by one of the two functions. */
export interface ConsumerRunConfig extends Abortable {
  eachMessage?: EachMessageHandler
  eachBatch?: EachBatchHandler
  /** Whether what is done is committed, after each batch and at intervals. True. */
  autoCommit?: boolean
  /** How often, while a batch takes long, in milliseconds. 5,000. */
  autoCommitInterval?: number | null
  /** Commits when so many records are done. */
  autoCommitThreshold?: number | null
  /** How many partitions are processed side by side. 1. */
  partitionsConsumedConcurrently?: number
  /** Whether a batch is done when `eachBatch` returns. True. */
  eachBatchAutoResolve?: boolean
}

/** Partitions by topic: what a member gets. */
export type Assignment = { [topic: string]: number[] }

/** A member as its leader sees it; `AssignerProtocol.MemberMetadata` reads what it says of itself. */
export type GroupMember = { memberId: string; memberMetadata: Uint8Array }

/** What a member gets, as `AssignerProtocol.MemberAssignment` writes it. */
export type GroupMemberAssignment = { memberId: string; memberAssignment: Uint8Array }

/** What a member says of itself under the name of an assigner. */
export type GroupState = { name: string; metadata: Uint8Array }

/** Shares partitions out among the members of a group. */
export type Assigner = {
  /** By which the members agree on it. */
  name: string
  version: number
  /** Asked of the group's leader. Members that are left out get nothing. */
  assign(group: { members: GroupMember[]; topics: string[] }): Promise<GroupMemberAssignment[]>
  /** Asked of each member before it joins. */
  protocol(subscription: { topics: string[] }): GroupState
}

/** Makes an assigner for a consumer. */
export type PartitionAssigner = (config: {
  cluster: Cluster
  groupId: string
  logger: Logger
}) => Assigner
