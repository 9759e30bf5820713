/**
 * Ottla: Kafka's little sister. A Kafka-compatible event log whose broker runs inside a browser tab,
 * behind KafkaJS's API.
 *
 * @packageDocumentation
 */

export { Admin } from './admin/admin.js'
export {
  type Acl,
  type AclEntry,
  type AclFilter,
  AclOperationTypes,
  AclPermissionTypes,
  type AclResource,
  AclResourceTypes,
  type DeleteAclFilterResponses,
  type DeleteAclResponse,
  type DescribeAclResource,
  type DescribeAclResponse,
  type ListPartitionReassignmentsResponse,
  type MatchingAcl,
  type OngoingPartitionReassignment,
  type OngoingTopicReassignment,
  type PartitionReassignment,
  ResourcePatternTypes,
} from './admin/acls.js'
export * from './admin/types.js'
export { AssignerProtocol, type MemberAssignment, type MemberMetadata } from './assigner-protocol.js'
export { Bytes } from './bytes.js'
export type { BrokerMetadata, Cluster } from './consumer/cluster.js'
export type * from './compatible.js'
export { Consumer } from './consumer/consumer.js'
export { PartitionAssigners } from './consumer/round-robin.js'
export type { MessagesOptions, ReceivedMessage } from './consumer/messages.js'
export type * from './consumer/types.js'
export * from './errors.js'
export type { Leadership } from './endpoint.js'
export { init, type InitOptions } from './init.js'
export type * from './instrumentation/events.js'
export { Kafka } from './kafka.js'
export {
  type LogEntry,
  type Logger,
  type LoggerEntryContent,
  type logCreator,
  logLevel,
} from './logger.js'
export { Batch, KafkaMessage, type MessageHeaders } from './message.js'
export {
  type ICustomPartitioner,
  type PartitionerArgs,
  type PartitionMetadata,
  Partitioners,
} from './partitioners.js'
export { type Persistence, persistence } from './persistence.js'
export { Producer } from './producer/producer.js'
export { databases, deleteDatabase } from './storage/databases.js'
export type * from './storage/types.js'
export type { WritableOptions } from './streams.js'
export { Topic, type TopicReadOptions } from './topic.js'
export type * from './tcp/types.js'
export * from './types.js'
export type { WasmSource } from './module.js'
export type { WorkerSources } from './workers.js'
