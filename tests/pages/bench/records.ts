/** What is stored: the same for everyone, made before the clock starts. */

export interface Message {
  key: Uint8Array
  value: Uint8Array
}

const keyBytes = 16
const valueBytes = 100

/** The `count` records from `start` on. Each has buffers of its own, as a clone takes them whole. */
export function makeRecords(start: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const random = xorshift(start + index + 1)
    return { key: fill(keyBytes, random), value: fill(valueBytes, random) }
  })
}

/** Cuts records into batches. */
export function batches<T>(records: T[], size: number): T[][] {
  const cut: T[][] = []
  for (let at = 0; at < records.length; at += size) cut.push(records.slice(at, at + size))
  return cut
}

/** Touches a value, so that nobody gets away without bringing it. */
export function touch(value: Uint8Array): number {
  return value[0]! + value[value.length - 1]!
}

function fill(length: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = random()
  return bytes
}

function xorshift(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  }
}
