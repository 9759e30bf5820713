import type { Batch, KafkaMessage } from '../message.js'
import type { PartitionOffset, TopicPartition } from '../types.js'

/** Where to begin in a partition: at an offset, at a time, or at one of its ends. */
export type Assignment = TopicPartition & {
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
  topics: { topic: string; partitions: PartitionOffset[] }[]
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
export interface ConsumerRunConfig {
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
