// Groups: what they are, what they have committed, and their end.

import { AssignerProtocol } from '../assigner-protocol.js'
import {
  KafkaJSDeleteGroupsError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
  KafkaJSServerDoesNotSupportApiKey,
} from '../errors.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import type { Retry, SeekEntry } from '../types.js'
import { raise } from './checks.js'
import type {
  ConsumerGroupState,
  DeleteGroupsResult,
  GroupDescription,
  GroupOverview,
  AnyGroupState,
  TopicGroupOffsets,
} from './types.js'

/** Carries out an operation of `src/client/groups.rs`. */
export type Call = <T>(operation: { op: string; [argument: string]: unknown }) => Promise<T>

/** A coordinator that is just starting, or is another one by now: each attempt looks for it anew. */
const MOVING = ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']

/** The version of what KIP-848's members are shown with. */
const ENCODED_AS = 0

/** What the states of KIP-848's groups are like, for those who know KafkaJS's alone. */
const CLASSIC_STATES: { [state in AnyGroupState]?: ConsumerGroupState } = {
  Assigning: 'PreparingRebalance',
  Reconciling: 'CompletingRebalance',
}

type Failing<T> = T & { error: Fault | null }

interface ConsumerGroup {
  groupId: string
  state: AnyGroupState
  protocol: string
  members: {
    memberId: string
    clientId: string
    clientHost: string
    topics: string[]
    assignment: { topic: string; partitions: number[] }[]
  }[]
}

interface Committed {
  topic: string
  partitions: Failing<{ partition: number; offset: number; metadata: string | null }>[]
}

/** An admin's part that is about groups. */
export class Groups {
  readonly #call: Call
  readonly #retry: Retry

  constructor(call: Call, retry: Retry) {
    this.#call = call
    this.#retry = retry
  }

  async list(nodes: number[]): Promise<GroupOverview[]> {
    const each = nodes.map((node) =>
      this.#settled(async () => {
        const found = await this.#call<Failing<{ groups: GroupOverview[] }>>({ op: 'listGroups', node })
        raise([found])
        return found.groups
      }),
    )
    return (await Promise.all(each)).flat()
  }

  async describe(groupIds: string[]): Promise<GroupDescription[]> {
    if (!Array.isArray(groupIds)) {
      throw new KafkaJSNonRetriableError(`Invalid groupIds array ${groupIds}`)
    }
    return Promise.all(groupIds.map((groupId) => this.describeOne(groupId)))
  }

  async describeOne(group: string): Promise<GroupDescription> {
    needGroup(group)
    return this.#settled(async () => {
      const [found] = await this.#call<Failing<GroupDescription>[]>({ op: 'describeGroup', group })
      if (!found) throw new KafkaJSNonRetriableError(`The broker says nothing about group ${group}.`)
      const { error, ...classic } = found
      // To those who ask in the classic way, groups of the consumer protocol are dead, or not there.
      if (classic.state === 'Dead' || error?.type === 'GROUP_ID_NOT_FOUND') {
        const consumer = await this.#describeConsumerGroup(group)
        return consumer ?? { ...classic, state: 'Dead' }
      }
      raise([found])
      return classic
    })
  }

  async #describeConsumerGroup(group: string): Promise<GroupDescription | undefined> {
    try {
      const found = await this.#call<Failing<ConsumerGroup>[]>({ op: 'describeConsumerGroup', group })
      raise(found)
      return found[0] && described(found[0])
    } catch (error) {
      const isMissing = error instanceof KafkaJSProtocolError && error.type === 'GROUP_ID_NOT_FOUND'
      if (isMissing || error instanceof KafkaJSServerDoesNotSupportApiKey) return undefined
      throw error
    }
  }

  async delete(groupIds: string[]): Promise<DeleteGroupsResult[]> {
    if (!Array.isArray(groupIds)) {
      throw new KafkaJSNonRetriableError(`Invalid groupIds array ${groupIds}`)
    }
    const invalid = groupIds.find((groupId) => typeof groupId !== 'string')
    if (invalid !== undefined) {
      throw new KafkaJSNonRetriableError(`Invalid groupId name: ${JSON.stringify(invalid)}`)
    }
    const outcomes = await Promise.all(groupIds.map((groupId) => this.#deleteOne(groupId)))
    const failed = outcomes.flatMap(({ groupId, errorCode, error }) =>
      error ? [{ groupId, errorCode, error }] : [],
    )
    if (failed.length > 0) throw new KafkaJSDeleteGroupsError('Error in DeleteGroups', failed)
    return outcomes.map(({ groupId, errorCode }) => ({ groupId, errorCode }))
  }

  async #deleteOne(group: string) {
    try {
      return await this.#settled(async () => {
        const found = await this.#call<Failing<DeleteGroupsResult>[]>({ op: 'deleteGroup', group })
        raise(found)
        return { groupId: group, errorCode: 0, error: undefined }
      })
    } catch (error) {
      // What is no answer about this group is about all of them.
      if (!(error instanceof KafkaJSProtocolError)) throw error
      return { groupId: group, errorCode: error.code, error }
    }
  }

  async fetchOffsets(
    group: string,
    topics: { topic: string; partitions: number[] }[],
  ): Promise<TopicGroupOffsets[]> {
    needGroup(group)
    const found = await this.#settled(async () => {
      const operation = { op: 'fetchOffsets', group, topics: topics.length > 0 ? topics : null }
      const found = await this.#call<Failing<{ topics: Committed[] }>>(operation)
      raise([found, ...found.topics.flatMap(({ partitions }) => partitions)])
      return found.topics
    })
    return found.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions
        .map(({ partition, offset, metadata }) => ({
          partition,
          offset: String(offset),
          metadata: metadata || null,
        }))
        .sort((a, b) => a.partition - b.partition),
    }))
  }

  async setOffsets(
    group: string,
    topic: string,
    partitions: (SeekEntry & { metadata?: string | null })[],
  ): Promise<void> {
    const { state, members } = await this.describeOne(group)
    if (members.length > 0) throw stillRunning(group, state, members.length)
    const offsets = partitions.map(({ partition, offset, metadata }) => {
      if (!Number.isInteger(partition) || !/^\d+$/.test(String(offset))) {
        throw new KafkaJSNonRetriableError(
          `Invalid offset ${JSON.stringify(offset)} of ${topic}-${partition}: it is a number, as a string`,
        )
      }
      return { partition, offset: Number(offset), metadata: metadata ?? '' }
    })
    try {
      await this.#settled(async () => {
        const operation = { op: 'setOffsets', group, topic, partitions: offsets }
        raise(await this.#call<{ error: Fault | null }[]>(operation))
      })
    } catch (error) {
      // Members have come since.
      const isBusy = error instanceof KafkaJSProtocolError && error.type === 'UNKNOWN_MEMBER_ID'
      throw isBusy ? stillRunning(group, 'Stable') : error
    }
  }

  /** Asks again, with growing pauses, where the coordinator is on the move. */
  async #settled<T>(ask: () => Promise<T>): Promise<T> {
    const { retries, initialRetryTime, multiplier, maxRetryTime } = this.#retry
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        const isMoving = error instanceof KafkaJSProtocolError && MOVING.includes(error.type)
        if (!isMoving || attempt >= retries) throw error
        const pause = Math.min(initialRetryTime * multiplier ** attempt, maxRetryTime)
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }
}

/** As a classic group: its members' subscriptions and assignments are encoded as theirs are. */
function described({ groupId, state, protocol, members }: ConsumerGroup): GroupDescription {
  const { MemberAssignment, MemberMetadata } = AssignerProtocol
  return {
    groupId,
    state: CLASSIC_STATES[state] ?? (state as ConsumerGroupState),
    protocolType: 'consumer',
    protocol,
    members: members.map(({ topics, assignment, ...member }) => ({
      ...member,
      memberMetadata: MemberMetadata.encode({ version: ENCODED_AS, topics }),
      memberAssignment: MemberAssignment.encode({
        version: ENCODED_AS,
        assignment: Object.fromEntries(assignment.map(({ topic, partitions }) => [topic, partitions])),
      }),
    })),
  }
}

function needGroup(groupId: unknown): void {
  if (typeof groupId !== 'string' || groupId === '') {
    throw new KafkaJSNonRetriableError(`Invalid groupId ${groupId}`)
  }
}

function stillRunning(group: string, state: string, members?: number): KafkaJSNonRetriableError {
  return new KafkaJSNonRetriableError(
    `The consumer group must have no running instances, current state: ${state}. Stop the ${members === undefined ? 'consumers' : members === 1 ? 'consumer' : `${members} consumers`} of ${group} first, in every tab; or commit from a member, with consumer.seek or consumer.commitOffsets`,
  )
}
