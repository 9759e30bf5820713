/** Sends records of one's own, and says to which partition a key goes. */

import { signal } from '@preact/signals'
import { type Message, type PartitionMetadata, Partitioners } from 'ottla'
import { broker } from './connection'

/** A record to send, as it was typed. */
export interface Draft {
  /** Null for none. */
  key: string | Uint8Array | null
  /** Null for a tombstone. */
  value: string | Uint8Array | null
  /** Undefined: chosen by the key. */
  partition: number | undefined
  headers: [name: string, value: string][]
}

/** Where a record went. */
export interface Sent {
  topic: string
  key: string | null
  partition: number
  offset: number
  chosen: 'by you' | 'by the key' | 'by the producer'
  /** How many partitions there were. */
  of: number
  elapsed_ms: number
}

/** What was sent since the page was opened, the newest first. */
export const sent = signal<Sent[]>([])

const KEPT_SENT = 8

const partitioner = Partitioners.DefaultPartitioner()

/** The partition that the default partitioner, the same as Java's, gives a key. */
export function partitionOf(topic: string, key: string | Uint8Array, partitions: number): number {
  return partitioner({ topic, partitionMetadata: listed(partitions), message: { key, value: null } })
}

const listed = (partitions: number): PartitionMetadata[] =>
  Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }))

/** Where a key goes, and where it would. */
export interface Path {
  key: string
  now: number
  then: number
}

/** Where keys go with so many partitions, and where with another number of them. */
export function paths(topic: string, keys: readonly string[], from: number, to: number): Path[] {
  const metadata = [from, to].map(listed)
  return keys.map((key) => {
    const [now = 0, then = 0] = metadata.map((partitionMetadata) =>
      partitioner({ topic, partitionMetadata, message: { key, value: null } }),
    )
    return { key, now, then }
  })
}

/** Sends a record, and waits until it is stored. */
export async function send(topic: string, of: number, draft: Draft): Promise<Sent> {
  const { key, value, partition, headers } = draft
  const named = new Map<string, string[]>()
  for (const [name, text] of headers) named.set(name, [...(named.get(name) ?? []), text])
  const message: Message = { key, value, partition, headers: Object.fromEntries(named) }
  const start = performance.now()
  const [where] = await broker().producer.send({ topic, messages: [message] })
  if (!where) throw new Error('The broker did not say where the record went.')
  const result: Sent = {
    topic,
    key: key instanceof Uint8Array ? `${key.length} bytes` : key,
    partition: where.partition,
    offset: Number(where.baseOffset),
    chosen: partition !== undefined ? 'by you' : key !== null ? 'by the key' : 'by the producer',
    of,
    elapsed_ms: performance.now() - start,
  }
  sent.value = [result, ...sent.value].slice(0, KEPT_SENT)
  return result
}
