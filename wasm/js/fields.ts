// The fields that Kafka's protocol is made of: numbers are big-endian, texts and bytes have their length
// in front, lists their count. See https://kafka.apache.org/protocol.

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

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.i32(items.length)
    items.forEach(write)
    return this
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

/** Reads big-endian fields. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #ended: () => Error
  #at = 0

  /** `ended` makes the error to be thrown where they end too early. */
  constructor(bytes: Uint8Array, ended: () => Error = () => new RangeError('a response ends too early')) {
    this.#bytes = bytes
    this.#ended = ended
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
    if (at + length > this.#bytes.length) throw this.#ended()
    this.#at += length
    return at
  }
}
