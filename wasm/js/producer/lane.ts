import { KafkaJSMetadataNotLoaded } from '../errors.js'
import type { Requests } from '../instrumentation/requests.js'
import { Packer } from '../pack.js'
import type { PartitionMetadata } from '../partitioners.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { type ClusterMetadata, errorOf, type Session, type SessionEvents } from '../session.js'
import type { Message, ProducerConfig, RecordMetadata } from '../types.js'

interface Waiting {
  topic: string
  messages: readonly Message[]
  partitions: readonly number[] | undefined
  resolve: (metadata: RecordMetadata[]) => void
  reject: (error: Error) => void
}

/** Produces with one kind of acknowledgement and compression. */
export class Lane {
  readonly session: Promise<Session>
  opened: Session | undefined
  readonly #packer = new Packer()
  readonly #sent = new Map<number, Waiting>()
  #queue: Waiting[] = []
  #flushing = false
  /** The buffer is full: what waits goes over when some of what is under way is done. */
  #held = false
  #lastId = 0

  readonly #acks: number

  constructor(acks: number, open: (events: SessionEvents) => Promise<Session>, requests: Requests) {
    this.#acks = acks
    this.session = open({
      produced: (results, errors) => this.#produced(results, errors),
      requests,
    })
    this.session.then(
      (session) => {
        this.opened = session
        if (this.#queue.length > 0) this.#flush()
      },
      (error) => this.#fail(error),
    )
  }

  /** Ends the session, and what it has not been given fails. */
  close(error: Error): void {
    this.#fail(error)
    if (this.opened) this.opened.close()
    else this.session.then((session) => session.close(), () => {})
  }

  #fail(error: Error): void {
    for (const { reject } of this.#queue.splice(0)) reject(error)
  }

  send(
    topic: string,
    messages: readonly Message[],
    partitions?: readonly number[],
  ): Promise<RecordMetadata[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ topic, messages, partitions, resolve, reject })
      if (this.#flushing || this.#held || !this.opened) return
      // What is sent in the same turn goes over together.
      this.#flushing = true
      queueMicrotask(() => this.#flush())
    })
  }

  /** What is known of a topic's partitions, for a partitioner. */
  async partitions(
    topic: string,
    { metadataMaxAge = 300_000, allowAutoTopicCreation = true }: ProducerConfig,
  ): Promise<PartitionMetadata[]> {
    const known = this.#topics.get(topic)
    if (known && performance.now() - known.at < metadataMaxAge) return known.partitions
    const session = await this.session
    const { topics } = await session.call<ClusterMetadata>({
      op: 'metadata',
      topics: [topic],
      create: allowAutoTopicCreation,
    })
    const [found] = topics
    if (!found || found.error) {
      throw found?.error
        ? errorOf(found.error)
        : new KafkaJSMetadataNotLoaded(`The broker says nothing of topic ${topic}.`)
    }
    this.#topics.set(topic, { at: performance.now(), partitions: found.partitions })
    return found.partitions
  }

  readonly #topics = new Map<string, { at: number; partitions: PartitionMetadata[] }>()

  #flush(): void {
    this.#flushing = false
    const session = this.opened as Session
    const queue = this.#queue
    this.#queue = []
    this.#packer.clear()
    for (const waiting of queue) {
      const id = ++this.#lastId
      try {
        this.#packer.send(id, waiting.topic, waiting.messages, waiting.partitions)
        this.#sent.set(id, waiting)
      } catch (error) {
        waiting.reject(error as Error)
      }
    }
    if (this.#packer.packed.length > 0) session.client.produce(this.#packer.packed)
  }

  #produced(results: Float64Array, errors: Fault[]): void {
    const refused: Waiting[] = []
    for (let at = 0; at < results.length; ) {
      const id = results[at] as number
      const fault = errors[results[at + 1] as number]
      const count = results[at + 2] as number
      const first = at + 3
      at = first + count * 4
      const waiting = this.#sent.get(id)
      this.#sent.delete(id)
      if (!waiting) continue
      // Of what nobody acknowledges, nothing is known.
      if (!fault) waiting.resolve(this.#acks === 0 ? [] : metadataOf(waiting.topic, results, first, count))
      else if (fault.kind === 'bufferFull') refused.push(waiting)
      else waiting.reject(errorOf(fault))
    }
    this.#queue.unshift(...refused)
    this.#held = refused.length > 0 && this.#sent.size > 0
    if (!this.#held && !this.#flushing && this.#queue.length > 0) {
      this.#flushing = true
      queueMicrotask(() => this.#flush())
    }
  }
}

function metadataOf(
  topicName: string,
  results: Float64Array,
  first: number,
  count: number,
): RecordMetadata[] {
  const metadata: RecordMetadata[] = []
  for (let at = first; at < first + count * 4; at += 4) {
    metadata.push({
      topicName,
      partition: results[at] as number,
      errorCode: 0,
      baseOffset: String(results[at + 1]),
      logAppendTime: String(results[at + 2]),
      logStartOffset: String(results[at + 3]),
    })
  }
  return metadata.sort((a, b) => a.partition - b.partition)
}
