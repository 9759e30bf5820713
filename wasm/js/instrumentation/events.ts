// What producers, consumers and admins tell of, in KafkaJS's shapes and under its names.

import type { TopicOffsets } from '../types.js'

/** Something that happened, in KafkaJS's shape. */
export interface InstrumentationEvent<T> {
  id: string
  type: string
  /** Milliseconds since 1970. */
  timestamp: number
  payload: T
}

/** Ends a subscription to events of type `T`. */
export type RemoveInstrumentationEventListener<_T = string> = () => void

/** A client is connected. */
export type ConnectEvent = InstrumentationEvent<null>

/** A client has disconnected. */
export type DisconnectEvent = InstrumentationEvent<null>

/** What is said of a request. Times are in milliseconds, sizes in bytes. */
interface RequestAbout {
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  /** How long it waited before it was sent: 0, as it is made when it can be sent. */
  pendingDuration: number
  sentAt: number
}

/** A request was answered. */
export type RequestEvent = InstrumentationEvent<
  RequestAbout & {
    duration: number
    /** Of the answer. */
    size: number
  }
>

/** A request was not answered in time. */
export type RequestTimeoutEvent = InstrumentationEvent<RequestAbout>

/** The number of requests that are under way on a connection has changed. */
export type RequestQueueSizeEvent = InstrumentationEvent<{
  broker: string
  clientId: string
  queueSize: number
}>

/** The member was heard of. */
export type ConsumerHeartbeatEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
}>

/** Offsets were committed. */
export type ConsumerCommitOffsetsEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
  topics: TopicOffsets[]
}>

/** Partitions by topic. */
export interface IMemberAssignment {
  [topic: string]: number[]
}

/** The member is in the group, with these partitions. */
export type ConsumerGroupJoinEvent = InstrumentationEvent<{
  /** From the start of the rebalance to its end, in milliseconds. */
  duration: number
  groupId: string
  isLeader: boolean
  leaderId: string
  /** The assignor. */
  groupProtocol: string
  memberId: string
  generationId: number
  memberAssignment: IMemberAssignment
}>

/** A fetch was sent. */
export type ConsumerFetchStartEvent = InstrumentationEvent<{ nodeId: number }>

/** A fetch was answered. */
export type ConsumerFetchEvent = InstrumentationEvent<{
  /** How many partitions it brought records of. */
  numberOfBatches: number
  /** In milliseconds. */
  duration: number
  nodeId: number
}>

interface BatchAbout {
  topic: string
  partition: number
  highWatermark: string
  offsetLag: string
  offsetLagLow: string
  batchSize: number
  firstOffset: string
  lastOffset: string
}

/** The application gets records of a partition. */
export type ConsumerStartBatchProcessEvent = InstrumentationEvent<BatchAbout>

/** The application is done with them; `duration` is in milliseconds. */
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<BatchAbout & { duration: number }>

/** The consumer failed; `restart` says whether it starts anew. */
export type ConsumerCrashEvent = InstrumentationEvent<{
  error: Error
  groupId: string
  restart: boolean
}>

/** The group shares its partitions out anew. */
export type ConsumerRebalancingEvent = InstrumentationEvent<{ groupId: string; memberId: string }>

/** The member was assigned topics that it has not subscribed to; it leaves them alone. */
export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<{
  groupId: string
  generationId: number
  memberId: string
  assignedTopics: string[]
  topicsSubscribed: string[]
  topicsNotSubscribed: string[]
}>

/** The names of a producer's events. */
export const producerEvents = {
  CONNECT: 'producer.connect',
  DISCONNECT: 'producer.disconnect',
  REQUEST: 'producer.network.request',
  REQUEST_TIMEOUT: 'producer.network.request_timeout',
  REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size',
} as const

/** The names of an admin's events. */
export const adminEvents = {
  CONNECT: 'admin.connect',
  DISCONNECT: 'admin.disconnect',
  REQUEST: 'admin.network.request',
  REQUEST_TIMEOUT: 'admin.network.request_timeout',
  REQUEST_QUEUE_SIZE: 'admin.network.request_queue_size',
} as const

/** The names of a consumer's events. */
export const consumerEvents = {
  HEARTBEAT: 'consumer.heartbeat',
  COMMIT_OFFSETS: 'consumer.commit_offsets',
  GROUP_JOIN: 'consumer.group_join',
  FETCH_START: 'consumer.fetch_start',
  FETCH: 'consumer.fetch',
  START_BATCH_PROCESS: 'consumer.start_batch_process',
  END_BATCH_PROCESS: 'consumer.end_batch_process',
  CONNECT: 'consumer.connect',
  DISCONNECT: 'consumer.disconnect',
  STOP: 'consumer.stop',
  CRASH: 'consumer.crash',
  REBALANCING: 'consumer.rebalancing',
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics',
  REQUEST: 'consumer.network.request',
  REQUEST_TIMEOUT: 'consumer.network.request_timeout',
  REQUEST_QUEUE_SIZE: 'consumer.network.request_queue_size',
} as const

/** The names of a producer's events. */
export type ProducerEvents = typeof producerEvents
/** The names of an admin's events. */
export type AdminEvents = typeof adminEvents
/** The names of a consumer's events. */
export type ConsumerEvents = typeof consumerEvents

/** The events that every client has, under its own names. */
type ClientEvents<N extends Record<'CONNECT' | 'DISCONNECT' | 'REQUEST' | 'REQUEST_TIMEOUT' | 'REQUEST_QUEUE_SIZE', string>> =
  Record<N['CONNECT'], ConnectEvent> &
    Record<N['DISCONNECT'], DisconnectEvent> &
    Record<N['REQUEST'], RequestEvent> &
    Record<N['REQUEST_TIMEOUT'], RequestTimeoutEvent> &
    Record<N['REQUEST_QUEUE_SIZE'], RequestQueueSizeEvent>

/** A producer's events by their names. */
export type ProducerEventMap = ClientEvents<ProducerEvents>
/** An admin's events by their names. */
export type AdminEventMap = ClientEvents<AdminEvents>
/** A consumer's events by their names. */
export type ConsumerEventMap = ClientEvents<ConsumerEvents> & {
  'consumer.heartbeat': ConsumerHeartbeatEvent
  'consumer.commit_offsets': ConsumerCommitOffsetsEvent
  'consumer.group_join': ConsumerGroupJoinEvent
  'consumer.fetch_start': ConsumerFetchStartEvent
  'consumer.fetch': ConsumerFetchEvent
  'consumer.start_batch_process': ConsumerStartBatchProcessEvent
  'consumer.end_batch_process': ConsumerEndBatchProcessEvent
  'consumer.stop': InstrumentationEvent<null>
  'consumer.crash': ConsumerCrashEvent
  'consumer.rebalancing': ConsumerRebalancingEvent
  'consumer.received_unsubscribed_topics': ConsumerReceivedUnsubcribedTopicsEvent
}
