// KafkaJS's names of types that are called, or written, otherwise here. No code comes of them.

import type { EachBatchPayload, EachMessagePayload } from './consumer/types.js'
import type { KafkaJSError } from './errors.js'
import type { ICustomPartitioner, PartitionMetadata } from './partitioners.js'
import type { TopicOffsets } from './types.js'

/** A partitioner of {@link Partitioners}. */
export type DefaultPartitioner = ICustomPartitioner
/** A partitioner of {@link Partitioners}. */
export type LegacyPartitioner = ICustomPartitioner

/** An older name of {@link EachMessagePayload}. */
export type ConsumerEachMessagePayload = EachMessagePayload
/** An older name of {@link EachBatchPayload}. */
export type ConsumerEachBatchPayload = EachBatchPayload

/** Offsets, by topic. */
export interface Offsets {
  topics: TopicOffsets[]
}

/** A half of {@link AssignerProtocol}. */
export interface ISerializer<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T | null
}

/** Options of a {@link KafkaJSError}. */
export interface KafkaJSErrorMetadata {
  retriable?: boolean
  topic?: string
  partitionId?: number
  metadata?: PartitionMetadata
}

/** Options of a {@link KafkaJSOffsetOutOfRange}. */
export interface KafkaJSOffsetOutOfRangeMetadata {
  topic: string
  partition: number
}

/** Options of a {@link KafkaJSNumberOfRetriesExceeded}. */
export interface KafkaJSNumberOfRetriesExceededMetadata {
  retryCount: number
  /** In milliseconds. */
  retryTime: number
}

/** Options of a {@link KafkaJSConnectionError}. */
export interface KafkaJSConnectionErrorMetadata {
  broker?: string
  code?: string
}

/** Options of a {@link KafkaJSRequestTimeoutError}; times in milliseconds. */
export interface KafkaJSRequestTimeoutErrorMetadata {
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  sentAt: number
  pendingDuration: number
}

/** Options of a {@link KafkaJSTopicMetadataNotLoaded}. */
export interface KafkaJSTopicMetadataNotLoadedMetadata {
  topic: string
}

/** Options of a {@link KafkaJSStaleTopicMetadataAssignment}. */
export interface KafkaJSStaleTopicMetadataAssignmentMetadata {
  topic: string
  unknownPartitions: PartitionMetadata[]
}

/** Options of a {@link KafkaJSServerDoesNotSupportApiKey}. */
export interface KafkaJSServerDoesNotSupportApiKeyMetadata {
  apiKey: number
  apiName: string
}

/** A group that could not be deleted. */
export interface KafkaJSDeleteGroupsErrorGroups {
  groupId: string
  errorCode: number
  error: KafkaJSError
}

/** A partition whose records could not be deleted. */
export interface KafkaJSDeleteTopicRecordsErrorPartition {
  partition: number
  offset: string
  error: KafkaJSError
}

/** A topic of which some records could not be deleted. */
export interface KafkaJSDeleteTopicRecordsErrorTopic {
  topic: string
  partitions: KafkaJSDeleteTopicRecordsErrorPartition[]
}
