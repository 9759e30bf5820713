// The filters of the message browser: what they find, what they say, and what is out of their reach.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

let vite
let compile
let Unreadable
before(async () => {
  const root = fileURLToPath(new URL('../../web/', import.meta.url))
  vite = await createServer({ configFile: false, root, logLevel: 'error', server: { middlewareMode: true, ws: false }, appType: 'custom' })
  ;({ compile, Unreadable } = await vite.ssrLoadModule('/src/console/messages/filter/compile.ts'))
})
after(() => vite?.close())

const record = {
  partition: 2,
  offset: 40,
  timestamp_ms: 978_307_200_000,
  key: 'JFK',
  value: '{"delay": 61, "legs": [{"to": "ATL"}, {"to": "DEN"}], "note": null}',
  headers: [['from', 'a test']],
  size_bytes: 70,
  bytes: { key: null, value: null },
}

for (const [filter, expected] of [
  ['value.delay > 60', true],
  ['value.delay > 61', false],
  ["key === 'JFK' && partition === 2 && offset >= 40", true],
  ["key.startsWith('J') || key.startsWith('K')", true],
  ["value.legs.some(leg => leg.to === 'DEN')", true],
  ["value.legs[1].to === 'DEN' && value['delay'] === 61", true],
  ['value.gate?.number === undefined', true],
  ['value.gate?.number.length.more', false],
  ['value.note ?? 1', true],
  ['/^j/i.test(key)', true],
  ["headers.from.includes('test')", true],
  ["'from' in headers && !('to' in headers)", true],
  ["timestamp >= Date.parse('2001-01-01T00:00:00Z')", true],
  ['size > 50 ? true : false', true],
  ["typeof value === 'object'", true],
  ['Math.max(value.delay, 100) === 100', true],
]) {
  test(`${filter} is ${expected}`, () => assert.equal(compile(filter).matches(record), expected))
}

test('what is no JSON is text, and what is not there is null', () => {
  assert.equal(compile("value === 'plain'").matches({ ...record, value: 'plain' }), true)
  assert.equal(compile('value === null && key === null').matches({ ...record, key: null, value: null }), true)
  assert.throws(() => compile('value.delay > 1').matches({ ...record, value: null }), /Cannot read “delay” of null/)
})

test('what cannot be read is said at once', () => {
  for (const filter of ['value.delay >', 'a b', 'a; b', 'this.x', 'x = 1', '"open']) {
    assert.throws(() => compile(filter), Unreadable, filter)
  }
})

// What an attacker would write into a link.
test('nothing leads out of the record', () => {
  for (const filter of [
    'document.cookie',
    'globalThis',
    "key.constructor('x')",
    "key.constructor.constructor('return this')()",
    "value.legs.constructor.from('abc')",
    "value.legs.map.constructor('return 1')()",
    "(x => x).constructor('return 1')()",
    "value.__proto__.polluted.x",
    "Object.getPrototypeOf(value)",
    "Object.assign(value, value)",
    "JSON.parse.constructor('return 1')()",
    "Math.constructor.constructor('return 1')()",
    '(f => f(f))(f => f(f))',
    "key.repeat(1e9)",
    "fetch('https://example.org')",
    "import('x')",
  ]) {
    assert.throws(() => compile(filter).matches(record), undefined, filter)
  }
})
