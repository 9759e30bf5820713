// What a broker refuses.

import type { DeleteGroupsResult } from '../admin/types.js'
import type { KafkaJSDeleteGroupsErrorGroups } from '../compatible.js'
import type { PartitionMetadata } from '../partitioners.js'
import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
  type ProtocolFault,
} from './base.js'
import { messageOf } from './message.js'

/** A position that does not exist (any more). */
export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  override name = 'KafkaJSOffsetOutOfRange'
  readonly topic: string
  readonly partition: number

  constructor(
    error: ProtocolFault | string,
    { topic = '', partition = -1 }: { topic?: string; partition?: number } = {},
  ) {
    super(error)
    this.topic = topic
    this.partition = partition
  }
}

/** A topic that could not be made. */
export class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  override name = 'KafkaJSCreateTopicError'
  readonly topic: string

  constructor(error: ProtocolFault | string, topic: string) {
    super(error)
    this.topic = topic
  }
}

/** A partition whose replicas could not be moved. */
export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  override name = 'KafkaJSAlterPartitionReassignmentsError'
  readonly topic?: string
  readonly partition?: number

  constructor(error: ProtocolFault | string, topic?: string, partition?: number) {
    super(error)
    this.topic = topic
    this.partition = partition
  }
}

/** Something is unknown because no metadata is there. */
export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  override name = 'KafkaJSMetadataNotLoaded'
}

/** A topic is unknown. */
export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  override name = 'KafkaJSTopicMetadataNotLoaded'
  readonly topic: string

  constructor(error: Error | string, { topic = '' }: { topic?: string } = {}) {
    super(error)
    this.topic = topic
  }
}

/** A member was assigned partitions that nobody knows. */
export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  override name = 'KafkaJSStaleTopicMetadataAssignment'
  readonly topic: string
  readonly unknownPartitions: PartitionMetadata[]

  constructor(
    error: Error | string,
    { topic = '', unknownPartitions = [] }: { topic?: string; unknownPartitions?: PartitionMetadata[] } = {},
  ) {
    super(error)
    this.topic = topic
    this.unknownPartitions = unknownPartitions
  }
}

/** The broker is too old, or too new, for a request. */
export class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  override name = 'KafkaJSServerDoesNotSupportApiKey'
  /** −1 and empty where the message alone says it. */
  readonly apiKey: number
  readonly apiName: string

  constructor(
    error: Error | string,
    { apiKey = -1, apiName = '' }: { apiKey?: number; apiName?: string } = {},
  ) {
    super(error)
    this.apiKey = apiKey
    this.apiName = apiName
  }
}

/** No broker coordinates the group. */
export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override name = 'KafkaJSGroupCoordinatorNotFound'
}

/** Some groups could not be deleted; the others are. */
export class KafkaJSDeleteGroupsError extends KafkaJSError {
  override name = 'KafkaJSDeleteGroupsError'
  readonly groups: DeleteGroupsResult[]

  constructor(error: Error | string, groups: KafkaJSDeleteGroupsErrorGroups[] = []) {
    const which = groups.map(({ groupId, error }) => `${groupId}: ${error.message}`)
    const what = messageOf(error)
    super(which.length > 0 ? `${what}: ${which.join('; ')}` : what, {
      retriable: groups.every(({ error }) => error.retriable),
    })
    this.groups = groups as DeleteGroupsResult[]
  }
}

/** Some partitions' records could not be deleted. */
export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  override name = 'KafkaJSDeleteTopicRecordsError'
  readonly partitions: { partition: number; offset: string; error: KafkaJSError }[]

  constructor({
    topic,
    partitions,
  }: {
    topic: string
    partitions: { partition: number; offset: string; error: KafkaJSError }[]
  }) {
    const which = partitions.map(({ partition, error }) => `${topic}-${partition}: ${error.message}`)
    super(`Records could not be deleted: ${which.join('; ')}`, {
      retriable: partitions.every(({ error }) => error.retriable),
    })
    this.partitions = partitions
  }
}
