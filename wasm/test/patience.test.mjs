// When a tab takes a leader that does not answer for frozen, by a clock of the test's.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { Patience } from '../dist/tabs/patience.js'

const openingMs = 5_000
const open = { opening: false, steals: 0 }

let now
beforeEach(() => {
  now = 1_000_000
})

/**
 * Looks whenever it is said to, until it says to steal: how long that took since now. Answers nothing.
 *
 * @param lateMs by how much later it looks than it was said to
 */
function untilStolen(patience, { lateMs = 0, limitMs = 120_000, random = 0 } = {}) {
  const from = now
  let delayMs = patience.start(now)
  while (now - from < limitMs) {
    now += delayMs + lateMs
    const verdict = patience.check(now, random)
    if (verdict.act === 'steal') return now - from
    delayMs = verdict.delayMs
  }
  return Number.POSITIVE_INFINITY
}

function hears(patience, sign) {
  patience.heard(now, { ...open, ...sign })
}

/** Takes over from a leader that was heard of as this. */
function after(sign, how) {
  const patience = new Patience(openingMs)
  hears(patience, sign)
  return untilStolen(patience, how)
}

test('a leader that goes silent is given up within two seconds', () => {
  const soonest = after(open)
  const latest = after(open, { random: 1 })
  assert.ok(soonest >= 1_400, `${soonest} ms`)
  assert.ok(latest <= 1_900, `${latest} ms`)
  assert.ok(latest > soonest, 'tabs differ in when they act')
})

test('a leader that answers is left alone', () => {
  const patience = new Patience(openingMs)
  let delayMs = patience.start(now)
  const asked = []
  for (let at = 0; at < 100; at++) {
    now += delayMs
    const verdict = patience.check(now, 0)
    asked.push(verdict.act)
    delayMs = verdict.delayMs
    if (asked.slice(-3).every((act) => act === 'ask')) hears(patience, open)
  }
  assert.ok(!asked.includes('steal'))
})

test('who is late itself does not steal', () => {
  const patience = new Patience(openingMs)
  hears(patience, open)
  assert.equal(untilStolen(patience, { lateMs: 300, limitMs: 20_000 }), Number.POSITIVE_INFINITY)
  // The machine has time again: counted from here on.
  assert.ok(untilStolen(patience) >= 1_050)
})

test('nor does who was late with the last look before', () => {
  const patience = new Patience(openingMs)
  hears(patience, open)
  let verdict = { act: 'ask', delayMs: patience.start(now) }
  while (verdict.act === 'ask') {
    now += verdict.delayMs
    verdict = patience.check(now, 1)
  }
  assert.equal(verdict.act, 'wait', 'for others to be first')
  now += verdict.delayMs + 300
  assert.equal(patience.check(now, 1).act, 'ask')
})

test('who is always late steals in the end', () => {
  const took = after(open, { lateMs: 300 })
  assert.ok(took > 30_000 && took < 70_000, `${took} ms`)
})

test('a night asleep counts as nothing', () => {
  const patience = new Patience(openingMs)
  hears(patience, open)
  patience.start(now)
  now += 8 * 3_600_000
  assert.equal(patience.check(now, 0).act, 'ask')
})

test('a leader that opens the database has the time that opening may take', () => {
  const took = after({ opening: true })
  assert.ok(took >= openingMs && took < openingMs + 1_000, `${took} ms`)
})

test('each takeover without a death doubles the patience, up to half a minute', () => {
  const took = [0, 1, 2, 3, 4, 5, 50, 5_000].map((steals) => after({ steals }))
  for (const [at, ms] of took.slice(1, 5).entries()) {
    // The time of the questions doubles; that until the first one does not.
    assert.ok(ms > 1.7 * took[at] && ms < 2.3 * took[at], `${took}`)
  }
  for (const ms of took.slice(5)) assert.ok(ms > 25_000 && ms < 32_000, `${took}`)
})

test('a real death makes it short again', () => {
  const patience = new Patience(openingMs)
  hears(patience, { steals: 4 })
  assert.equal(patience.steals(now), 4)
  hears(patience, { opening: true, steals: 0 })
  hears(patience, open)
  assert.ok(untilStolen(patience) < 2_000)
})

test('so does a quiet minute', () => {
  const patience = new Patience(openingMs)
  hears(patience, { steals: 4 })
  now += 59_000
  assert.equal(patience.steals(now), 4)
  now += 1_000
  assert.equal(patience.steals(now), 0)
  assert.ok(untilStolen(patience) < 2_000)
})
