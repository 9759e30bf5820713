// Requests of Kafka's protocol, written by hand: for what is asked seldom, and not worth its place in
// the WebAssembly that each page loads. See https://kafka.apache.org/protocol.

import type { Endpoint, Port } from '../endpoint.js'
import { KafkaJSConnectionError } from '../errors.js'

const INITIAL_BYTES = 256

/** Writes big-endian fields. */
export class Writer {
  #bytes = new Uint8Array(INITIAL_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  i8(value: number): this {
    const at = this.#grow(1)
    this.#view.setInt8(at, value)
    return this
  }

  i16(value: number): this {
    const at = this.#grow(2)
    this.#view.setInt16(at, value)
    return this
  }

  i32(value: number): this {
    const at = this.#grow(4)
    this.#view.setInt32(at, value)
    return this
  }

  i64(value: number): this {
    const at = this.#grow(8)
    this.#view.setBigInt64(at, BigInt(value))
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.i16(-1)
    const text = new TextEncoder().encode(value)
    return this.i16(text.length).raw(text)
  }

  blob(value: Uint8Array): this {
    return this.i32(value.length).raw(value)
  }

  raw(value: Uint8Array): this {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  #grow(by: number): number {
    const at = this.#length
    this.#length += by
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

/** Reads big-endian fields. Throws a RangeError where they end too early. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  i8(): number {
    return this.#view.getInt8(this.#skip(1))
  }

  i16(): number {
    return this.#view.getInt16(this.#skip(2))
  }

  i32(): number {
    return this.#view.getInt32(this.#skip(4))
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#skip(8)))
  }

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.i8()
      value += (byte & 0x7f) * 2 ** shift
      if (byte >= 0) return value
    }
  }

  string(): string | null {
    const length = this.i16()
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#text(Math.max(this.varint() - 1, 0))
  }

  blob(): Uint8Array {
    const length = Math.max(this.i32(), 0)
    const at = this.#skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  list<T>(read: () => T): T[] {
    return this.#items(this.i32(), read)
  }

  compactList<T>(read: () => T): T[] {
    return this.#items(this.varint() - 1, read)
  }

  tags(): void {
    for (let left = this.varint(); left > 0; left--) {
      this.varint()
      this.#skip(this.varint())
    }
  }

  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = []
    for (let left = count; left > 0; left--) items.push(read())
    return items
  }

  #text(length: number): string {
    const at = this.#skip(length)
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length))
  }

  #skip(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) throw new RangeError('a response ends too early')
    this.#at += length
    return at
  }
}

/** A connection to a broker, for one request at a time. */
export class Wire {
  readonly #endpoint: Endpoint
  #port: Port | undefined
  #forget: () => void = () => {}
  #waiting: { resolve: (response: Reader) => void; reject: (error: Error) => void } | undefined
  #correlation = 0

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  static async open(endpoint: Endpoint): Promise<Wire> {
    await endpoint.ready()
    return new Wire(endpoint)
  }

  /** Sends a request and waits for its response, without the headers of both. */
  async request(api: number, version: number, body: Writer, flexible = false): Promise<Reader> {
    this.#port ??= await this.#connect()
    const port = this.#port
    const header = new Writer().i16(api).i16(version).i32(++this.#correlation).string('ottla')
    if (flexible) header.i8(0)
    const frame = header.raw(body.bytes).bytes.slice().buffer
    const response = await new Promise<Reader>((resolve, reject) => {
      this.#waiting = { resolve, reject }
      port.postMessage(frame, [frame])
    })
    response.i32()
    if (flexible) response.tags()
    return response
  }

  close(): void {
    this.#lost('it was closed')
    this.#endpoint.release()
  }

  async #connect(): Promise<Port> {
    const [first = { host: '', port: 0 }] = this.#endpoint.brokers ?? []
    const link = await this.#endpoint.connect((reason) => this.#lost(reason), first)
    let port: Port
    if ('host' in link) {
      const channel = new MessageChannel()
      link.host.connect(channel.port2, 'local')
      port = channel.port1
    } else {
      port = link.port
      this.#forget = link.forget
    }
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | null>) => {
      if (!(data instanceof ArrayBuffer)) return this.#lost('the broker has ended it')
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting?.resolve(new Reader(new Uint8Array(data)))
    }
    return port
  }

  #lost(reason: string): void {
    this.#forget()
    this.#forget = () => {}
    this.#port?.postMessage(null)
    this.#port?.close()
    this.#port = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(new KafkaJSConnectionError(`the connection to the broker is lost: ${reason}`))
  }
}
