import { KafkaJSError } from './errors.js'
import type { ReceivedMessage } from './consumer/messages.js'
import type { Message, ProducerRecord } from './types.js'

/** How a stream of records is sent. */
export interface WritableOptions extends Pick<ProducerRecord, 'topic' | 'acks' | 'compression'> {
  /** How many records may be under way before the stream holds its writer back. 1,000. */
  maxInFlight?: number
}

/** Records as a stream, each of which is taken from the iterator when it is read. */
export function readableOf(messages: AsyncIterator<ReceivedMessage>): ReadableStream<ReceivedMessage> {
  return new ReadableStream<ReceivedMessage>(
    {
      async pull(controller) {
        const { value, done } = await messages.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await messages.return?.()
      },
    },
    // Nothing is read ahead: what is read counts as done with the next one.
    { highWaterMark: 0 },
  )
}

/** What a stream sends by. */
interface Sender {
  send(record: ProducerRecord): Promise<unknown>
}

/**
 * A stream that sends what is written to it. A chunk is accepted while no more than `maxInFlight` records
 * are under way; `close()` resolves when all are stored; a record that cannot be stored breaks the stream.
 *
 * @param open called when the stream is made, and waited for
 * @param end called when the stream has ended, however it did
 */
export function writableOf(
  open: () => Promise<Sender> | Sender,
  { topic, acks, compression, maxInFlight = 1_000 }: WritableOptions,
  end: () => Promise<void> | void = () => {},
): WritableStream<Message> {
  let sender: Sender
  let inFlight = 0
  let failure: { error: unknown } | undefined
  let wake = () => {}
  const until = async (holds: () => boolean) => {
    while (!holds() && !failure) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (failure) throw failure.error
  }
  return new WritableStream<Message>({
    async start() {
      sender = await open()
    },
    async write(message, controller) {
      inFlight++
      sender
        .send({ topic, acks, compression, messages: [message] })
        .catch((error: unknown) => {
          failure ??= { error }
          controller.error(error)
          void end()
        })
        .finally(() => {
          inFlight--
          wake()
        })
      await until(() => inFlight < maxInFlight)
    },
    async close() {
      await until(() => inFlight === 0)
      await end()
    },
    async abort(reason) {
      failure ??= { error: reason ?? new KafkaJSError(`The stream to topic ${topic} was aborted.`) }
      wake()
      await end()
    },
  })
}
