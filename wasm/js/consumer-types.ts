import type { Batch, KafkaMessage } from './message.js'
import type { TopicPartition } from './types.js'

/** Where to begin in a partition: at an offset, at a time, or at one of its ends. */
export type Assignment = TopicPartition & {
  /** An offset, or `'earliest'` (the default) or `'latest'`. */
  offset?: string | 'earliest' | 'latest'
  /** The first record at or after this time, in milliseconds since 1970. */
  timestamp?: number | string
}

/** What `eachMessage` is given. */
export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  /** Does nothing outside a group. */
  heartbeat(): Promise<void>
  /** Pauses the partition, and returns what resumes it. */
  pause(): () => void
}

/** What `eachBatch` is given. */
export interface EachBatchPayload {
  batch: Batch
  /** Says that the records up to this offset are done. */
  resolveOffset(offset: string): void
  /** Does nothing outside a group. */
  heartbeat(): Promise<void>
  /** Pauses the partition, and returns what resumes it. */
  pause(): () => void
  /** Does nothing outside a group. */
  commitOffsetsIfNecessary(): Promise<void>
  /** Empty outside a group. */
  uncommittedOffsets(): { topics: { topic: string; partitions: never[] }[] }
  /** Whether the consumer still runs. */
  isRunning(): boolean
  /** Whether the partition has been sought elsewhere, or was taken away, since. */
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
  /** Whether a batch is done when `eachBatch` returns. True. */
  eachBatchAutoResolve?: boolean
}
