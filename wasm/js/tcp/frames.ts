/** The largest frame that is taken. A fetch is far below, also where one batch is larger than asked for. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024

/**
 * Cuts what arrives on a connection into frames: a size in four bytes, big-endian, and so many bytes. It
 * keeps what has arrived, and makes room for nothing that has not.
 */
export class Frames {
  readonly #take: (frame: ArrayBuffer) => void
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** The size of the frame that arrives, once it is known. */
  #size: number | undefined

  constructor(take: (frame: ArrayBuffer) => void) {
    this.#take = take
  }

  /** Takes bytes, and gives out the frames that are whole by them. Says what is wrong, if anything is. */
  push(chunk: Uint8Array): string | undefined {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    for (;;) {
      if (this.#size === undefined) {
        if (this.#bytes < 4) return undefined
        const size = new DataView(this.#shift(4)).getInt32(0)
        if (size < 0 || size > MAX_FRAME_BYTES) {
          return `answered with a frame of ${size} bytes: it is no Kafka broker, or this port of it \
expects TLS (ssl: true)`
        }
        this.#size = size
      }
      if (this.#bytes < this.#size) return undefined
      const frame = this.#shift(this.#size)
      this.#size = undefined
      this.#take(frame)
    }
  }

  /** Takes the first bytes out, which are there. */
  #shift(count: number): ArrayBuffer {
    const taken = new Uint8Array(count)
    let at = 0
    while (at < count) {
      const chunk = this.#chunks[0] as Uint8Array
      const part = chunk.subarray(0, count - at)
      taken.set(part, at)
      at += part.length
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    this.#bytes -= count
    return taken.buffer
  }
}
