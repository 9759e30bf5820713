// What all errors descend from, and those that come from anywhere.

import { messageOf } from './message.js'

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

/** Something that KafkaJS has and this package does not have yet. */
export class KafkaJSNotImplemented extends KafkaJSNonRetriableError {
  override name = 'KafkaJSNotImplemented'
}
