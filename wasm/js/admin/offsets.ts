// The ends of partitions, and offsets by time.

import type { Fault } from '../pkg/ottla_wasm.js'
import type { SeekEntry } from '../types.js'
import { raise } from './checks.js'
import type { Call } from './groups.js'
import type { PartitionEnds } from './types.js'

/** In the place of a time: the offset that comes next, and the first one there is. */
export const LATEST = -1
export const EARLIEST = -2

/** What is found of a partition. */
export interface Found {
  topic: string
  partition: number
  offset: number
  error: Fault | null
}

/** An admin's part that is about offsets. */
export class Offsets {
  readonly #call: Call

  constructor(call: Call) {
    this.#call = call
  }

  /** The ends of each partition. */
  async ends(topic: string, partitions: number[]): Promise<PartitionEnds[]> {
    const [low, high] = await Promise.all([
      this.#at(topic, partitions, EARLIEST),
      this.#at(topic, partitions, LATEST),
    ])
    return partitions.map((partition) => {
      const end = String(high.get(partition))
      return { partition, offset: end, high: end, low: String(low.get(partition)) }
    })
  }

  /** The first offset of each partition at or after a time; the one that comes next, where none is. */
  async since(topic: string, partitions: number[], timestamp: number): Promise<SeekEntry[]> {
    const [found, high] = await Promise.all([
      this.#at(topic, partitions, timestamp),
      this.#at(topic, partitions, LATEST),
    ])
    return partitions.map((partition) => {
      const offset = found.get(partition) ?? -1
      return { partition, offset: String(offset >= 0 ? offset : high.get(partition)) }
    })
  }

  /** With offsets in the place of a partition's ends. */
  async resolved<T extends SeekEntry>(topic: string, partitions: T[]): Promise<T[]> {
    const ends = [LATEST, EARLIEST].map(async (at) => {
      const those = partitions.filter(({ offset }) => Number(offset) === at)
      const found = await this.#at(topic, those.map(({ partition }) => partition), at)
      return [at, found] as const
    })
    const found = new Map(await Promise.all(ends))
    return partitions.map((each) => {
      const offset = found.get(Number(each.offset))?.get(each.partition)
      return offset === undefined ? each : { ...each, offset: String(offset) }
    })
  }

  async #at(topic: string, partitions: number[], at: number): Promise<Map<number, number>> {
    if (partitions.length === 0) return new Map()
    const asked = partitions.map((partition) => ({ topic, partition, at }))
    const found = await this.#call<Found[]>({ op: 'listOffsets', partitions: asked })
    raise(found)
    return new Map(found.map(({ partition, offset }) => [partition, offset]))
  }
}
