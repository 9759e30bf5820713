// The format of a backup, as BACKUP.md in the repository describes it: magic and version, then frames,
// each with its checksum, the last of which says how many there were.

import { KafkaJSBackupError } from '../errors.js'
import { crc32c } from './crc32c.js'

const MAGIC = new TextEncoder().encode('OTTLABAK')
const FORMAT_VERSION = 1

/** Kind and length before the contents of a frame, and its checksum behind them. */
const BEFORE_BYTES = 5
const AFTER_BYTES = 4

/** No frame has more: what a damaged length asks for is bounded by this. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024

/** The kinds of frames. */
export const Frame = { HEADER: 1, PARTITION: 2, BATCHES: 3, GROUPS: 4, END: 255 } as const

/** What the first frame says. */
export interface Header {
  clusterId: string
  /** Milliseconds since 1970. */
  createdAt: number
  topics: { name: string; partitions: number; configs: { [name: string]: string } }[]
}

/** Stands before the batches of a partition. */
export interface PartitionHeader {
  topic: string
  partition: number
  /** The first offset that may be read. */
  start: number
  /** The offset behind the last one. */
  end: number
}

/** What groups have committed. */
export interface CommittedOffsets {
  groups: {
    groupId: string
    offsets: { topic: string; partition: number; offset: number; metadata: string | null }[]
  }[]
}

interface End {
  /** How many frames there are before this one. */
  frames: number
  /** CRC-32C of their checksums, in order. */
  checksum: number
}

/** Makes the pieces of a file, one after the other. */
export class BackupWriter {
  #frames = 0
  #checksum = 0

  begin(): Uint8Array {
    const bytes = new Uint8Array(MAGIC.length + 4)
    bytes.set(MAGIC)
    new DataView(bytes.buffer).setUint32(MAGIC.length, FORMAT_VERSION)
    return bytes
  }

  frame(kind: number, contents: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(BEFORE_BYTES + contents.length + AFTER_BYTES)
    const view = new DataView(bytes.buffer)
    view.setUint8(0, kind)
    view.setUint32(1, contents.length)
    bytes.set(contents, BEFORE_BYTES)
    const at = BEFORE_BYTES + contents.length
    view.setUint32(at, crc32c(bytes.subarray(0, at)))
    this.#frames++
    this.#checksum = crc32c(bytes.subarray(at), this.#checksum)
    return bytes
  }

  json(kind: number, contents: Header | PartitionHeader | CommittedOffsets | End): Uint8Array {
    return this.frame(kind, new TextEncoder().encode(JSON.stringify(contents)))
  }

  end(): Uint8Array {
    return this.json(Frame.END, { frames: this.#frames, checksum: this.#checksum })
  }
}

/** A frame that was read. */
export interface ReadFrame {
  kind: number
  contents: Uint8Array
  /** Where in the file it begins. */
  at: number
}

/**
 * Reads the frames of a file, up to its end, which is checked. Throws where the file is damaged or cut
 * off, or is none of these.
 */
export async function* framesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadFrame, void> {
  const from = new ByteQueue(source)
  const begin = await from.take(MAGIC.length + 4)
  if (MAGIC.some((byte, index) => begin[index] !== byte)) {
    throw new KafkaJSBackupError('This is no backup: it does not begin with OTTLABAK.', 0)
  }
  const version = viewOf(begin).getUint32(MAGIC.length)
  if (version !== FORMAT_VERSION) {
    const what = `The backup has format ${version}, and this version of the package reads format \
${FORMAT_VERSION}: update the package.`
    throw new KafkaJSBackupError(what, MAGIC.length)
  }
  for (let frames = 0, checksum = 0; ; frames++) {
    const at = from.at
    const before = await from.take(BEFORE_BYTES)
    const kind = before[0] as number
    const length = viewOf(before).getUint32(1)
    if (length > MAX_FRAME_BYTES) throw damaged(at, 'a length cannot be right')
    const contents = await from.take(length)
    const after = await from.take(AFTER_BYTES)
    if (viewOf(after).getUint32(0) !== crc32c(contents, crc32c(before))) {
      throw damaged(at, 'a checksum does not hold')
    }
    if (kind === Frame.END) {
      const end = parsed<End>({ kind, contents, at })
      if (end.frames !== frames || end.checksum !== checksum) throw damaged(at, 'parts of it are missing')
      if (!(await from.isAtEnd())) throw damaged(from.at, 'something follows its end')
      return
    }
    checksum = crc32c(after, checksum)
    yield { kind, contents, at }
  }
}

/** The contents of a frame that is JSON. */
export function parsed<T>({ contents, at }: ReadFrame): T {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(contents)) as T
  } catch {
    throw damaged(at, 'a part of it cannot be read')
  }
}

export function damaged(at: number, what: string): KafkaJSBackupError {
  return new KafkaJSBackupError(`The backup is damaged at byte ${at}: ${what}.`, at)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Bytes that arrive in pieces of any size, taken in pieces of others. */
class ByteQueue {
  /** How many bytes were taken. */
  at = 0
  readonly #source: AsyncIterator<Uint8Array>
  #piece = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async take(count: number): Promise<Uint8Array> {
    if (this.#piece.length < count) await this.#gather(count)
    const taken = this.#piece.subarray(0, count)
    this.#piece = this.#piece.subarray(count)
    this.at += count
    return taken
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#source.next()
      if (done) return true
      this.#piece = value as Uint8Array<ArrayBuffer>
    }
    return false
  }

  async #gather(count: number): Promise<void> {
    // Room for what has arrived, not for what a length asks for.
    const pieces = [this.#piece]
    let length = this.#piece.length
    while (length < count) {
      const { done, value } = await this.#source.next()
      if (done) {
        const at = this.at + length
        throw new KafkaJSBackupError(`The backup is cut off: it ends at byte ${at}, within a part.`, at)
      }
      pieces.push(value as Uint8Array<ArrayBuffer>)
      length += value.length
    }
    const all = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.length
    }
    this.#piece = all
  }
}
