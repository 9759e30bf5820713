/** Reads a topic from one end to the other, as it is now. */

import { Kafka, logLevel } from 'ottla'
import type { LessonBroker, Stored } from './broker'

/** A record with its time. */
export interface Read extends Stored {
  timestamp_ms: number
}

const PATIENCE_MS = 20_000

/** All records of a topic, in the order in which a consumer of all its partitions got them. */
export async function readAll(broker: LessonBroker, topic: string): Promise<Read[]> {
  const ends = await broker.admin.fetchTopicOffsets(topic)
  const left = new Map(ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, Number(high)]))
  const found: Read[] = []
  if (left.size === 0) return found
  const kafka = new Kafka({ clientId: 'reader', brokers: [broker.address], logLevel: logLevel.ERROR })
  const consumer = kafka.consumer({ allowAutoTopicCreation: false })
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await consumer.connect()
    consumer.assign([...left.keys()].map((partition) => ({ topic, partition, offset: 'earliest' })))
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`Topic ${topic} was not read to its end within ${PATIENCE_MS / 1000} seconds.`))
      timer = setTimeout(late, PATIENCE_MS)
      consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload: { error } }) => reject(error))
      consumer
        .run({
          eachBatch: ({ batch: { partition, messages } }) => {
            for (const { key, value, offset, timestamp } of messages) {
              found.push({
                topic,
                partition,
                offset: Number(offset),
                key: key === null ? null : key.toString(),
                value: value === null ? null : value.toString(),
                timestamp_ms: Number(timestamp),
              })
            }
            const last = messages.at(-1)
            if (last && Number(last.offset) + 1 >= (left.get(partition) ?? 0)) left.delete(partition)
            if (left.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
  return found
}
