// KafkaJS's names around access control and reassignments, which no broker here has: a tab has one user.

import { KafkaJSNotImplemented } from '../errors.js'
import type { TopicPartitions } from '../types.js'
import type { ReplicaAssignment } from './types.js'

/** What access is about. */
export enum AclResourceTypes {
  UNKNOWN = 0,
  ANY = 1,
  TOPIC = 2,
  GROUP = 3,
  CLUSTER = 4,
  TRANSACTIONAL_ID = 5,
  DELEGATION_TOKEN = 6,
}

/** Whether an entry allows or denies. */
export enum AclPermissionTypes {
  UNKNOWN = 0,
  ANY = 1,
  DENY = 2,
  ALLOW = 3,
}

/** What is allowed or denied. */
export enum AclOperationTypes {
  UNKNOWN = 0,
  ANY = 1,
  ALL = 2,
  READ = 3,
  WRITE = 4,
  CREATE = 5,
  DELETE = 6,
  ALTER = 7,
  DESCRIBE = 8,
  CLUSTER_ACTION = 9,
  DESCRIBE_CONFIGS = 10,
  ALTER_CONFIGS = 11,
  IDEMPOTENT_WRITE = 12,
}

/** How an entry names resources. */
export enum ResourcePatternTypes {
  UNKNOWN = 0,
  ANY = 1,
  MATCH = 2,
  LITERAL = 3,
  PREFIXED = 4,
}

/** Who may do what, from where. */
export interface Acl {
  principal: string
  host: string
  operation: AclOperationTypes
  permissionType: AclPermissionTypes
}

/** With what. */
export interface AclResource {
  resourceType: AclResourceTypes
  resourceName: string
  resourcePatternType: ResourcePatternTypes
}

/** An entry. */
export type AclEntry = Acl & AclResource

/** Which entries. */
export interface AclFilter {
  resourceType: AclResourceTypes
  resourceName?: string
  resourcePatternType: ResourcePatternTypes
  principal?: string
  host?: string
  operation: AclOperationTypes
  permissionType: AclPermissionTypes
}

/** A resource and who may do what with it. */
export type DescribeAclResource = AclResource & { acls: Acl[] }

/** What `describeAcls` would find. */
export interface DescribeAclResponse {
  throttleTime: number
  errorCode: number
  errorMessage?: string
  resources: DescribeAclResource[]
}

/** An entry that a filter matched. */
export interface MatchingAcl extends AclEntry {
  errorCode: number
  errorMessage?: string
}

/** What a filter of `deleteAcls` would match. */
export interface DeleteAclFilterResponses {
  errorCode: number
  errorMessage?: string
  matchingAcls: MatchingAcl[]
}

/** What `deleteAcls` would do. */
export interface DeleteAclResponse {
  throttleTime: number
  filterResponses: DeleteAclFilterResponses[]
}

/** Where a topic's partitions shall be. */
export interface PartitionReassignment {
  topic: string
  partitionAssignment: ReplicaAssignment[]
}

/** A partition that is on the move. */
export interface OngoingPartitionReassignment {
  partitionIndex: number
  replicas: number[]
  addingReplicas?: number[]
  removingReplicas?: number[]
}

/** A topic whose partitions are on the move. */
export interface OngoingTopicReassignment {
  topic: string
  partitions: OngoingPartitionReassignment[]
}

/** What `listPartitionReassignments` would find. */
export interface ListPartitionReassignmentsResponse {
  topics: OngoingTopicReassignment[]
}

/** Of which partitions, and how long to wait in milliseconds. */
export interface ListPartitionReassignmentsRequest {
  topics?: TopicPartitions[]
  timeout?: number
}

/** The error of what a broker in a browser has no use for. */
export function noUseFor(what: string, why: string): KafkaJSNotImplemented {
  return new KafkaJSNotImplemented(`${what} is not there: ${why}`)
}
