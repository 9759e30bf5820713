/** A topic of one partition whose segments hold one batch each, so that it is known where they end. */

import { signal } from '@preact/signals'
import type { Message } from 'ottla'
import type { LessonBroker, Stored } from './broker'
import { type Read, readAll } from './read-all'

/** One batch of {@link PER_SEGMENT} small records fits, two do not. */
export const SEGMENT_BYTES = '200'
export const PER_SEGMENT = 4

/** What was sent at once, and so lies in one segment. */
export interface Segment {
  records: readonly Stored[]
  /** The time of its newest record. */
  newest_ms: number
}

export class SegmentedTopic {
  readonly topic: string
  readonly segments = signal<readonly Segment[]>([])
  /** What is in the log, as it was read last. */
  readonly kept = signal<readonly Read[]>([])
  /** The first offset that can be read. */
  readonly start = signal(0)
  readonly #broker: LessonBroker

  constructor(broker: LessonBroker, topic: string) {
    this.#broker = broker
    this.topic = topic
  }

  /** Sends a batch, which becomes the newest segment. */
  async send(messages: Message[], newest_ms = Date.now()): Promise<void> {
    const records = await this.#broker.sendAll(
      this.topic,
      messages.map((message) => ({ partition: 0, ...message })),
    )
    this.segments.value = [...this.segments.value, { records, newest_ms }]
    await this.read()
  }

  /** Reads the log from end to end. */
  async read(): Promise<readonly Read[]> {
    const [ends] = await this.#broker.admin.fetchTopicOffsets(this.topic)
    const kept = await readAll(this.#broker, this.topic)
    this.start.value = Number(ends?.low ?? 0)
    this.kept.value = kept
    return kept
  }

  has(offset: number): boolean {
    return this.kept.value.some((record) => record.offset === offset)
  }
}
