// What members of a group tell each other, as Kafka's consumers encode it: numbers are big-endian,
// texts have their length in front (i16), lists and bytes too (i32).

import { Bytes } from './bytes.js'
import { KafkaJSNonRetriableError } from './errors.js'

/** What a member subscribes to. */
export interface MemberMetadata {
  version: number
  topics: string[]
  userData: Uint8Array
}

/** What a member has. */
export interface MemberAssignment {
  version: number
  /** Partitions by topic. */
  assignment: Record<string, number[]>
  userData: Uint8Array
}

type Optional<T> = Omit<T, 'userData'> & { userData?: Uint8Array }

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  text(): string {
    return this.#bytesOf(this.i16()).toString()
  }

  bytes(): Uint8Array {
    return this.#bytesOf(this.i32())
  }

  list<T>(read: () => T): T[] {
    const items: T[] = []
    for (let left = this.i32(); left > 0; left--) items.push(read())
    return items
  }

  #bytesOf(length: number): Bytes {
    const at = this.#take(Math.max(0, length))
    return Bytes.from(this.#bytes.subarray(at, this.#at)) as Bytes
  }

  #take(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) {
      throw new KafkaJSNonRetriableError('The bytes of a member end too early: no consumer has written them.')
    }
    this.#at += length
    return at
  }
}

class Writer {
  readonly #bytes: number[] = []

  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes)
  }

  i16(value: number): this {
    this.#bytes.push((value >> 8) & 255, value & 255)
    return this
  }

  i32(value: number): this {
    return this.i16(value >> 16).i16(value)
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value)
    return this.i16(bytes.length).#append(bytes)
  }

  data(value: Uint8Array): this {
    return this.i32(value.length).#append(value)
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.i32(items.length)
    items.forEach(write)
    return this
  }

  #append(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }
}

/** Reads and writes the bytes of `describeGroup` and `describeGroups`, under KafkaJS's names. */
export const AssignerProtocol = {
  MemberMetadata: {
    encode({ version, topics, userData = new Uint8Array(0) }: Optional<MemberMetadata>): Uint8Array {
      const writer = new Writer().i16(version)
      return writer.list(topics, (topic) => writer.text(topic)).data(userData).bytes
    },
    decode(bytes: Uint8Array): MemberMetadata | null {
      if (bytes.length < 2) return null
      const reader = new Reader(bytes)
      return {
        version: reader.i16(),
        topics: reader.list(() => reader.text()),
        userData: reader.bytes(),
      }
    },
  },
  MemberAssignment: {
    encode({ version, assignment, userData = new Uint8Array(0) }: Optional<MemberAssignment>): Uint8Array {
      const writer = new Writer().i16(version)
      writer.list(Object.entries(assignment), ([topic, partitions]) => {
        writer.text(topic).list(partitions, (partition) => writer.i32(partition))
      })
      return writer.data(userData).bytes
    },
    /** Null for a member that has been assigned nothing yet. */
    decode(bytes: Uint8Array): MemberAssignment | null {
      if (bytes.length < 2) return null
      const reader = new Reader(bytes)
      const version = reader.i16()
      const topics = reader.list(() => [reader.text(), reader.list(() => reader.i32())] as const)
      return { version, assignment: Object.fromEntries(topics), userData: reader.bytes() }
    },
  },
}
