// Plants what must not happen, and sees that the checks of the runs in which tabs die find it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, checkDelivery, checkLog, checkOwners, counts } from '../deaths/check.mjs'

/** Six records of one key in partition 0. */
const stored = [0, 1, 2, 3, 4, 5].map((offset) => [0, offset, 'k', `a-${offset}`])
const sent = (offset, number = offset) => ({ tab: 'a', type: 'sent', partition: 0, offset, value: `a-${number}` })
const consumed = (tab, from, to) => ({ tab, type: 'consumed', partition: 0, records: stored.slice(from, to).map(([, ...record]) => record) })
const committed = (tab, offset, generation = 1) => ({ tab, type: 'committed', generation, offsets: [[0, offset]] })
const joined = (tab, generation) => ({ tab, type: 'joined', partitions: [0], generation, member: tab })
const slept = (tab) => ({ tab, type: 'slept' })

test('what is whole passes, with records that come again behind the committed offset', () => {
  const entries = [
    ...stored.map((_, offset) => sent(offset)),
    joined('a', 1),
    consumed('a', 0, 2),
    committed('a', 2),
    consumed('a', 2, 4),
    joined('b', 2),
    consumed('b', 2, 6),
  ]
  assert.deepEqual(check(entries, stored), [])
  assert.deepEqual(counts(entries), { deliveries: 8, again: 2 })
})

const finds = (wrong, what) => {
  assert.equal(wrong.length > 0 && what.test(wrong[0]), true, JSON.stringify(wrong))
}

test('in the log: what is lost, doubled, elsewhere, or out of order', () => {
  finds(checkLog([sent(6)], stored), /a-6 was acknowledged and is not stored/)
  finds(checkLog([], [...stored, [0, 6, 'k', 'a-5']]), /a-5 is stored twice/)
  finds(checkLog([sent(4, 5)], stored), /a-5 was acknowledged at 0@4 and is at 0@5/)
  finds(checkLog([], [[0, 0, 'k', 'a-1'], [0, 1, 'k', 'a-0']]), /a-0 of k is stored behind a-1/)
  finds(checkLog([], [[0, 0, 'k', 'a-0'], [1, 0, 'k', 'a-1']]), /a-1 of k is stored behind/)
})

test('in what is read: what is left out, never read, or another record', () => {
  finds(checkDelivery([consumed('a', 1, 6)], stored), /records are left out/)
  finds(checkDelivery([consumed('a', 0, 5)], stored), /5 to 5 were never handed out/)
  finds(checkDelivery([consumed('a', 0, 6)], stored.slice(1)), /read a-0 at 0@0, not undefined/)
  finds(checkDelivery([{ tab: 'a', type: 'failed', what: 'it' }], []), /a: it/)
})

test('in what is read again: what was committed, or without a reason', () => {
  finds(checkDelivery([consumed('a', 0, 6), committed('a', 4), consumed('b', 3, 6)], stored), /it was committed/)
  finds(checkDelivery([consumed('a', 0, 6), consumed('a', 4, 6)], stored), /the group had not moved/)
  assert.deepEqual(checkDelivery([consumed('a', 0, 6), joined('a', 2), consumed('a', 4, 6)], stored), [])
  finds(checkDelivery([consumed('a', 0, 3), committed('a', 4), consumed('a', 3, 6)], stored), /handed out is up to 3/)
})

test('a tab that slept may have old records in hand, until it joins again', () => {
  const before = [joined('a', 1), joined('b', 2), consumed('b', 0, 6), committed('b', 6, 2), slept('a')]
  assert.deepEqual(checkDelivery([...before, consumed('a', 0, 2)], stored), [])
  finds(checkDelivery([...before, joined('a', 3), consumed('a', 0, 2)], stored), /it was committed/)
})

test('that a tab joined while it fell asleep, or before, is no sign that it is awake', () => {
  const others = [joined('b', 2), consumed('b', 0, 6), committed('b', 6, 2)]
  const falling = [slept('a'), joined('a', 1), ...others, slept('a')]
  assert.deepEqual(checkDelivery([...falling, consumed('a', 0, 2)], stored), [])
  // What it told when it fell asleep may be heard when it wakes.
  const late = [slept('a'), ...others, slept('a'), joined('a', 1)]
  assert.deepEqual(checkDelivery([...late, consumed('a', 0, 2)], stored), [])
  finds(checkDelivery([...late, joined('a', 3), consumed('a', 0, 2)], stored), /it was committed/)
})

test('a tab that slept begins behind what was committed before its own generation', () => {
  const before = [joined('b', 1), consumed('b', 0, 4), committed('b', 4, 1), slept('a'), joined('b', 3)]
  const late = [...before, consumed('b', 4, 6), committed('b', 6, 3), joined('a', 2)]
  assert.deepEqual(checkDelivery([...late, consumed('a', 4, 6)], stored), [])
  finds(checkDelivery([...late, consumed('a', 3, 6)], stored), /it was committed/)
})

test('two owners in one generation are found', () => {
  finds(checkOwners([joined('a', 1), joined('b', 1)]), /partition 0 is a's and b's/)
  assert.deepEqual(checkOwners([joined('a', 1), joined('b', 2), joined('b', 2)]), [])
})
