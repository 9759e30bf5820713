// Plants losses, and sees that the checks of the kill test find them; and half a record in a log of LevelDB.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAcknowledged, checkPrefixes, numbersPerRound as next } from '../kill/check.mjs'
import { wholeUntil } from '../lib/leveldb.mjs'

/** Even numbers go to partition 0, odd ones to 1. */
const origins = ['ATL', 'BOS']
const batch = {
  first: 0,
  count: 4,
  where: [
    { partition: 0, baseOffset: '0' },
    { partition: 1, baseOffset: '0' },
  ],
}

test('what is whole passes', () => {
  checkAcknowledged([batch], [[0, 2, 4], [1, 3]])
  checkPrefixes([[0, 2, 4, next, next + 2], [1, next + 1]], origins)
  checkPrefixes([[], []], origins)
})

test('a lost record is found', () => {
  assert.throws(() => checkAcknowledged([batch], [[0, 2], [1]]), /record 3 was acknowledged/)
})

test('a record that is there twice is found', () => {
  assert.throws(() => checkAcknowledged([], [[0, 2, 0], []]), /record 0 is there twice/)
})

test('a record at another offset than was said is found', () => {
  assert.throws(() => checkAcknowledged([batch], [[2, 0], [1, 3]]), /record 0, offset/)
})

test('a gap is found', () => {
  assert.throws(() => checkPrefixes([[0, 4], [1]], origins), /partition 0/)
  assert.throws(() => checkPrefixes([[0, next + 2], [1]], origins), /partition 0/)
})

test('records out of order are found', () => {
  assert.throws(() => checkPrefixes([[2, 0], [1]], origins), /partition 0/)
})

test('half a record is found at the end of a log of LevelDB', () => {
  const fragment = (type, size) => {
    const bytes = Buffer.alloc(7 + size, 1)
    bytes.writeUInt16LE(size, 4)
    bytes[6] = type
    return bytes
  }
  const [full, first, middle, last] = [1, 2, 3, 4]
  const one = fragment(full, 100)
  // A record over three blocks, and one in a block's end that is too short for a header.
  const toEnd = 32_768 - one.length - 7
  const several = [one, fragment(first, toEnd), fragment(middle, 32_761), fragment(last, 32_755), Buffer.alloc(6), one]
  const log = Buffer.concat(several)
  assert.equal(log.length, 3 * 32_768 + one.length)
  assert.equal(wholeUntil(log), log.length)
  assert.equal(wholeUntil(Buffer.alloc(0)), 0)
  for (const lost of [1, 50, 101, 106]) {
    assert.equal(wholeUntil(log.subarray(0, log.length - lost)), log.length - one.length)
  }
  // Without its last fragment, none of a record is there.
  for (const length of [2 * 32_768 + 20, 2 * 32_768, 32_768, 32_768 - 1, one.length + 7, one.length + 3]) {
    assert.equal(wholeUntil(log.subarray(0, length)), one.length)
  }
})
