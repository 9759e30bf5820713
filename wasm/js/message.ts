import { Bytes } from './bytes.js'
import type { Fetch } from './pkg/ottla_wasm.js'

/** The headers of a record that was read. A list holds the values of a name that occurs twice. */
export interface MessageHeaders {
  [key: string]: Bytes | Bytes[] | undefined
}

/** How many numbers a record has in a fetch's table of places. */
const PLACES = 5

/**
 * A record that was read. Its parts are made when they are asked for, from the bytes of the fetch
 * that brought it: a copy by `{...message}` has none of them.
 */
export class KafkaMessage {
  readonly #fetch: Fetch
  readonly #index: number
  #key: Bytes | null | undefined
  #value: Bytes | null | undefined

  constructor(fetch: Fetch, index: number) {
    this.#fetch = fetch
    this.#index = index
  }

  /** The key, or null. */
  get key(): Bytes | null {
    if (this.#key === undefined) this.#key = this.#part(0)
    return this.#key
  }

  /** The value, or null for a tombstone. */
  get value(): Bytes | null {
    if (this.#value === undefined) this.#value = this.#part(2)
    return this.#value
  }

  /** The place in the partition. */
  get offset(): string {
    return String(this.#fetch.stamps[this.#index * 2])
  }

  /** Milliseconds since 1970. */
  get timestamp(): string {
    return String(this.#fetch.stamps[this.#index * 2 + 1])
  }

  /** Kafka reserves these; they are 0. */
  get attributes(): number {
    return 0
  }

  /** The headers. */
  get headers(): MessageHeaders {
    const start = this.#fetch.places[this.#index * PLACES + 4] ?? -1
    return start < 0 ? {} : readHeaders(this.#fetch.bytes, start)
  }

  /** What `JSON.stringify` shows: keys and values as text. */
  toJSON(): object {
    const { offset, timestamp, key, value } = this
    return { offset, timestamp, key: key && key.toString(), value: value && value.toString() }
  }

  #part(part: 0 | 2): Bytes | null {
    const { places, bytes } = this.#fetch
    const at = this.#index * PLACES + part
    const start = places[at] as number
    if (start < 0) return null
    return new Bytes(bytes.buffer, bytes.byteOffset + start, (places[at + 1] as number) - start)
  }
}

/** Headers as a batch encodes them: a count, then names and values with their lengths. */
function readHeaders(bytes: Uint8Array<ArrayBuffer>, start: number): MessageHeaders {
  let at = start
  // Zigzag varints of 32 bits. Rust has seen that they are whole.
  const varint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
  }
  const part = (length: number) => {
    const part = new Bytes(bytes.buffer, bytes.byteOffset + at, length)
    at += length
    return part
  }
  // A header may be called "__proto__".
  const headers: MessageHeaders = Object.create(null)
  for (let count = varint(); count > 0; count--) {
    const name = part(varint()).toString()
    const length = varint()
    const value = length < 0 ? undefined : part(length)
    const before = headers[name]
    if (!(name in headers)) headers[name] = value
    else if (value) headers[name] = Array.isArray(before) ? [...before, value] : before ? [before, value] : value
  }
  return headers
}

/** Records of one partition, in order. */
export class Batch {
  readonly topic: string
  readonly partition: number
  /** The end of what is stored: the offset that the next record will get. */
  readonly highWatermark: string
  readonly messages: KafkaMessage[]
  readonly #fetch: Fetch

  constructor(fetch: Fetch) {
    this.topic = fetch.topic
    this.partition = fetch.partition
    this.highWatermark = String(fetch.highWatermark)
    this.#fetch = fetch
    this.messages = Array.from({ length: fetch.count }, (_, index) => new KafkaMessage(fetch, index))
  }

  /** Whether there are no records in it. */
  isEmpty(): boolean {
    return this.#fetch.count === 0
  }

  /** The first record's offset, or null where there is none. */
  firstOffset(): string | null {
    return this.isEmpty() ? null : String(this.#fetch.stamps[0])
  }

  /** The last offset that was fetched, whether or not a record is left there. */
  lastOffset(): string {
    return String(this.#fetch.nextOffset - 1)
  }

  /** How many offsets there are behind the last one. */
  offsetLag(): string {
    return String(Math.max(0, this.#fetch.highWatermark - this.#fetch.nextOffset))
  }

  /** How many offsets there are behind the first one. */
  offsetLagLow(): string {
    const first = this.isEmpty() ? this.#fetch.nextOffset : (this.#fetch.stamps[0] as number)
    return String(this.isEmpty() ? 0 : this.#fetch.highWatermark - 1 - first)
  }
}
