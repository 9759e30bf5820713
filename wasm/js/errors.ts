import type { DeleteGroupsResult } from './admin/types.js'
import type { KafkaJSDeleteGroupsErrorGroups } from './compatible.js'
import type { PartitionMetadata } from './partitioners.js'

/** Options of every error. */
export interface ErrorOptions {
  /** Whether the same call may succeed when it is made again. */
  retriable?: boolean
  cause?: unknown
}

/** What a broker's refusal is made of. */
export interface ProtocolFault {
  message: string
  /** The name of Kafka's error. */
  type?: string
  /** Its number. */
  code?: number
  retriable?: boolean
}

/** What every error of this package descends from. */
export class KafkaJSError extends Error {
  override name = 'KafkaJSError'
  /** Whether the same call may succeed when it is made again. */
  readonly retriable: boolean
  readonly helpUrl?: string
  declare readonly cause?: Error

  constructor(error: Error | string = '', { retriable = true, cause }: ErrorOptions = {}) {
    super(messageOf(error), cause === undefined ? {} : { cause })
    this.retriable = retriable
    this.helpUrl = (error as { helpUrl?: string }).helpUrl
  }
}

/** An error that stays however often one tries. */
export class KafkaJSNonRetriableError extends KafkaJSError {
  override name = 'KafkaJSNonRetriableError'
  constructor(error: Error | string = '', options: ErrorOptions = {}) {
    super(error, { ...options, retriable: false })
  }
}

/** What a broker refused, and with which of Kafka's error codes. */
export class KafkaJSProtocolError extends KafkaJSError {
  override name = 'KafkaJSProtocolError'
  /** The code's name, such as `UNKNOWN_TOPIC_OR_PARTITION`. */
  readonly type: string
  /** The code's number. */
  readonly code: number

  constructor(error: ProtocolFault | string) {
    const { type = 'UNKNOWN', code = -1, retriable = true } = typeof error === 'string' ? {} : error
    super(messageOf(error), { retriable })
    this.type = type
    this.code = code
  }
}

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

/** Several errors at once. */
export class KafkaJSAggregateError extends Error {
  override name = 'KafkaJSAggregateError'
  readonly errors: (Error | string)[]

  constructor(message: Error | string, errors: (Error | string)[]) {
    super(messageOf(message))
    this.errors = errors
  }
}

/** Every attempt failed; `cause` is the last one's error. */
export class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  override name = 'KafkaJSNumberOfRetriesExceeded'
  declare readonly stack: string
  readonly retryCount: number
  /** In milliseconds. */
  readonly retryTime: number

  constructor(
    error: Error | string,
    { retryCount = 0, retryTime = 0 }: { retryCount?: number; retryTime?: number } = {},
  ) {
    super(error, { cause: error })
    // What the application wants to see is where the last attempt failed.
    this.stack = `${this.name}\n  Caused by: ${typeof error === 'string' ? error : error.stack}`
    this.retryCount = retryCount
    this.retryTime = retryTime
  }
}

/** No connection to the broker, or one that broke. */
export class KafkaJSConnectionError extends KafkaJSError {
  override name = 'KafkaJSConnectionError'
  readonly broker: string
  readonly code?: string

  constructor(
    error: Error | string,
    { broker = '', code, ...options }: ErrorOptions & { broker?: string; code?: string } = {},
  ) {
    super(error, options)
    this.broker = broker
    this.code = code
  }
}

/** The broker did not answer in time. */
export class KafkaJSRequestTimeoutError extends KafkaJSError {
  override name = 'KafkaJSRequestTimeoutError'
  readonly broker: string
  /** −1 where what took too long was more than one request. */
  readonly correlationId: number
  /** Times are in milliseconds, the points in time since 1970. */
  readonly createdAt: number
  readonly sentAt: number
  readonly pendingDuration: number

  constructor(
    error: Error | string,
    {
      broker = '',
      correlationId = -1,
      createdAt = Date.now(),
      sentAt = createdAt,
      pendingDuration = 0,
    }: Partial<Record<'correlationId' | 'createdAt' | 'sentAt' | 'pendingDuration', number>> & {
      broker?: string
      clientId?: string
    } = {},
  ) {
    super(error)
    this.broker = broker
    this.correlationId = correlationId
    this.createdAt = createdAt
    this.sentAt = sentAt
    this.pendingDuration = pendingDuration
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

/** No broker of that name. */
export class KafkaJSBrokerNotFound extends KafkaJSError {
  override name = 'KafkaJSBrokerNotFound'
}

/** A message that ends too early. */
export class KafkaJSPartialMessageError extends KafkaJSNonRetriableError {
  override name = 'KafkaJSPartialMessageError'
}

/** The broker did not accept who the client says it is. */
export class KafkaJSSASLAuthenticationError extends KafkaJSNonRetriableError {
  override name = 'KafkaJSSASLAuthenticationError'
}

/** No broker coordinates the group. */
export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override name = 'KafkaJSGroupCoordinatorNotFound'
}

/** Records in a format that is not known. */
export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSNonRetriableError {
  override name = 'KafkaJSUnsupportedMagicByteInMessageSet'
}

/** Something that KafkaJS has and this package does not have yet. */
export class KafkaJSNotImplemented extends KafkaJSNonRetriableError {
  override name = 'KafkaJSNotImplemented'
}

/** Something took too long on this side. */
export class KafkaJSTimeout extends KafkaJSNonRetriableError {
  override name = 'KafkaJSTimeout'
}

/** No tab of the site came to run the broker in time. */
export class KafkaJSLockTimeout extends KafkaJSTimeout {
  override name = 'KafkaJSLockTimeout'
}

/**
 * What is wrong with the browser's storage: `unavailable`, there is none; `full`, the quota is used up;
 * `newer`, a later version of this package made the database: reload the page or update the package;
 * `blocked`, the database is to be upgraded, and another tab or tool keeps it open; `failed`, anything
 * else.
 */
export type StorageFailure = 'unavailable' | 'full' | 'newer' | 'blocked' | 'failed'

/** The browser's storage is missing, full, or failed. */
export class KafkaJSStorageError extends KafkaJSError {
  override name = 'KafkaJSStorageError'
  readonly reason: StorageFailure
  /** The name of the broker's error, where it was the broker that said so. */
  readonly type?: string
  /** The number of the broker's error. */
  readonly code?: number

  constructor(
    error: Error | string,
    {
      reason,
      type,
      code,
      ...options
    }: ErrorOptions & {
      reason: StorageFailure
      type?: string
      code?: number
    },
  ) {
    super(error, options)
    this.reason = reason
    this.type = type
    this.code = code
  }
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

/** A file that is no backup, or a damaged one. Nothing of it was imported. */
export class KafkaJSBackupError extends KafkaJSNonRetriableError {
  override name = 'KafkaJSBackupError'
  /** Where in the file it is wrong, in bytes. */
  readonly offset: number

  constructor(error: Error | string, offset: number, options: ErrorOptions = {}) {
    super(error, options)
    this.offset = offset
  }
}

function messageOf(error: { message: string } | string): string {
  return typeof error === 'string' ? error : error.message
}
