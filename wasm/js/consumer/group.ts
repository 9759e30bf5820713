import { KafkaJSError, KafkaJSNonRetriableError } from '../errors.js'
import type { Emitter } from '../instrumentation/emitter.js'
import { type ConsumerEvents, consumerEvents } from '../instrumentation/events.js'
import type { Logger } from '../logger.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { errorOf, type Session } from '../session.js'
import type { TopicPartition, TopicPartitionOffset } from '../types.js'
import type { Assigners } from './assigners.js'
import { byTopic, type Partitions } from './partitions.js'
import type { Subscription } from './subscription.js'
import type { GroupMember } from './types.js'

/** What the client tells at the end of a rebalance. */
interface Joined {
  memberId: string
  generationId: number
  leaderId: string
  assignor: string
  duration: number
  partitions: TopicPartition[]
  /** Assigned without a subscription. */
  leftAlone: TopicPartition[]
}

/** What a leader has to share out. */
interface Wanted {
  generationId: number
  assignor: string
  members: GroupMember[]
  topics: string[]
}

interface Committed extends TopicPartition {
  offset: number
  error: Fault | null
}

/** What a {@link Membership} needs of its consumer. */
export interface MembershipOwner {
  readonly groupId: string
  readonly partitions: Partitions
  readonly subscription: Subscription
  readonly assigners: Assigners
  readonly emitter: Emitter
  readonly logger: Logger
  /** There is something new to do. */
  wake(): void
  /** The member is out for good. */
  failed(error: KafkaJSError): void
}

/**
 * A consumer's part in its group: follows what the client tells (`src/client/group.rs`), and commits
 * what is done.
 */
export class Membership {
  readonly #owner: MembershipOwner
  readonly #session: () => Session | undefined
  #joined: Joined | undefined
  /** What the group shares out as far as this member is concerned. */
  #topics: string[] = []
  /** Whether the client is told to be in the group, and has not been put out for good. */
  #isIn = false
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  /** Who waits until the member has left. */
  #leaving: (() => void)[] = []
  #committing = false
  #again = false

  constructor(owner: MembershipOwner, session: () => Session | undefined) {
    this.#owner = owner
    this.#session = session
  }

  get isIn(): boolean {
    return this.#isIn
  }

  /** Joins. Resolves when the member has its first partitions, or learns that there are none for it. */
  join(session: Session): Promise<void> {
    const { subscription, assigners } = this.#owner
    this.#topics = [...subscription.named.keys()]
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      session.run((client) => {
        for (const [topic, fromBeginning] of subscription.named) {
          client.setAutoOffsetReset(topic, fromBeginning)
        }
        assigners.announce(client, this.#topics)
        client.subscribe(subscription.hasPatterns ? undefined : this.#topics)
        this.#isIn = true
      })
    })
  }

  /**
   * Leaves. What is done is committed before, unless that is left to the application. It is over after as
   * long as one request may take, and at once where no broker can be reached.
   */
  leave(session: Session): Promise<void> {
    return new Promise((resolve) => {
      this.#leaving.push(resolve)
      this.#isIn = false
      try {
        session.run((client) => {
          client.leaveGroup()
          client.hurry(true)
        })
      } catch {
        // It is out already.
        this.#left()
      }
    })
  }

  /** What the client tells. */
  told(kind: string, payload: unknown): void {
    const { partitions, logger } = this.#owner
    switch (kind) {
      case 'topics':
        return this.#choose(payload as string[])
      case 'rebalancing':
        logger.info(`Group ${this.#owner.groupId} rebalances: ${payload as string}`)
        return this.#emit('REBALANCING', { memberId: this.#joined?.memberId ?? '' })
      case 'assigned':
        for (const each of payload as TopicPartition[]) {
          if (!this.#owner.subscription.wants(each.topic)) {
            this.#session()?.run((client) => client.pause(each.topic, each.partition))
            continue
          }
          const { topic, partition, paused, place } = partitions.add(each, this.#owner.subscription.takeSeek(each))
          this.#session()?.run((client) => {
            if (place !== undefined) client.seek(topic, partition, place)
            if (paused) client.pause(topic, partition)
          })
        }
        return this.#owner.wake()
      case 'revoked':
        void this.#giveUp(payload as TopicPartition[])
        return
      case 'lost':
        for (const each of payload as TopicPartition[]) partitions.remove(each)
        return this.#owner.wake()
      case 'assign':
        void this.#assign(payload as Wanted)
        return
      case 'joined':
        return this.#joins(payload as Joined)
      case 'committed':
        return this.#committed(payload as Committed[])
      case 'expired':
        return logger.warn(`The member was out of group ${this.#owner.groupId} for a while`)
      case 'left':
        this.#joined = undefined
        return this.#left()
      case 'failed': {
        const error = errorOf(payload as Fault)
        this.#isIn = false
        for (const { reject } of this.#waiting.splice(0)) reject(error)
        this.#left()
        this.#owner.failed(error)
      }
    }
  }

  /** The broker has heard of the member. */
  heard(): void {
    if (!this.#joined) return
    const { memberId, generationId } = this.#joined
    this.#emit('HEARTBEAT', { memberId, groupGenerationId: generationId })
  }

  /** Commits what is done; what is done meanwhile, behind it. */
  commitDone(): void {
    if (this.#committing) {
      this.#again = true
      return
    }
    const session = this.#session()
    const commit = session?.commitProcessed<Committed[]>()
    if (!commit) return
    this.#committing = true
    commit
      .then((outcomes) => this.#committed(outcomes))
      .catch((error: Error) => this.#owner.logger.warn(`Offsets were not committed: ${error.message}`))
      .finally(() => {
        this.#committing = false
        if (!this.#again) return
        this.#again = false
        this.commitDone()
      })
  }

  /** Commits these offsets, or what is done and not committed. Rejects where one was refused. */
  async commit(
    session: Session,
    offsets?: (TopicPartitionOffset & { metadata?: string | null })[],
  ): Promise<void> {
    const commit = offsets
      ? session.commit<Committed[]>(
          offsets.map(({ topic, partition, offset, metadata }) => ({
            topic,
            partition,
            offset: Number(offset),
            metadata: metadata ?? undefined,
          })),
        )
      : session.commitProcessed<Committed[]>()
    if (!commit) return
    const outcomes = await commit
    const failed = outcomes.find(({ error }) => error)
    this.#committed(outcomes.filter(({ error }) => !error))
    if (failed?.error) throw errorOf(failed.error)
  }

  #left(): void {
    this.#session()?.client.hurry(false)
    for (const resolve of this.#leaving.splice(0)) resolve()
  }

  #choose(topics: string[]): void {
    const chosen = this.#owner.subscription.matching(topics)
    this.#topics = [...chosen.keys()]
    this.#session()?.run((client) => {
      for (const [topic, fromBeginning] of chosen) client.setAutoOffsetReset(topic, fromBeginning)
      this.#owner.assigners.announce(client, this.#topics)
      client.chooseTopics(this.#topics)
    })
  }

  /** Asks the application's assigner, and passes its answer on. */
  async #assign({ assignor, members, topics, generationId }: Wanted): Promise<void> {
    try {
      const given = await this.#owner.assigners.assign(assignor, members, topics)
      this.#session()?.run((client) => client.giveAssignment(generationId, given))
    } catch (error) {
      const { message } = error as Error
      const cause = error instanceof Error ? error : new KafkaJSError(String(error))
      const failed = new KafkaJSNonRetriableError(`The assigner ${assignor} failed: ${message}`, { cause })
      for (const { reject } of this.#waiting.splice(0)) reject(failed)
      this.#owner.failed(failed)
      // Others can lead the group then.
      const session = this.#session()
      if (session) await this.leave(session)
    }
  }

  /** Lets what is being processed end, and gives the partitions up. */
  async #giveUp(revoked: TopicPartition[]): Promise<void> {
    const { partitions } = this.#owner
    const leaving = revoked.flatMap(({ topic, partition }) => partitions.get(topic, partition) ?? [])
    for (const each of leaving) each.leaving = true
    await Promise.all(leaving.map(({ busy }) => busy))
    for (const each of leaving) {
      // Not those that were lost, and are perhaps back, meanwhile.
      if (partitions.get(each.topic, each.partition) === each) partitions.remove(each)
    }
    this.#session()?.client.acknowledgeRevoked()
  }

  #joins(joined: Joined): void {
    this.#joined = joined
    const { memberId, leaderId, generationId, duration, assignor } = joined
    const all = [...joined.partitions, ...joined.leftAlone]
    const assigned = byTopic(all, ({ partition }) => partition)
    const isMine = ({ topic }: { topic: string }) => this.#owner.subscription.wants(topic)
    const assignment = assigned.filter(isMine).map(({ topic, partitions }) => [topic, partitions])
    if (assignment.length < assigned.length) this.#receivedOthers(joined, assigned.map(({ topic }) => topic))
    this.#emit('GROUP_JOIN', {
      memberId,
      leaderId,
      generationId,
      isLeader: memberId === leaderId,
      groupProtocol: assignor,
      duration,
      memberAssignment: Object.fromEntries(assignment),
    })
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** An assigner was free with what it gives. */
  #receivedOthers({ memberId, generationId }: Joined, assignedTopics: string[]): void {
    const payload = {
      memberId,
      generationId,
      assignedTopics,
      topicsSubscribed: this.#topics,
      topicsNotSubscribed: assignedTopics.filter((topic) => !this.#owner.subscription.wants(topic)),
    }
    this.#owner.logger.warn('Consumer group received unsubscribed topics', payload)
    this.#emit('RECEIVED_UNSUBSCRIBED_TOPICS', payload)
  }

  #committed(outcomes: Committed[]): void {
    const { partitions, logger } = this.#owner
    const stored = outcomes.filter(({ error }) => !error)
    for (const { error, topic, partition } of outcomes) {
      if (!error) continue
      const what = `The offset of ${topic}-${partition} was not committed: ${error.message}`
      // It happens in a rebalance, and is no loss: who has the partition now goes on where it was left.
      if (partitions.get(topic, partition)) logger.warn(what)
      else logger.info(what)
    }
    if (stored.length === 0) return
    for (const { topic, partition, offset } of stored) {
      const assigned = partitions.get(topic, partition)
      if (assigned) assigned.committed = offset
    }
    this.#emit('COMMIT_OFFSETS', {
      memberId: this.#joined?.memberId ?? '',
      groupGenerationId: this.#joined?.generationId ?? -1,
      topics: byTopic(stored, ({ partition, offset }) => ({ partition, offset: String(offset) })),
    })
  }

  #emit(event: keyof ConsumerEvents, payload: object): void {
    const { emitter, groupId } = this.#owner
    emitter.emit(consumerEvents[event], { groupId, ...payload })
  }
}
