import type { KafkaJSError } from '../errors.js'
import type { Emitter } from '../events.js'
import type { Logger } from '../logger.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { errorOf, type Session } from '../session.js'
import type { TopicPartition, TopicPartitionOffset } from '../types.js'
import { byTopic, type Partitions } from './partitions.js'
import type { Subscription } from './subscription.js'

/** What a consumer tells of its group, by KafkaJS's names. */
export const groupEvents = {
  GROUP_JOIN: 'consumer.group_join',
  REBALANCING: 'consumer.rebalancing',
  COMMIT_OFFSETS: 'consumer.commit_offsets',
} as const

/** What the client tells at the end of a rebalance. */
interface Joined {
  memberId: string
  generationId: number
  leaderId: string
  assignor: string
  duration: number
  partitions: TopicPartition[]
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
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  #left: () => void = () => {}
  #committing = false
  #again = false

  constructor(owner: MembershipOwner, session: () => Session | undefined) {
    this.#owner = owner
    this.#session = session
  }

  /** Joins. Resolves when the member has its first partitions, or learns that there are none for it. */
  join(session: Session): Promise<void> {
    const { subscription } = this.#owner
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      session.run((client) => {
        for (const [topic, fromBeginning] of subscription.named) {
          client.setAutoOffsetReset(topic, fromBeginning)
        }
        client.subscribe(subscription.hasPatterns ? undefined : [...subscription.named.keys()])
      })
    })
  }

  /** Leaves. What is done is committed before, unless that is left to the application. */
  leave(session: Session): Promise<void> {
    return new Promise((resolve) => {
      this.#left = resolve
      try {
        session.run((client) => client.leaveGroup())
      } catch {
        // It is out already.
        resolve()
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
        for (const { reject } of this.#waiting.splice(0)) reject(error)
        this.#left()
        this.#owner.failed(error)
      }
    }
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

  #choose(topics: string[]): void {
    const chosen = this.#owner.subscription.matching(topics)
    this.#session()?.run((client) => {
      for (const [topic, fromBeginning] of chosen) client.setAutoOffsetReset(topic, fromBeginning)
      client.chooseTopics([...chosen.keys()])
    })
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
    const assignment = byTopic(joined.partitions, ({ partition }) => partition)
    this.#emit('GROUP_JOIN', {
      memberId,
      leaderId,
      generationId,
      isLeader: memberId === leaderId,
      groupProtocol: assignor,
      duration,
      memberAssignment: Object.fromEntries(
        assignment.map(({ topic, partitions }) => [topic, partitions]),
      ),
    })
    for (const { resolve } of this.#waiting.splice(0)) resolve()
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

  #emit(event: keyof typeof groupEvents, payload: object): void {
    const { emitter, groupId } = this.#owner
    emitter.emit(groupEvents[event], { groupId, ...payload })
  }
}
