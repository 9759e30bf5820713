// Records on their way to WebAssembly: all that a flush has to send goes into one buffer and over in
// one call. wasm/src/client/unpack.rs reads it. Numbers are little-endian:
//
//   send:    id f64 · topic · count u32 · messages
//   message: partition i32 (−1: to be chosen) · timestamp f64 (−1: now) · key · value ·
//            header count u32 · headers
//   topic, key, value, header name and value: length i32 (−1: null), bytes
//   header:  name · value

import { KafkaJSNonRetriableError } from './errors.js'
import type { Data, IHeaders, Message } from './types.js'

const encoder = /* @__PURE__ */ new TextEncoder()

/** Text up to this length is written by hand, which for short ASCII beats a call of the encoder. */
const SHORT = 256

/** Writes sends into a buffer that is used again and again. */
export class Packer {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView<ArrayBuffer>
  #at = 0

  constructor(capacity = 64 * 1024) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** What was written since the last {@link clear}. It is overwritten by what comes next. */
  get packed(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at)
  }

  /** Forgets what was written, and what was grown beyond all measure. */
  clear(): void {
    this.#at = 0
    if (this.#bytes.length > 8 * 1024 * 1024) this.#move(64 * 1024)
  }

  /**
   * Adds a send. If this throws, nothing of it was added.
   *
   * @param partitions each message's partition, where a function of the user's chose
   */
  send(
    id: number,
    topic: string,
    messages: readonly Message[],
    partitions?: readonly number[],
  ): void {
    const start = this.#at
    try {
      this.#reserve(32)
      this.#view.setFloat64(this.#at, id, true)
      this.#at += 8
      this.#name(topic)
      this.#reserve(4)
      this.#view.setUint32(this.#at, messages.length, true)
      this.#at += 4
      for (let index = 0; index < messages.length; index++) {
        const message = messages[index] as Message
        this.#message(message, partitions?.[index] ?? message.partition ?? -1)
      }
    } catch (error) {
      this.#at = start
      throw error
    }
  }

  #message(message: Message, partition: number): void {
    const { timestamp, key, value, headers } = message
    this.#reserve(16)
    this.#view.setInt32(this.#at, partition, true)
    this.#view.setFloat64(this.#at + 4, timestamp === undefined ? -1 : milliseconds(timestamp), true)
    this.#at += 12
    this.#data(key)
    this.#data(value)
    if (headers === undefined || headers === null) {
      this.#reserve(4)
      this.#view.setUint32(this.#at, 0, true)
      this.#at += 4
    } else {
      this.#headers(headers)
    }
  }

  #headers(headers: IHeaders): void {
    this.#reserve(4)
    const countAt = this.#at
    this.#at += 4
    let count = 0
    for (const name of Object.keys(headers)) {
      const values = headers[name]
      for (const value of Array.isArray(values) ? values : [values]) {
        this.#name(name)
        this.#data(value)
        count++
      }
    }
    this.#view.setUint32(countAt, count, true)
  }

  /** A text that is never null. */
  #name(name: string): void {
    this.#data(name)
  }

  #data(data: Data | null | undefined): void {
    if (typeof data === 'string') {
      this.#text(data)
    } else if (data === null || data === undefined) {
      this.#reserve(4)
      this.#view.setInt32(this.#at, -1, true)
      this.#at += 4
    } else if (data instanceof Uint8Array || data instanceof ArrayBuffer) {
      const bytes = data instanceof Uint8Array ? data : new Uint8Array(data)
      this.#reserve(4 + bytes.length)
      this.#view.setInt32(this.#at, bytes.length, true)
      this.#bytes.set(bytes, this.#at + 4)
      this.#at += 4 + bytes.length
    } else {
      throw new KafkaJSNonRetriableError(
        `Keys, values and headers are strings, Uint8Arrays or ArrayBuffers; this is \
${typeof data === 'object' ? 'an object' : `a ${typeof data}`}: encode it first, for example with \
JSON.stringify`,
      )
    }
  }

  #text(text: string): void {
    // UTF-8 takes at most three bytes for a unit of UTF-16.
    this.#reserve(4 + text.length * 3)
    const bytes = this.#bytes
    const start = this.#at + 4
    let written = 0
    if (text.length <= SHORT) {
      while (written < text.length) {
        const unit = text.charCodeAt(written)
        if (unit > 127) break
        bytes[start + written] = unit
        written++
      }
    }
    if (written < text.length) written = encoder.encodeInto(text, bytes.subarray(start)).written
    this.#view.setInt32(this.#at, written, true)
    this.#at = start + written
  }

  #reserve(more: number): void {
    const needed = this.#at + more
    if (needed > this.#bytes.length) this.#move(Math.max(needed, this.#bytes.length * 2))
  }

  #move(capacity: number): void {
    const bytes = new Uint8Array(capacity)
    bytes.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

function milliseconds(timestamp: string | number): number {
  const number = Number(timestamp)
  if (!Number.isInteger(number) || number < 0) {
    throw new KafkaJSNonRetriableError(
      `The timestamp ${JSON.stringify(timestamp)} is not a number of milliseconds since 1970`,
    )
  }
  return number
}
