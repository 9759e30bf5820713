// What a consumer checks before it does what it is told.

import { KafkaJSNonRetriableError } from '../errors.js'
import type { TopicPartitionOffsetAndMetadata } from '../types.js'
import type { Place } from './partitions.js'
import type { ConsumerRunConfig, ManualAssignment } from './types.js'

export function checkRun({ eachMessage, eachBatch, partitionsConsumedConcurrently = 1 }: ConsumerRunConfig): void {
  if (!eachMessage === !eachBatch) {
    throw new KafkaJSNonRetriableError('run() needs one of eachMessage and eachBatch.')
  }
  if (!Number.isInteger(partitionsConsumedConcurrently) || partitionsConsumedConcurrently < 1) {
    throw new KafkaJSNonRetriableError('partitionsConsumedConcurrently must be a number above 0.')
  }
}

export function checkAssignment(partitions: ManualAssignment[]): void {
  for (const each of partitions) {
    if (typeof each.topic !== 'string' || each.topic === '' || !Number.isInteger(each.partition)) {
      throw new KafkaJSNonRetriableError(
        `Invalid assignment ${JSON.stringify(each)}: it needs a topic and a partition`,
      )
    }
  }
}

export function checkOffsets(offsets: TopicPartitionOffsetAndMetadata[]): void {
  for (const { topic, partition, offset, metadata } of offsets) {
    if (typeof topic !== 'string' || topic === '' || !/^\d+$/.test(String(offset))) {
      throw new KafkaJSNonRetriableError(
        `Invalid offset ${JSON.stringify(offset)} of topic ${topic}: it is a number, as a string`,
      )
    }
    if (!Number.isInteger(partition)) {
      throw new KafkaJSNonRetriableError(
        `Invalid partition, expected a number received ${String(partition)}`,
      )
    }
    if (metadata !== undefined && metadata !== null && typeof metadata !== 'string') {
      throw new KafkaJSNonRetriableError(
        `Invalid offset metadata, expected string or null, received ${String(metadata)}`,
      )
    }
  }
}

export function checkPaused(topics: { topic: string; partitions?: number[] }[]): void {
  for (const each of topics) {
    if (typeof each?.topic !== 'string' || each.topic === '') {
      throw new KafkaJSNonRetriableError(`Invalid topic ${String(each?.topic ?? each)}`)
    }
    const { partitions } = each
    if (partitions !== undefined && !(Array.isArray(partitions) && partitions.every(Number.isInteger))) {
      throw new KafkaJSNonRetriableError(
        `Array of valid partitions required to pause specific partitions instead of ${String(partitions)}`,
      )
    }
  }
}

/** Where an assignment or a seek says to begin. */
export function placeOf({ topic, partition, offset, timestamp }: ManualAssignment): Place {
  if (typeof topic !== 'string' || topic === '') {
    throw new KafkaJSNonRetriableError(`Invalid topic ${String(topic)}`)
  }
  if (timestamp !== undefined) {
    const time = Number(timestamp)
    if (Number.isFinite(time) && offset === undefined) return { timestamp: time }
    throw new KafkaJSNonRetriableError(
      `Invalid start of ${topic}-${partition}: give an offset, or a timestamp in milliseconds`,
    )
  }
  if (offset === undefined || offset === 'earliest' || offset === '-2') return 'earliest'
  if (offset === 'latest' || offset === '-1') return 'latest'
  const number = Number(offset)
  if (Number.isInteger(number) && number >= 0) return { offset: number }
  throw new KafkaJSNonRetriableError(
    `Invalid offset ${JSON.stringify(offset)} of ${topic}-${partition}: an offset is a number of 0 \
or more, 'earliest' or 'latest'`,
  )
}
