import type { Batch, KafkaMessage } from '../message.js'
import type { ConsumerRunConfig, EachBatchPayload } from './types.js'

/** A record, and where it is. */
export interface ReceivedMessage {
  topic: string
  partition: number
  message: KafkaMessage
}

/** How records are read by `for await`, or as a stream. */
export interface MessagesOptions
  extends Pick<ConsumerRunConfig, 'autoCommit' | 'autoCommitInterval' | 'autoCommitThreshold'> {
  /** Ends the reading when it aborts: with its reason, as an error. */
  signal?: AbortSignal
}

/** What the records come from. */
export interface Source {
  run(config: ConsumerRunConfig): Promise<void>
  stop(): Promise<void>
  /** All of a batch is done. Says whether that was the last one. */
  done?(batch: Batch): boolean
}

/**
 * The records of a consumer, one after the other. One counts as done when the next one is asked for;
 * that which the reader was at when it ended, it gets again.
 */
export class Messages implements AsyncIterableIterator<ReceivedMessage> {
  readonly #source: Source
  readonly #options: MessagesOptions
  #started: Promise<void> | undefined
  #batch: { payload: EachBatchPayload; next: number; finish: () => void } | undefined
  #failure: { error: unknown } | undefined
  #ended = false
  #wake: () => void = () => {}
  readonly #abort = () => {
    this.fail(this.#options.signal?.reason)
    void this.#source.stop()
  }

  constructor(source: Source, options: MessagesOptions) {
    this.#source = source
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next record. It is done with the last one. */
  async next(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    this.#started ??= this.#start()
    await this.#started
    for (;;) {
      const message = this.#advance()
      if (message) return { value: message, done: false }
      if (this.#failure) {
        const { error } = this.#failure
        // As of a generator, which throws once.
        this.#failure = undefined
        this.#end()
        throw error
      }
      if (this.#ended) return { value: undefined, done: true }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Ends the reading. The record that it was at is not done. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.end()
    await this.#started?.catch(() => {})
    if (this.#started) await this.#source.stop()
    return { value: undefined, done: true }
  }

  /** The source stops, whoever wanted it: it waits for nothing that was given out. */
  end(): void {
    this.#end()
    this.#finish()
  }

  /** The source has failed. */
  fail(error: unknown): void {
    if (this.#ended) return
    this.#failure ??= { error }
    this.#finish()
    this.#wake()
  }

  async #start(): Promise<void> {
    const { signal, ...options } = this.#options
    if (this.#ended) return
    signal?.throwIfAborted()
    signal?.addEventListener('abort', this.#abort)
    await this.#source.run({
      ...options,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#take(payload),
    })
  }

  #take(payload: EachBatchPayload): Promise<void> | undefined {
    if (this.#ended || this.#failure) return undefined
    return new Promise((finish) => {
      this.#batch = { payload, next: 0, finish }
      this.#wake()
    })
  }

  #advance(): ReceivedMessage | undefined {
    const batch = this.#batch
    if (!batch) return undefined
    const { payload } = batch
    const { topic, partition, messages } = payload.batch
    const done = messages[batch.next - 1]
    if (done) payload.resolveOffset(done.offset)
    if (payload.isRunning() && !payload.isStale()) {
      const message = messages[batch.next++]
      if (message) return { topic, partition, message }
      // Behind the last one there may be offsets without records.
      payload.resolveOffset(payload.batch.lastOffset())
      if (this.#source.done?.(payload.batch)) this.#end()
    }
    this.#finish()
    return undefined
  }

  #finish(): void {
    this.#batch?.finish()
    this.#batch = undefined
  }

  #end(): void {
    this.#ended = true
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#wake()
  }
}
