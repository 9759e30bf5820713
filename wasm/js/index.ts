/**
 * Ottla: Kafka's little sister. A Kafka-compatible event log whose broker runs inside a browser tab,
 * behind KafkaJS's API.
 *
 * @packageDocumentation
 */

export { Admin } from './admin/admin.js'
export * from './admin/types.js'
export { AssignerProtocol, type MemberAssignment, type MemberMetadata } from './assigner-protocol.js'
export { Bytes } from './bytes.js'
export { Consumer } from './consumer/consumer.js'
export type * from './consumer/types.js'
export * from './errors.js'
export type { Leadership } from './endpoint.js'
export type { InstrumentationEvent, RemoveInstrumentationEventListener } from './events.js'
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
export { Producer } from './producer.js'
export type * from './storage/types.js'
export * from './types.js'
