/**
 * Murmur2 as Kafka's Java client computes it, with what it computes on the way. The package has it, too;
 * here it is for looking at, and the broker's answers say whether it is right.
 */

const M = 0x5bd1e995
const SEED = 0x9747b28c

export interface Hashed {
  bytes: readonly number[]
  /** A signed number of 32 bits. */
  hash: number
  /** Without its sign: what the remainder is taken of. */
  positive: number
}

export function murmur2(key: string): Hashed {
  const bytes = new TextEncoder().encode(key)
  const whole = bytes.length & ~3
  const byte = (at: number) => bytes[at] ?? 0
  const word = (at: number) => byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)
  let hash = SEED ^ bytes.length
  for (let at = 0; at < whole; at += 4) {
    const mixed = Math.imul(word(at), M)
    hash = Math.imul(hash, M) ^ Math.imul(mixed ^ (mixed >>> 24), M)
  }
  if (whole < bytes.length) hash = Math.imul(hash ^ word(whole), M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  hash ^= hash >>> 15
  return { bytes: [...bytes], hash, positive: hash & 0x7fffffff }
}

export const partitionOf = (key: string, partitions: number): number => murmur2(key).positive % partitions
