import type { ConsumerGroupState } from '../admin/types.js'
import type { Leadership } from '../endpoint.js'
import type { Persistence } from '../persistence.js'

/** The database was deleted or emptied behind the broker's back: what it held is gone. */
export interface StorageNotice {
  type: 'vanished'
  /** The id of the cluster that is gone. */
  formerClusterId: string
  /** The id of the one that began in its place. */
  clusterId: string
  /** When that was noticed. */
  at: Date
}

/** A cluster whose database vanished. */
export interface VanishedCluster {
  clusterId: string
  noticedAt: Date
}

/** What {@link Kafka.inspect} finds. */
export interface Inspection {
  /** When it was looked, on this page's clock. */
  at: Date
  /** The broker's address. */
  address: string
  clusterId: string
  /** The version of this package. */
  version: string
  /** Which tab runs the broker, where tabs share one. */
  leadership?: Leadership
  storage: InspectedStorage
  /** By name, the broker's own among them. */
  topics: InspectedTopic[]
  /** By id. */
  groups: InspectedGroup[]
}

/** What is known of the place where a broker keeps its data. */
export interface InspectedStorage extends Persistence {
  /** Bytes of records in all topics, as the broker counts them. */
  recordBytes: number
  /** How many bytes producers may still fill, where the broker knows; 0 while they are refused. */
  usableBytes?: number
  /** Earlier clusters of this name whose databases vanished, oldest first. */
  vanished: VanishedCluster[]
}

/** A topic and its partitions. */
export interface InspectedTopic {
  name: string
  /** Whether it is one of the broker's own. */
  isInternal: boolean
  /** Bytes of records in all its partitions. */
  bytes: number
  /** Offsets from start to end in all its partitions: see {@link InspectedPartition.depth}. */
  depth: number
  partitions: InspectedPartition[]
}

/** One partition. */
export interface InspectedPartition {
  partition: number
  /** The number of the broker that leads it. */
  leader: number
  /** The first offset there is. */
  low: string
  /** The offset that comes next. */
  high: string
  /** How many offsets lie between the two: as many records, but for what compaction took out. */
  depth: number
  /** Bytes of records. */
  bytes: number
}

/** A consumer group. */
export interface InspectedGroup {
  groupId: string
  state: ConsumerGroupState | ''
  /** Its protocol: `classic`, or `consumer` (KIP-848). */
  type: string
  members: InspectedMember[]
  /** The sum of its partitions' lags. */
  lag: number
  /** Each partition that it has committed an offset of. */
  partitions: GroupLag[]
}

/** A member of a group. */
export interface InspectedMember {
  memberId: string
  clientId: string
  /** Where the client is: in a browser, its tab. */
  clientHost: string
  /** Its partitions, by topic. */
  assignment: { [topic: string]: number[] }
}

/** How far a group has come in a partition. */
export interface GroupLag {
  topic: string
  partition: number
  /** The offset that it will read next. */
  offset: string
  /** The offset of the partition's end. */
  high: string
  /** How many offsets lie between the two. */
  lag: number
  metadata: string | null
}

/** What to export. */
export interface ExportOptions {
  /** The topics; all but the broker's own, if it is left out. */
  topics?: string[]
  /** Whether to take along what groups have committed of them. True. */
  groups?: boolean
}

/** What can be imported from. */
export type BackupSource =
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ArrayBuffer
  | Uint8Array

/** What to import. */
export interface ImportOptions {
  /** The topics; all that the file has, if it is left out. */
  topics?: string[]
  /** Other names for topics, by those that they have in the file. */
  as?: { [topic: string]: string }
  /** Whether to set the offsets that groups had committed. True. */
  groups?: boolean
}

/** What was imported. */
export interface ImportResult {
  topics: { topic: string; as: string; partitions: number; records: number }[]
  /** The groups whose offsets were set. */
  groups: string[]
}
