// What keeps a client from its broker, and a broker from its storage.

import { type ErrorOptions, KafkaJSError, KafkaJSNonRetriableError } from './base.js'

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

/** Records in a format that is not known. */
export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSNonRetriableError {
  override name = 'KafkaJSUnsupportedMagicByteInMessageSet'
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
