/** Reads one page of a partition. */

import type { Start } from '../console/where'
import { broker } from './connection'
import { explain, type Problem } from './problem'
import { type Seen, seen } from './record'
import { scan } from './scan'
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

async function readRange(
  topic: string,
  partition: number,
  first: number,
  end: number,
): Promise<{ records: Seen[]; problem?: Problem }> {
  const records: Seen[] = []
  try {
    await scan(topic, [{ partition, first, end }], ({ messages }) => {
      for (const message of messages) {
        if (Number(message.offset) < end) records.push(seen(partition, message))
      }
    })
    return { records }
  } catch (error) {
    // What came before it is whole.
    return { records, problem: explain(error) }
  }
}
