/** A record, as the page shows it. */

import type { KafkaMessage } from 'ottla'

export interface Seen {
  partition: number
  offset: number
  timestamp_ms: number
  /** Null for a record without a key. */
  key: string | null
  /** Null for a tombstone. */
  value: string | null
  headers: [name: string, value: string | null][]
  /** Of key and value. */
  size_bytes: number
}

export function seen(partition: number, message: KafkaMessage): Seen {
  const { key, value, headers } = message
  return {
    partition,
    offset: Number(message.offset),
    timestamp_ms: Number(message.timestamp),
    key: key === null ? null : key.toString(),
    value: value === null ? null : value.toString(),
    headers: Object.entries(headers ?? {}).flatMap(([name, values]) =>
      [values]
        .flat()
        .map((value): [string, string | null] => [name, value === undefined ? null : value.toString()]),
    ),
    size_bytes: (key?.length ?? 0) + (value?.length ?? 0),
  }
}
