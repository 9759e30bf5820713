// Plants losses, and sees that the checks of what the broker removes and commits find them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBounded, checkCommitted, checkCompacted, checkEnd, checkOrder } from '../kill/check-upkeep.mjs'

/** Of ten records those with these numbers are there, each with 100 bytes. */
const log = (found, low = 0) => ({ low, high: 10, found: found.map((number) => [number, number, 'key', 100]) })
/** Even and odd numbers share a key each; the last two of both are 8 and 9. */
const recordOf = (tombstones) => (number) => ({ key: number % 2, isTombstone: tombstones.includes(number) })

test('what was acknowledged is before the end', () => {
  checkEnd('t', [{ first: 5, count: 5, offset: 5 }], log([]))
  assert.throws(() => checkEnd('t', [{ first: 5, count: 6, offset: 5 }], log([])), /10 was acknowledged/)
  assert.throws(() => checkEnd('t', [{ first: 5, count: 1, offset: 6 }], log([])), /offset of another/)
})

test('no record is there twice or out of order', () => {
  checkOrder('t', log([0, 3, 9]))
  assert.throws(() => checkOrder('t', log([0, 3, 3])), /comes after/)
  assert.throws(() => checkOrder('t', log([3, 0])), /comes after/)
  assert.throws(() => checkOrder('t', { low: 0, found: [[4, 3]] }), /record 3 is at offset 4/)
})

test('compaction keeps the last of each key', () => {
  for (const found of [[8, 9], [1, 5, 8, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    checkCompacted('t', log(found), recordOf([]))
  }
  assert.throws(() => checkCompacted('t', log([7, 8]), recordOf([])), /record 9, the last of 1, is lost/)
  assert.throws(() => checkCompacted('t', log([9], 1), recordOf([])), /starts/)
})

test('a tombstone goes after all that it stands for', () => {
  checkCompacted('t', log([8]), recordOf([9]))
  checkCompacted('t', log([7, 8, 9]), recordOf([9]))
  assert.throws(() => checkCompacted('t', log([7, 8]), recordOf([9])), /7 is back/)
})

test('of a bounded log only the beginning goes', () => {
  const known = { low: 2, asked: 5, confirmed: 3, bound_bytes: 400 }
  for (const low of [3, 5, 6]) {
    checkBounded('t', log([3, 4, 5, 6, 7, 8, 9].filter((number) => number >= low), low), known)
  }
  assert.throws(() => checkBounded('t', log([4, 6, 7, 8, 9], 4), known), /missing/)
  assert.throws(() => checkBounded('t', log([1, 2, 3, 4, 5, 6, 7, 8, 9], 1), known), /has started at 2/)
  assert.throws(() => checkBounded('t', log([2, 3, 4, 5, 6, 7, 8, 9], 2), known), /3 was confirmed/)
  assert.throws(() => checkBounded('t', log([7, 8, 9], 7), known), /only 300 bytes/)
})

test('what is committed does not go back, nor beyond the end', () => {
  checkCommitted({ seen: [6], confirmed: [4] }, [4, -1], [6, 0])
  assert.throws(() => checkCommitted({ seen: [], confirmed: [4] }, [3], [6]), /3 is committed, 4 was/)
  assert.throws(() => checkCommitted({ seen: [7], confirmed: [] }, [-1], [6]), /has seen 7/)
  assert.throws(() => checkCommitted({ seen: [], confirmed: [] }, [7], [6]), /6 is the end/)
})
