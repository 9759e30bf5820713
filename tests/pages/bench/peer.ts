import type { Message } from './records'

export type Durability = 'relaxed' | 'strict'

export interface Scan {
  records: number
  /** The sum of what `touch` gave. */
  sum: number
}

/** A way to keep records. */
export interface Peer {
  open(name: string, durability: Durability): Promise<void>
  /** Resolves once the batch is stored. */
  append(batch: Message[]): Promise<unknown>
  /** Reads all records, of which there are `count`, in order and touches every value. */
  scan(count: number): Promise<Scan>
  close(): Promise<void>
}
