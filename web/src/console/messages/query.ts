/** Which messages are looked at, as the address says. */

import { natural, type Place, type Query } from '../../route'

/** Where in the partitions to begin. */
export type Start =
  | { from: 'newest' }
  | { from: 'oldest' }
  | { from: 'offset'; offset: number }
  | { from: 'time'; timestamp_ms: number }
  | { from: 'live' }

export interface Asked {
  /** Undefined: all of them. */
  partition: number | undefined
  start: Start
  /** An expression; empty for every record. */
  filter: string
}

export function asked({ query }: Place): Asked {
  const offset = natural(query.offset)
  const timestamp_ms = natural(query.time)
  let start: Start = { from: 'newest' }
  if (offset !== undefined) start = { from: 'offset', offset }
  else if (timestamp_ms !== undefined) start = { from: 'time', timestamp_ms }
  else if (query.from === 'oldest' || query.from === 'live') start = { from: query.from }
  return { partition: natural(query.partition), start, filter: query.filter ?? '' }
}

/** What stands in the address for it. */
export const queryOf = ({ partition, start, filter }: Asked): Query => ({
  partition,
  from: start.from === 'oldest' || start.from === 'live' ? start.from : undefined,
  offset: start.from === 'offset' ? start.offset : undefined,
  time: start.from === 'time' ? start.timestamp_ms : undefined,
  filter: filter === '' ? undefined : filter,
})
