// Plants losses, and sees that the checks of the kill test find them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAcknowledged, checkPrefixes, numbersPerRound as next } from '../kill/check.mjs'

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
