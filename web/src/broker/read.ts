/** Reads one page of a partition. */

import type { Start } from '../route'
import { broker } from './connection'
import { explain, type Problem } from './problem'
import { type Seen, seen } from './record'
import { type Ends, fetchEnds } from './topics'

/** How many records a page shows. */
export const PAGE = 50

export interface Page {
  ends: Ends
  /** The offset that was asked for. Compaction may have left nothing just there. */
  first: number
  /** The offset behind the page. */
  next: number
  records: Seen[]
  /** What could not be read. */
  problem?: Problem
}

/** Where a page begins. */
async function firstOffset(topic: string, { partition, low, high }: Ends, start: Start): Promise<number> {
  switch (start.from) {
    case 'earliest':
      return low
    case 'latest':
      return Math.max(low, high - PAGE)
    case 'offset':
      return start.offset
    case 'time': {
      const found = await broker().admin.fetchTopicOffsetsByTimestamp(topic, start.timestamp_ms)
      return Number(found.find((each) => each.partition === partition)?.offset ?? high)
    }
  }
}

/** Reads a page. Of an offset that does not exist, it is empty. */
export async function readPage(topic: string, partition: number, start: Start): Promise<Page> {
  const ends = (await fetchEnds(topic)).find((each) => each.partition === partition)
  if (!ends) throw new Error(`Topic ${topic} has no partition ${partition}.`)
  const first = await firstOffset(topic, ends, start)
  const next = Math.min(first + PAGE, ends.high)
  if (first < ends.low || first >= ends.high) return { ends, first, next: first, records: [] }
  return { ends, first, next, ...(await readRange(topic, partition, first, next)) }
}

/** Reads the records from one offset to before another, both within the partition. */
async function readRange(
  topic: string,
  partition: number,
  first: number,
  end: number,
): Promise<{ records: Seen[]; problem?: Problem }> {
  const records: Seen[] = []
  const consumer = broker().kafka.consumer({ allowAutoTopicCreation: false })
  await consumer.connect()
  try {
    consumer.assign([{ topic, partition, offset: String(first) }])
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject((payload as { error: unknown }).error))
      consumer
        .run({
          eachBatch: ({ batch }) => {
            for (const message of batch.messages) {
              if (Number(message.offset) < end) records.push(seen(partition, message))
            }
            if (Number(batch.lastOffset()) >= end - 1) resolve()
          },
        })
        .catch(reject)
    })
    return { records }
  } catch (error) {
    // What came before it is whole.
    return { records, problem: explain(error) }
  } finally {
    await consumer.disconnect()
  }
}
