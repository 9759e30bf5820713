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
  /** Key and value as they were sent. */
  bytes: { key: Uint8Array | null; value: Uint8Array | null }
}

export function seen(partition: number, message: KafkaMessage): Seen {
  // Copies: what was read is a view of all that came with it, which would be kept, too.
  const key = message.key?.slice() ?? null
  const value = message.value?.slice() ?? null
  return {
    partition,
    offset: Number(message.offset),
    timestamp_ms: Number(message.timestamp),
    key: key && text(key),
    value: value && text(value),
    headers: Object.entries(message.headers ?? {}).flatMap(([name, values]) =>
      [values]
        .flat()
        .map((value): [string, string | null] => [name, value === undefined ? null : value.toString()]),
    ),
    size_bytes: (key?.length ?? 0) + (value?.length ?? 0),
    bytes: { key, value },
  }
}

const decoder = new TextDecoder()
const strict = new TextDecoder('utf-8', { fatal: true })

const text = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Whether bytes are text: UTF-8, without what no text has. */
export function isText(bytes: Uint8Array): boolean {
  try {
    return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(strict.decode(bytes))
  } catch {
    return false
  }
}
