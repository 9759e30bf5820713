/** Reads stretches of partitions from end to end, with a consumer of its own. */

import type { Batch } from 'ottla'
import { broker } from './connection'
import { Silence } from './problem'

/** From one offset to before another, both within the partition. */
export interface Stretch {
  partition: number
  first: number
  end: number
}

/** After so long without a record, what is waited for is not coming. */
const PATIENCE_MS = 5_000

/**
 * Reads stretches of a topic, and gives what comes to `take`, which may get more than was asked for.
 * Rejects when the consumer fails, and when nothing comes any more; resolves early when it is aborted.
 */
export async function scan(
  topic: string,
  stretches: Stretch[],
  take: (batch: Batch) => void,
  signal?: AbortSignal,
): Promise<void> {
  const left = new Map(stretches.filter(({ first, end }) => end > first).map((each) => [each.partition, each]))
  if (left.size === 0 || signal?.aborted) return
  const consumer = broker().kafka.consumer({ allowAutoTopicCreation: false })
  await consumer.connect()
  let patience: ReturnType<typeof setTimeout> | undefined
  try {
    consumer.assign(
      [...left.values()].map(({ partition, first }) => ({ topic, partition, offset: String(first) })),
    )
    await new Promise<void>((resolve, reject) => {
      const wait = () => {
        clearTimeout(patience)
        patience = setTimeout(() => reject(new Silence(topic, [...left.keys()], PATIENCE_MS)), PATIENCE_MS)
      }
      wait()
      signal?.addEventListener('abort', () => resolve(), { once: true })
      consumer.on(consumer.events.CRASH, ({ payload }) => reject((payload as { error: unknown }).error))
      consumer
        .run({
          eachBatch: ({ batch }) => {
            if (signal?.aborted) return
            wait()
            take(batch)
            const stretch = left.get(batch.partition)
            if (stretch && Number(batch.lastOffset()) >= stretch.end - 1) left.delete(batch.partition)
            if (left.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(patience)
    await consumer.disconnect()
  }
}
