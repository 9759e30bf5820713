import type { Session } from '../session.js'
import type { TopicPartitionOffsetAndMetadata } from '../types.js'
import type { Membership } from './group.js'
import { type Assigned, byTopic, type Partitions } from './partitions.js'
import type { ConsumerRunConfig, EachBatchPayload, OffsetsByTopicPartition } from './types.js'

/** How often what is done is committed while a batch takes long, in milliseconds; Kafka's default. */
const AUTO_COMMIT_INTERVAL_MS = 5_000

/** What is done of a group's partitions, and when that is committed. */
export class Commits
  implements Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'uncommittedOffsets'>
{
  readonly #partitions: Partitions
  readonly #membership: Membership
  #session: Session | undefined
  #automatic = true
  #threshold = 0
  #uncommitted = 0

  constructor(partitions: Partitions, membership: Membership) {
    this.#partitions = partitions
    this.#membership = membership
  }

  /** From now on in this session, by these rules; without one, outside of a group. */
  begin(session: Session | undefined, { autoCommit, autoCommitInterval, autoCommitThreshold }: ConsumerRunConfig): void {
    this.#session = session
    this.#automatic = autoCommit ?? true
    this.#threshold = autoCommitThreshold ?? 0
    this.#uncommitted = 0
    session?.run((client) =>
      client.setAutoCommit(this.#automatic, autoCommitInterval ?? AUTO_COMMIT_INTERVAL_MS),
    )
  }

  /** Everything before this offset of a partition is done. */
  processed(assigned: Assigned, next: number): void {
    if (!this.#session) return
    this.#uncommitted += Math.max(0, next - Math.max(assigned.processed, assigned.committed, 0))
    assigned.processed = next
    const { topic, partition } = assigned
    this.#session.client.markProcessed(topic, partition, next)
    if (this.#threshold > 0 && this.#uncommitted >= this.#threshold) this.done()
  }

  /** A good moment to commit what is done. */
  done(): void {
    if (!this.#session || !this.#automatic) return
    this.#uncommitted = 0
    this.#membership.commitDone()
  }

  /** As in KafkaJS: with offsets, these; without, what is done, where commits are automatic. */
  readonly commitOffsetsIfNecessary = async (offsets?: OffsetsByTopicPartition): Promise<void> => {
    if (!this.#session) return
    if (!offsets) return this.done()
    const flat: TopicPartitionOffsetAndMetadata[] = offsets.topics.flatMap(({ topic, partitions }) =>
      partitions.map((each) => ({ topic, ...each })),
    )
    if (flat.length > 0) await this.#membership.commit(this.#session, flat)
  }

  /** What is done and not committed. */
  readonly uncommittedOffsets = (): OffsetsByTopicPartition => {
    const open = this.#partitions.all().filter(({ processed, committed }) => processed > committed)
    return {
      topics: byTopic(open, ({ partition, processed }) => ({ partition, offset: String(processed) })),
    }
  }
}
