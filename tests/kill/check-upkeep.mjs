// What must hold after a kill where the broker itself removes records, and of what a group has
// committed. The records of these topics are numbered like their offsets.

import assert from 'node:assert/strict'

/**
 * The end of a log: all that was acknowledged is before it.
 * @param {{ first: number, count: number, offset: number }[]} acknowledged
 */
export function checkEnd(topic, acknowledged, { low, high }) {
  for (const { first, count, offset } of acknowledged) {
    assert.equal(offset, first, `${topic}: record ${first} was acknowledged at the offset of another one`)
    assert.ok(first + count <= high, `${topic} ends at ${high}, and ${first + count - 1} was acknowledged`)
  }
  assert.ok(low <= high, `${topic} starts at ${low} and ends at ${high}`)
}

/** No record is there twice, in another place, or after one that came later. */
export function checkOrder(topic, { low, found }) {
  let last = low - 1
  for (const [offset, number] of found) {
    assert.ok(offset > last, `${topic}: offset ${offset} comes after ${last}`)
    assert.equal(number, offset, `${topic}: record ${number} is at offset ${offset}`)
    last = offset
  }
}

/**
 * Of each key of a compacted log the last record is there. What is missing was replaced by a later
 * record, or was a tombstone, of whose key then nothing is left.
 * @param {(number: number) => { key: string, isTombstone: boolean }} recordOf
 */
export function checkCompacted(topic, { low, high, found }, recordOf) {
  assert.equal(low, 0, `${topic} starts where it always did`)
  const there = new Set(found.map(([offset]) => offset))
  const later = new Map()
  for (let number = high - 1; number >= 0; number--) {
    const { key, isTombstone } = recordOf(number)
    const replacedBy = later.get(key)
    if (replacedBy === undefined) later.set(key, number)
    if (there.has(number)) {
      const buried = replacedBy !== undefined && !there.has(replacedBy)
      assert.ok(!buried, `${topic}: ${number} is back: ${replacedBy} of the same key is gone`)
    } else {
      const gone = replacedBy !== undefined || isTombstone
      assert.ok(gone, `${topic}: record ${number}, the last of ${key}, is lost`)
    }
  }
}

/**
 * Of a bounded log nothing is missing behind its start, which only moves forward, and no further
 * than was asked for or its bound allows.
 * @param {{ low: number, asked: number, confirmed: number, bound_bytes: number }} known `low` of the
 *   last look; where records were asked to be deleted, and where that was confirmed
 */
export function checkBounded(topic, { low, high, found }, known) {
  assert.equal(found.length, high - low, `${topic}: records are missing`)
  assert.ok(low >= known.low, `${topic} starts at ${low}, and has started at ${known.low}`)
  assert.ok(low >= known.confirmed, `${topic} starts at ${low}: ${known.confirmed} was confirmed`)
  if (low > known.asked) {
    const bytes = found.reduce((sum, [, , , size]) => sum + size, 0)
    assert.ok(bytes >= known.bound_bytes, `${topic}: only ${bytes} bytes are left of what may stay`)
  }
}

/**
 * What a group has committed does not go back, and lies in the log.
 * @param {{ seen: number[], confirmed: number[] }} known by partition
 * @param {number[]} committed by partition; −1 where nothing is
 * @param {number[]} ends by partition
 */
export function checkCommitted({ seen, confirmed }, committed, ends) {
  ends.forEach((end, partition) => {
    const offset = committed[partition] ?? -1
    const least = confirmed[partition] ?? -1
    assert.ok(offset >= least, `partition ${partition}: ${offset} is committed, ${least} was`)
    const most = Math.max(offset, seen[partition] ?? 0)
    assert.ok(most <= end, `partition ${partition}: a consumer has seen ${most}, and ${end} is the end`)
  })
}
