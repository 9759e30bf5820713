/** A consumer group that reads the flights and commits how far it is. */

import type { Kafka } from 'ottla'

const groupId = 'watch'

/** Reads and commits without end. */
export async function watch(kafka: Kafka, topic: string): Promise<never> {
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const crashed = new Promise<never>((_, reject) => {
    consumer.on<{ error: unknown; restart: boolean }>(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    })
  })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { partition, messages } }) => {
      const next = Number(messages[messages.length - 1]!.offset) + 1
      // It was seen, so it must not vanish.
      await window.committed({ partition, seen: next })
      await consumer.commitOffsets([{ topic, partition, offset: String(next) }])
      void window.committed({ partition, confirmed: next })
    },
  })
  return crashed
}

/** What the group has committed: of each partition the offset, or −1. */
export async function readCommitted(kafka: Kafka, topic: string): Promise<number[]> {
  const admin = kafka.admin()
  await admin.connect()
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
  await admin.disconnect()
  const committed: number[] = []
  for (const { partition, offset } of found!.partitions) committed[partition] = Number(offset)
  return committed
}
