import type { Data, Message } from './types.js'

/** What a partitioner is told of each partition. */
export interface PartitionMetadata {
  partitionErrorCode: number
  partitionId: number
  leader: number
  replicas: number[]
  isr: number[]
  offlineReplicas?: number[]
}

/** A message as a partitioner sees it: an `ArrayBuffer` has become a `Uint8Array`. */
export type PartitionerMessage = Omit<Message, 'key' | 'value' | 'headers'> & {
  key?: Uint8Array | string | null
  value: Uint8Array | string | null
  headers?: { [name: string]: Uint8Array | string | (Uint8Array | string)[] | undefined }
}

/** What a partitioner decides upon. */
export interface PartitionerArgs {
  topic: string
  partitionMetadata: PartitionMetadata[]
  message: PartitionerMessage
}

/** Makes a partitioner: a function from a message to its partition. */
export type ICustomPartitioner = () => (args: PartitionerArgs) => number

/** A multiplication of 32-bit numbers. */
type Multiply = (a: number, b: number) => number

const exact: Multiply = Math.imul
// KafkaJS 1 multiplied as doubles, which loses bits above 2^53. Its partitions are kept by doing
// the same.
const lossy: Multiply = (a, b) => a * b

function bytesOf(key: Data): Uint8Array {
  if (key instanceof Uint8Array) return key
  if (key instanceof ArrayBuffer) return new Uint8Array(key)
  return new TextEncoder().encode(String(key))
}

/** Shows a message to a partitioner. */
export function shown({ key, value, headers, ...rest }: Message): PartitionerMessage {
  const each = <T>(data: T) => (data instanceof ArrayBuffer ? new Uint8Array(data) : data)
  const all = Object.entries(headers ?? {}).map(([name, data]) => [
    name,
    Array.isArray(data) ? data.map(each) : each(data),
  ])
  const shownHeaders = headers && Object.fromEntries(all)
  return { ...rest, key: each(key), value: each(value), headers: shownHeaders } as PartitionerMessage
}

function word(data: Uint8Array, at: number): number {
  const byte = (index: number) => data[at + index] ?? 0
  return byte(0) + (byte(1) << 8) + (byte(2) << 16) + (byte(3) << 24)
}

/** Murmur2 with the seed of Kafka's Java client. */
export function murmur2(key: Data): number {
  const m = 0x5bd1e995
  const data = bytesOf(key)
  const whole = data.length & ~3
  let hash = 0x9747b28c ^ data.length
  for (let at = 0; at < whole; at += 4) {
    let k = exact(word(data, at), m)
    k ^= k >>> 24
    hash = exact(hash, m) ^ exact(k, m)
  }
  if (whole < data.length) hash = exact(hash ^ word(data, whole), m)
  hash = exact(hash ^ (hash >>> 13), m)
  return hash ^ (hash >>> 15)
}

/** Murmur2 as KafkaJS 1 computed it: with lost bits, and with a rest hashed twice. */
export function legacyMurmur2(key: Data): number {
  const m = 0x5bd1e995
  const data = bytesOf(key)
  const whole = data.length & ~3
  let hash = 0x9747b28c ^ data.length
  for (let at = 0; at < data.length; at += 4) {
    let k = lossy(word(data, at), m)
    k ^= k >>> 24
    k = lossy(k, m)
    hash = lossy(hash, m)
    hash ^= k
  }
  if (whole < data.length) hash = lossy(hash ^ word(data, whole), m)
  hash ^= hash >>> 13
  hash = lossy(hash, m)
  return hash ^ (hash >>> 15)
}

function keyed(hash: (key: Data) => number): ICustomPartitioner {
  return () => {
    const turns = new Map<string, number>()
    return ({ topic, partitionMetadata, message: { key, partition } }) => {
      if (partition !== undefined && partition !== null) return partition
      if (key !== undefined && key !== null) {
        return (hash(key) & 0x7fffffff) % partitionMetadata.length
      }
      const led = partitionMetadata.filter(({ leader }) => leader >= 0)
      const choice = led.length > 0 ? led : partitionMetadata
      const turn = turns.get(topic) ?? Math.floor(Math.random() * 0x7fffffff)
      turns.set(topic, (turn + 1) & 0x7fffffff)
      return choice[turn % choice.length]?.partitionId ?? 0
    }
  }
}

/**
 * By the key's murmur2, as Java's client and KafkaJS 2 do. A producer that is given this one, or
 * none, chooses in Rust, where records without a key stay with one partition for a batch
 * (KIP-480, KIP-794); called as a function, it takes turns for them, as in KafkaJS.
 */
export const DefaultPartitioner: ICustomPartitioner = /* @__PURE__ */ keyed(murmur2)

/** As KafkaJS 1 chose. */
export const LegacyPartitioner: ICustomPartitioner = /* @__PURE__ */ keyed(legacyMurmur2)

/** What there is to choose partitions by. */
export const Partitioners = {
  DefaultPartitioner,
  LegacyPartitioner,
  /** @deprecated An older name of `DefaultPartitioner`. */
  JavaCompatiblePartitioner: DefaultPartitioner,
}
