import { KafkaJSNonRetriableError } from '../errors.js'
import type { TopicPartition } from '../types.js'
import type { Place } from './partitions.js'
import type { ConsumerSubscribeTopic, ConsumerSubscribeTopics } from './types.js'

/** What a consumer subscribes to, and where it is to begin. */
export class Subscription {
  /** Topics, with whether they are read from the beginning where no offset is committed. */
  readonly named = new Map<string, boolean>()
  readonly #patterns: { pattern: RegExp; fromBeginning: boolean }[] = []
  readonly #seeks = new Map<string, Place>()

  get isEmpty(): boolean {
    return this.named.size === 0 && !this.hasPatterns
  }

  get hasPatterns(): boolean {
    return this.#patterns.length > 0
  }

  /** Adds topics and patterns. */
  add(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): void {
    const { topic, topics } = subscription as ConsumerSubscribeTopic & ConsumerSubscribeTopics
    if (topic === undefined && topics === undefined) {
      throw new KafkaJSNonRetriableError('Missing required argument "topics"')
    }
    if (topics !== undefined && !Array.isArray(topics)) {
      throw new KafkaJSNonRetriableError('Argument "topics" must be an array')
    }
    const fromBeginning = subscription.fromBeginning ?? false
    for (const each of topics ?? [topic]) {
      if (each instanceof RegExp) this.#patterns.push({ pattern: each, fromBeginning })
      else if (typeof each === 'string' && each !== '') this.named.set(each, fromBeginning)
      else {
        throw new KafkaJSNonRetriableError(
          `Invalid topic ${String(each)} (${typeof each}), the topic name has to be a String or a RegExp`,
        )
      }
    }
  }

  /** Those of the topics that there are, and those that are named. */
  matching(topics: string[]): Map<string, boolean> {
    const chosen = new Map(this.named)
    for (const { pattern, fromBeginning } of this.#patterns) {
      for (const topic of topics) {
        // With the flags g and y, a search begins where the last one ended.
        pattern.lastIndex = 0
        if (!chosen.has(topic) && pattern.test(topic)) chosen.set(topic, fromBeginning)
      }
    }
    return chosen
  }

  /** Whether a topic is one of those, even if it is not known yet. */
  wants(topic: string): boolean {
    return this.matching([topic]).has(topic)
  }

  /** Will begin there when the partition is assigned. */
  seekLater({ topic, partition }: TopicPartition, place: Place): void {
    this.#seeks.set(`${topic}-${partition}`, place)
  }

  /** Where a partition is to begin now that it is assigned, if the application said so. */
  takeSeek({ topic, partition }: TopicPartition): Place | undefined {
    const key = `${topic}-${partition}`
    const place = this.#seeks.get(key)
    this.#seeks.delete(key)
    return place
  }
}
