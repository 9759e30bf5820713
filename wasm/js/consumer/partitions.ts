import { KafkaJSNonRetriableError } from '../errors.js'
import type { TopicPartition, TopicPartitions } from '../types.js'

/** A place, as `src/client/options.rs` reads it. */
export type Place = 'earliest' | 'latest' | { offset: number } | { timestamp: number }

/** A partition that the consumer reads. */
export interface Assigned extends TopicPartition {
  /** Where to begin. Undefined in a group: at the committed offset. */
  place: Place | undefined
  paused: boolean
  /** Grows with each seek, and when the partition is taken away: what was fetched before is stale. */
  generation: number
  /** About to go to another member: nothing more of it is begun. */
  leaving: boolean
  /** Settled when what is being processed of it is done. */
  busy: Promise<void> | undefined
  /** How often its record at hand has failed. */
  failures: number
  /** The offset behind the last record that is done, and the committed one; −1 where unknown. */
  processed: number
  committed: number
}

/** The partitions that a consumer reads, and what is paused. */
export class Partitions {
  #all = new Map<string, Assigned>()
  /** By topic: whether it is paused as a whole, and for which partitions something else holds. */
  readonly #pauses = new Map<string, { all: boolean; but: Set<number> }>()

  get(topic: string, partition: number): Assigned | undefined {
    return this.#all.get(keyOf(topic, partition))
  }

  /** One that must be there. */
  find(topic: string, partition: number): Assigned {
    const assigned = this.get(topic, partition)
    if (assigned) return assigned
    throw new KafkaJSNonRetriableError(
      `Partition ${partition} of topic ${topic} is not assigned to this consumer.`,
    )
  }

  all(): Assigned[] {
    return [...this.#all.values()]
  }

  /** Adds one, or keeps what is known of it. */
  add({ topic, partition }: TopicPartition, place?: Place): Assigned {
    const key = keyOf(topic, partition)
    const known = this.#all.get(key)
    if (known) return known
    const assigned: Assigned = {
      topic,
      partition,
      place,
      paused: this.#isPaused(topic, partition),
      generation: 0,
      leaving: false,
      busy: undefined,
      failures: 0,
      processed: -1,
      committed: -1,
    }
    this.#all.set(key, assigned)
    return assigned
  }

  /** Takes one away: what is being processed of it is stale. */
  remove({ topic, partition }: TopicPartition): Assigned | undefined {
    const assigned = this.get(topic, partition)
    if (assigned) assigned.generation++
    this.#all.delete(keyOf(topic, partition))
    return assigned
  }

  /** Leaves these alone. */
  keep(partitions: TopicPartition[]): void {
    const kept = new Set(partitions.map(({ topic, partition }) => keyOf(topic, partition)))
    for (const each of this.all()) if (!kept.has(keyOf(each.topic, each.partition))) this.remove(each)
  }

  /**
   * Marks as paused or not, also what is not assigned yet, or not any more. Returns those of the
   * assigned that it concerns.
   */
  setPaused({ topic, partitions }: { topic: string; partitions?: number[] }, paused: boolean): Assigned[] {
    const known = this.#pauses.get(topic) ?? { all: false, but: new Set<number>() }
    const next = partitions ? known : { all: paused, but: new Set<number>() }
    this.#pauses.set(topic, next)
    for (const partition of partitions ?? []) {
      if (paused === next.all) next.but.delete(partition)
      else next.but.add(partition)
    }
    const chosen = this.all().filter(
      (each) => each.topic === topic && (partitions?.includes(each.partition) ?? true),
    )
    for (const each of chosen) each.paused = paused
    return chosen
  }

  #isPaused(topic: string, partition: number): boolean {
    const { all = false, but } = this.#pauses.get(topic) ?? {}
    return all !== (but?.has(partition) ?? false)
  }

  paused(): TopicPartitions[] {
    return byTopic(
      this.all().filter(({ paused }) => paused),
      ({ partition }) => partition,
    )
  }
}

/** Partitions, by topic. */
export function byTopic<P extends TopicPartition, T>(
  partitions: P[],
  part: (each: P) => T,
): { topic: string; partitions: T[] }[] {
  const topics = new Map<string, T[]>()
  for (const each of partitions) {
    topics.set(each.topic, [...(topics.get(each.topic) ?? []), part(each)])
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
