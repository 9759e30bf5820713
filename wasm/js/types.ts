import type { logCreator, logLevel } from './logger.js'
import type { PartitionAssigner } from './consumer/types.js'
import type { ICustomPartitioner } from './partitioners.js'
import type { Mechanism, SASLOptions } from './tcp/types.js'
import type { WorkerSources } from './workers.js'

/** How often, and after how long a pause, something is tried again. Times are in milliseconds. */
export interface RetryOptions {
  /** The longest pause. 30,000. */
  maxRetryTime?: number
  /** The first pause. 300. */
  initialRetryTime?: number
  /** By how much of itself a pause may vary. 0.2. */
  factor?: number
  /** By how much each pause is longer than the one before. 2. */
  multiplier?: number
  /** How many times to try again. 5. */
  retries?: number
  /** Of a consumer: whether to start anew after a crash. Yes. */
  restartOnFailure?: (error: Error) => Promise<boolean>
}

/** Gives the addresses of brokers. */
export type BrokersFunction = () => string[] | Promise<string[]>

/** Retry options, all of them. @internal */
export type Retry = Required<Omit<RetryOptions, 'restartOnFailure'>>

/** Options of Node's `tls.connect`: these, and all others. */
export interface TlsOptions {
  /** The authorities that are trusted, in PEM, in the place of those that Node knows. */
  ca?: unknown
  /** The client's own certificate, in PEM. */
  cert?: unknown
  /** The key of `cert`, in PEM. */
  key?: unknown
  /** The name that the broker's certificate must have; the host of its address. */
  servername?: string
  /** Whether the broker's certificate must be trusted. True. */
  rejectUnauthorized?: boolean
  [option: string]: unknown
}

/** The configuration of a {@link Kafka}. Times are in milliseconds. */
export interface KafkaConfig extends WorkerSources {
  /**
   * `['idb://<name>']` or `['memory://<name>']`; in Node also `['host:port', …]`, some brokers of a
   * cluster, which are asked in turn for all of them; or a function that gives such a list.
   */
  brokers: string[] | BrokersFunction
  /** The client's name for itself. */
  clientId?: string
  /** How long a connection may take to come about. 10,000. */
  connectionTimeout?: number
  /** How long one request may take. 30,000. */
  requestTimeout?: number
  /** Whether requests that take longer than `requestTimeout` fail. They always do. */
  enforceRequestTimeout?: boolean
  /** Whether brokers at `host:port` are reached over TLS, and how: options of Node's `tls.connect`. */
  ssl?: boolean | TlsOptions
  /** Who the client is, for brokers at `host:port` that ask. Of no use for others. */
  sasl?: SASLOptions | Mechanism
  retry?: RetryOptions
  logLevel?: logLevel
  logCreator?: logCreator
  /** How long that may take. 10,000. */
  authenticationTimeout?: number
  /** Of no use: where a broker ends a connection to have it authenticated anew, there is soon another. */
  reauthenticationThreshold?: number
  /** Of no use: sockets are Node's own. */
  socketFactory?: unknown
  /**
   * How long to wait until a tab of the site runs the broker, be it this one: for the browser to open
   * the database, and for another tab to hand over. 5,000.
   */
  storageTimeout?: number
}

/** The compression of a producer's batches. All of them are built in. */
export enum CompressionTypes {
  None = 0,
  GZIP = 1,
  Snappy = 2,
  LZ4 = 3,
  ZSTD = 4,
}

/**
 * KafkaJS's table of codecs, for code that puts one there. It is never looked at: all codecs are built
 * in.
 */
export const CompressionCodecs: { [type: number]: () => unknown } & Record<
  CompressionTypes.GZIP | CompressionTypes.Snappy | CompressionTypes.LZ4 | CompressionTypes.ZSTD,
  () => unknown
> = { 1: builtIn, 2: builtIn, 3: builtIn, 4: builtIn }

function builtIn(): object {
  return {}
}

/** Bytes, or text that is sent as UTF-8. */
export type Data = Uint8Array | ArrayBuffer | string

/** The headers of a record. A list sends several headers of one name. */
export interface IHeaders {
  [key: string]: Data | Data[] | undefined
}

/** A record to send. */
export interface Message {
  key?: Data | null
  /** `null` is a tombstone: on a compacted topic it removes the key. */
  value: Data | null
  partition?: number
  headers?: IHeaders
  /** Milliseconds since 1970; now, if it is left out. */
  timestamp?: string
}

/** What {@link Producer.send} takes. */
export interface ProducerRecord {
  topic: string
  messages: Message[]
  /** −1, all replicas; 1, the leader; 0, nobody: the promise then says only that it was sent. */
  acks?: number
  /** How long the broker may wait for its replicas. A broker in a browser has none. */
  timeout?: number
  compression?: CompressionTypes
}

/** The records of one topic in a {@link ProducerBatch}. */
export interface TopicMessages {
  topic: string
  messages: Message[]
}

/** What {@link Producer.sendBatch} takes. */
export interface ProducerBatch {
  acks?: number
  timeout?: number
  compression?: CompressionTypes
  topicMessages?: TopicMessages[]
}

/** Where the records of one partition went. */
export interface RecordMetadata {
  topicName: string
  partition: number
  errorCode: number
  offset?: string
  timestamp?: string
  /** The offset of the first record of the send in this partition. */
  baseOffset?: string
  logAppendTime?: string
  logStartOffset?: string
}

/** The configuration of a {@link Producer}. */
export interface ProducerConfig {
  createPartitioner?: ICustomPartitioner
  retry?: RetryOptions
  /** Metadata older than this, in milliseconds, is asked for again. 300,000. */
  metadataMaxAge?: number
  /** Whether sending to an unknown topic makes it. True. */
  allowAutoTopicCreation?: boolean
  /** Whether a retry can neither double nor reorder records. True, as in Kafka since version 3. */
  idempotent?: boolean
  transactionalId?: string
  transactionTimeout?: number
  maxInFlightRequests?: number
}

/** The configuration of an {@link Admin}. */
export interface AdminConfig {
  retry?: RetryOptions
}

/** How the members of a group share the partitions out; Kafka's names. */
export type Assignor = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky'

/** The configuration of a {@link Consumer}. Times are in milliseconds. */
export interface ConsumerConfig {
  /** The group. Without one, see {@link Consumer.assign}. */
  groupId?: string
  /** A lasting name (KIP-345): a member that comes back in time finds its partitions again. */
  groupInstanceId?: string
  /**
   * Who assigns partitions: the group's leader by an `assignor` (`'classic'`, the default), or the broker
   * (`'consumer'`, KIP-848).
   */
  groupProtocol?: 'classic' | 'consumer'
  /**
   * How the leader assigns, the preferred first. `['cooperative-sticky']`: members go on with what they
   * keep. All members need one in common.
   */
  assignors?: Assignor[]
  /**
   * Assigners of the application's own, the preferred first, in the place of `assignors`. Members give all
   * their partitions up while one of these shares them out anew.
   */
  partitionAssigners?: PartitionAssigner[]
  /** How the broker assigns: `'uniform'` or `'range'`. Only with `groupProtocol: 'consumer'`. */
  groupRemoteAssignor?: 'uniform' | 'range'
  /** A member that is not heard of for so long is out. 30,000. A closed tab is out at once. */
  sessionTimeout?: number
  /** How long members may take to finish what they are at when partitions move. 60,000. */
  rebalanceTimeout?: number
  /**
   * How often the member is heard of, which it sees to itself, and so how soon it learns that partitions
   * move. 500 (KafkaJS: 3,000): the broker is near.
   */
  heartbeatInterval?: number
  metadataMaxAge?: number
  /** At most so many bytes of a partition in one fetch. 1 MiB. */
  maxBytesPerPartition?: number
  /** A fetch is answered as soon as there are so many bytes. 1. */
  minBytes?: number
  /** At most so many bytes in one fetch. 10 MiB. */
  maxBytes?: number
  /** How long a fetch may wait for `minBytes`. 5,000 in a group, else 500. Records wake it at once. */
  maxWaitTimeInMs?: number
  /** Also how often a record whose function throws comes again: {@link Consumer.run}. */
  retry?: RetryOptions
  allowAutoTopicCreation?: boolean
  /** Without effect: there is one fetch under way to each broker. */
  maxInFlightRequests?: number
  /** Without effect: a broker in a browser is in no rack, and the leader is always asked. */
  rackId?: string
  /** Whether records of transactions are seen before these commit. False. */
  readUncommitted?: boolean
}

/** One partition of one topic. */
export interface TopicPartition {
  topic: string
  partition: number
}

/** A place in a partition. */
export interface TopicPartitionOffset extends TopicPartition {
  offset: string
}

/** An offset to commit. */
export interface TopicPartitionOffsetAndMetadata extends TopicPartitionOffset {
  metadata?: string | null
}

/** Partitions of one topic. */
export interface TopicPartitions {
  topic: string
  partitions: number[]
}

/** An offset within a topic that is known from elsewhere. */
export interface PartitionOffset {
  partition: number
  offset: string
}

/** KafkaJS's name for it. */
export type SeekEntry = PartitionOffset

/** Offsets of one topic's partitions. */
export interface TopicOffsets {
  topic: string
  partitions: PartitionOffset[]
}

/** What a transaction will be; none can be begun yet. */
export type Transaction = {
  send(record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>
  sendOffsets(offsets: { consumerGroupId: string; topics: TopicOffsets[] }): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  isActive(): boolean
}
