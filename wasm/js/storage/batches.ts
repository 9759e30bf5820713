// Record batches, as far as a backup looks into them.
// See https://kafka.apache.org/documentation/#recordbatch.

import { crc32c } from './crc32c.js'

const LOG_OVERHEAD = 12
const HEADER_BYTES = 61
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const PRODUCER_ID_AT = 43
const RECORD_COUNT_AT = 57

/** One batch within some bytes. */
export interface BatchSpan {
  from: number
  to: number
  baseOffset: number
  /** The offset behind it. */
  nextOffset: number
  records: number
}

/** The whole batches at the front of some bytes, and undefined where what follows makes no sense. */
export function* spansOf(bytes: Uint8Array): Generator<BatchSpan | undefined, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let from = 0; bytes.length - from >= HEADER_BYTES; ) {
    const to = from + LOG_OVERHEAD + view.getInt32(from + 8)
    if (to < from + HEADER_BYTES || view.getInt8(from + 16) !== 2) return yield undefined
    if (to > bytes.length) return
    const baseOffset = Number(view.getBigInt64(from))
    const nextOffset = baseOffset + view.getInt32(from + LAST_OFFSET_DELTA_AT) + 1
    yield { from, to, baseOffset, nextOffset, records: view.getInt32(from + RECORD_COUNT_AT) }
    from = to
  }
}

/** Whether a batch's checksum holds. */
export function isWhole(bytes: Uint8Array, { from, to }: BatchSpan): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(from + CRC_AT) === crc32c(bytes.subarray(from + ATTRIBUTES_AT, to))
}

/**
 * Takes its producer out of a batch. Producers are numbered by their cluster; in another one the same
 * number is somebody else.
 */
export function withoutProducer(batch: Uint8Array): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  if (view.getBigInt64(PRODUCER_ID_AT) < 0) return
  // Id, epoch and sequence number, all −1.
  batch.fill(0xff, PRODUCER_ID_AT, RECORD_COUNT_AT)
  view.setUint32(CRC_AT, crc32c(batch.subarray(ATTRIBUTES_AT)))
}

/** A batch without records that reaches up to an offset. */
export function emptyBatch(nextOffset: number): Uint8Array {
  const batch = new Uint8Array(HEADER_BYTES)
  const view = new DataView(batch.buffer)
  view.setBigInt64(0, BigInt(nextOffset - 1))
  view.setInt32(8, HEADER_BYTES - LOG_OVERHEAD)
  view.setInt8(16, 2)
  // Timestamps, producer and sequence number: none.
  batch.fill(0xff, LAST_OFFSET_DELTA_AT + 4, RECORD_COUNT_AT)
  view.setUint32(CRC_AT, crc32c(batch.subarray(ATTRIBUTES_AT)))
  return batch
}
