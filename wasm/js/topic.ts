import type { Admin } from './admin/admin.js'
import type { Consumer } from './consumer/consumer.js'
import type { Messages, MessagesOptions, ReceivedMessage } from './consumer/messages.js'
import { KafkaJSNonRetriableError } from './errors.js'
import type { Producer } from './producer/producer.js'
import { readableOf, type WritableOptions, writableOf } from './streams.js'
import type { Message } from './types.js'

/** What is read of a topic. */
export interface TopicReadOptions extends Pick<MessagesOptions, 'signal'> {
  /** At the first record (the default), behind the last one, or at the first one at or after a time. */
  from?: 'earliest' | 'latest' | Date
  /**
   * `'latest'`: up to what was there when the reading began. By default it goes on with what comes, until
   * the reader leaves.
   */
  until?: 'latest'
  /** Of these partitions; of all that there are when the reading begins, if it is left out. */
  partitions?: readonly number[]
}

/** Makes the clients that a topic is read and written by. */
export interface Clients {
  admin(): Admin
  consumer(): Consumer
  producer(): Producer
}

/** A topic, read and written without a group and without clients to look after. Made by {@link Kafka.topic}. */
export class Topic {
  /** Its name. */
  readonly name: string
  readonly #clients: Clients

  /** @internal */
  constructor(name: string, clients: Clients) {
    if (typeof name !== 'string' || name === '') {
      throw new KafkaJSNonRetriableError(`Invalid topic ${JSON.stringify(name)}: it must be a name.`)
    }
    this.name = name
    this.#clients = clients
  }

  /**
   * Its records, for a `for await` loop: those of a partition in order, with no order between partitions.
   * Nothing is committed: who reads it again reads it all. Connects at the beginning, and disconnects when
   * the loop is left.
   */
  messages(options: TopicReadOptions = {}): AsyncIterableIterator<ReceivedMessage> {
    let reading: Messages | undefined
    let left = false
    const all = this.#read(options, (messages) => {
      reading = messages
      return left
    })
    return {
      next: () => all.next(),
      // A generator would first wait for the next record.
      return: async () => {
        left = true
        await reading?.return()
        return all.return(undefined)
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** {@link Topic.messages}, from the first record on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedMessage> {
    return this.messages()
  }

  /** {@link Topic.messages}, as a stream. */
  readable(options: TopicReadOptions = {}): ReadableStream<ReceivedMessage> {
    return readableOf(this.messages(options))
  }

  /** A stream that sends what is written to it, as {@link Producer.writable}; it connects by itself. */
  writable(options: Omit<WritableOptions, 'topic'> = {}): WritableStream<Message> {
    const producer = this.#clients.producer()
    const open = async () => {
      await producer.connect()
      return producer
    }
    return writableOf(open, { ...options, topic: this.name }, () => producer.disconnect())
  }

  /** @param begin told of the reading when it begins; says whether the reader has left already */
  async *#read(
    options: TopicReadOptions,
    begin: (messages: Messages) => boolean,
  ): AsyncGenerator<ReceivedMessage, undefined, undefined> {
    const { signal, until } = options
    signal?.throwIfAborted()
    const places = await this.#places(options)
    const open = new Map(places.map(({ partition, end }) => [partition, end]))
    if (until && open.size === 0) return
    /** Says whether all is read. */
    const passed = (partition: number, next: number) => {
      if (next >= (open.get(partition) ?? Number.POSITIVE_INFINITY)) open.delete(partition)
      return until !== undefined && open.size === 0
    }
    const consumer = this.#clients.consumer()
    try {
      await consumer.connect()
      consumer.assign(places.map(({ partition, offset }) => ({ topic: this.name, partition, offset })))
      const messages = consumer.read({ signal }, (batch) =>
        passed(batch.partition, Number(batch.lastOffset()) + 1),
      )
      if (begin(messages)) return
      for await (const received of messages) {
        const { partition, message } = received
        const offset = Number(message.offset)
        // What came later may be in one batch with what was there.
        if (!until || offset < (open.get(partition) ?? 0)) yield received
        if (passed(partition, offset + 1)) return
      }
    } finally {
      await consumer.disconnect()
    }
  }

  /** Where to begin in each partition, and, where that is asked for, where to end. */
  async #places({ from = 'earliest', until, partitions }: TopicReadOptions) {
    const admin = this.#clients.admin()
    await admin.connect()
    try {
      const offsets = await admin.fetchTopicOffsets(this.name)
      const dated = from instanceof Date ? await admin.fetchTopicOffsetsByTimestamp(this.name, from.getTime()) : []
      return offsets
        .filter(({ partition }) => partitions?.includes(partition) ?? true)
        .map(({ partition, low, high }) => {
          const first = dated.find((each) => each.partition === partition)?.offset
          const offset = first ?? (from === 'latest' ? high : low)
          return { partition, offset, end: until ? Number(high) : Number.POSITIVE_INFINITY }
        })
        .filter(({ offset, end }) => Number(offset) < end)
    } finally {
      await admin.disconnect()
    }
  }
}
