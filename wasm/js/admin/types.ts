import type { KafkaJSProtocolError } from '../errors.js'
import type { PartitionMetadata } from '../partitioners.js'
import type { PartitionOffset } from '../types.js'

/** What has a configuration. */
export enum ConfigResourceTypes {
  UNKNOWN = 0,
  TOPIC = 2,
  BROKER = 4,
  BROKER_LOGGER = 8,
}

/** Where a configuration's value comes from. */
export enum ConfigSource {
  UNKNOWN = 0,
  TOPIC_CONFIG = 1,
  DYNAMIC_BROKER_CONFIG = 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG = 3,
  STATIC_BROKER_CONFIG = 4,
  DEFAULT_CONFIG = 5,
  DYNAMIC_BROKER_LOGGER_CONFIG = 6,
}

/** The nodes of a partition. */
export interface ReplicaAssignment {
  partition: number
  replicas: number[]
}

/** A configuration and its value. */
export interface IResourceConfigEntry {
  name: string
  value: string
}

/** A topic to make. */
export interface ITopicConfig {
  topic: string
  /** The broker's default (`num.partitions`), if it is left out. */
  numPartitions?: number
  replicationFactor?: number
  replicaAssignment?: ReplicaAssignment[]
  /** Such as `{ name: 'ottla.durability', value: 'strict' }`. */
  configEntries?: IResourceConfigEntry[]
}

/** How many partitions a topic shall have. */
export interface ITopicPartitionConfig {
  topic: string
  count: number
  assignments?: number[][]
}

/** A topic and its partitions. */
export interface ITopicMetadata {
  name: string
  partitions: PartitionMetadata[]
}

/** A resource whose configuration is asked for. */
export interface ResourceConfigQuery {
  type: ConfigResourceTypes
  name: string
  configNames?: string[]
}

/** A resource with its new configuration. */
export interface IResourceConfig {
  type: ConfigResourceTypes
  name: string
  configEntries: IResourceConfigEntry[]
}

/** A place where a configuration may have been set. */
export interface ConfigSynonyms {
  configName: string
  configValue: string
  configSource: ConfigSource
}

/** A configuration as it is. */
export interface ConfigEntries {
  configName: string
  configValue: string
  isDefault: boolean
  configSource: ConfigSource
  isSensitive: boolean
  readOnly: boolean
  configSynonyms: ConfigSynonyms[]
}

/** Configurations as they are. */
export interface DescribeConfigResponse {
  resources: {
    configEntries: ConfigEntries[]
    errorCode: number
    errorMessage: string
    resourceName: string
    resourceType: ConfigResourceTypes
  }[]
  throttleTime: number
}

/** The resources whose configurations were changed. */
export interface AlterConfigResponse {
  resources: {
    errorCode: number
    errorMessage: string
    resourceName: string
    resourceType: ConfigResourceTypes
  }[]
  throttleTime: number
}

/** The first offset of a partition, and the one that the next record will get. */
export type PartitionEnds = PartitionOffset & { high: string; low: string }

/** The brokers of a cluster. */
export interface ClusterDescription {
  brokers: { nodeId: number; host: string; port: number }[]
  controller: number | null
  clusterId: string
}

/** A member of a group. */
export interface MemberDescription {
  memberId: string
  clientId: string
  /** Where the client is: in a browser, its tab. */
  clientHost: string
  /** Its assignment and its subscription, as Kafka's consumers encode them. */
  memberAssignment: Uint8Array
  memberMetadata: Uint8Array
}

/** A group and its members. */
export interface GroupDescription {
  groupId: string
  protocolType: string
  /** The assignor. */
  protocol: string
  state: ConsumerGroupState
  members: MemberDescription[]
}

/** Groups and their members. */
export interface GroupDescriptions {
  groups: GroupDescription[]
}

/** A group in a list. */
export interface GroupOverview {
  groupId: string
  protocolType: string
  /** Where it stands; empty where the broker does not say. */
  state: AnyGroupState | ''
  /** Its protocol: `classic`, or `consumer` (KIP-848); empty where the broker does not say. */
  type: string
}

/** What became of the deletion of a group. */
export interface DeleteGroupsResult {
  groupId: string
  errorCode?: number
  error?: KafkaJSProtocolError
}

/** What a group has committed of a topic. */
export interface TopicGroupOffsets {
  topic: string
  partitions: FetchOffsetsPartition[]
}

/** What a group has committed of a partition. */
export type FetchOffsetsPartition = PartitionOffset & { metadata: string | null }

/** Where a group stands, as groups of the classic protocol do. */
export type ConsumerGroupState =
  | 'Unknown'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead'
  | 'Empty'

/** Where a group stands; `Assigning` and `Reconciling` are of KIP-848's groups alone. */
export type AnyGroupState = ConsumerGroupState | 'Assigning' | 'Reconciling'

/** A place where a broker keeps logs; there is one. */
export interface LogDirDescription {
  logDir: string
  topics: {
    topic: string
    /** The bytes of each partition's segments. */
    partitions: { partition: number; size: number; offsetLag: number; isFuture: boolean }[]
  }[]
  /** How many bytes the site may use, where the browser says so. */
  totalBytes?: number
  /** How many of them are left, where that is known; 0 while producers are refused. */
  usableBytes?: number
}
