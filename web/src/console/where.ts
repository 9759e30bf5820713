/** What of a topic is looked at, as the address says. */

import { computed } from '@preact/signals'
import { look, natural, place, type Query, visit } from '../route'

/** Where in a partition a page of records begins. */
export type Start =
  | { from: 'earliest' }
  | { from: 'latest' }
  | { from: 'offset'; offset: number }
  | { from: 'time'; timestamp_ms: number }

export interface Where {
  topic: string | undefined
  partition: number
  start: Start
}

export const where = computed<Where>(() => {
  const { path, query } = place.value
  const offset = natural(query.offset)
  const timestamp_ms = natural(query.time)
  let start: Start = { from: 'earliest' }
  if (offset !== undefined) start = { from: 'offset', offset }
  else if (timestamp_ms !== undefined) start = { from: 'time', timestamp_ms }
  else if (query.latest !== undefined) start = { from: 'latest' }
  return { topic: path[0] === 'topics' ? path[1] : undefined, partition: natural(query.partition) ?? 0, start }
})

const queryOf = (start: Start): Query => ({
  offset: start.from === 'offset' ? start.offset : undefined,
  time: start.from === 'time' ? start.timestamp_ms : undefined,
  latest: start.from === 'latest' ? '' : undefined,
})

/** Looks elsewhere in the topic. */
export function go({ partition, start }: { partition?: number; start?: Start }): void {
  look({ ...(partition !== undefined && { partition }), ...(start && queryOf(start)) })
}

/** Looks at a topic. */
export function open(topic: string): void {
  visit(['topics', topic])
}
