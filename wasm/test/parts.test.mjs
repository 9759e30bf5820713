// The parts that need no broker.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bytes } from '../dist/bytes.js'
import { parseBrokers } from '../dist/address.js'
import { createLogger, logLevel } from '../dist/logger.js'
import { KafkaMessage } from '../dist/message.js'
import { Packer } from '../dist/pack.js'
import { legacyMurmur2, murmur2 } from '../dist/partitioners.js'

test('bytes are an array, and text when asked', () => {
  const bytes = new Bytes(new TextEncoder().encode('größe'))
  assert.ok(bytes instanceof Uint8Array)
  assert.equal(String(bytes), 'größe')
  assert.equal(bytes.toString('hex'), '6772c3b6c39f65')
  assert.equal(bytes.toString('base64'), 'Z3LDtsOfZQ==')
  assert.ok(!(bytes.slice(0, 2) instanceof Bytes))
})

test('packing: what Rust will read', () => {
  const packer = new Packer(8)
  packer.send(1, 't', [{ key: 'k', value: null, partition: 3, timestamp: '5', headers: { h: 'v' } }])
  const expected = [
    ...new Uint8Array(new Float64Array([1]).buffer),
    ...[1, 0, 0, 0, 116],
    ...[1, 0, 0, 0],
    ...[3, 0, 0, 0],
    ...new Uint8Array(new Float64Array([5]).buffer),
    ...[1, 0, 0, 0, 107],
    ...[255, 255, 255, 255],
    ...[1, 0, 0, 0],
    ...[1, 0, 0, 0, 104],
    ...[1, 0, 0, 0, 118],
  ]
  assert.deepEqual([...packer.packed], expected)
  assert.throws(() => packer.send(2, 't', [{ value: 'fine' }, { value: 7 }]), /a number/)
  assert.deepEqual([...packer.packed], expected, 'a send that fails leaves nothing behind')
  packer.clear()
  assert.equal(packer.packed.length, 0)
})

test('packing text: short and long, ASCII and not', () => {
  for (const text of ['', 'a', 'ä', 'ab€', '📦', 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(40) + 'ß']) {
    const packer = new Packer(8)
    packer.send(1, text, [])
    const encoded = new TextEncoder().encode(text)
    assert.deepEqual([...packer.packed.subarray(12, -4)], [...encoded], text)
  }
})

test('murmur2: Java’s, and the one of KafkaJS 1', () => {
  const java = { 0: 971027396, 1: -1993445489, 128: -326012175, 2187: -1508407203, 4782969: -1182699775 }
  for (const [key, hash] of Object.entries(java)) assert.equal(murmur2(key), hash, key)
  const legacy = {
    0: 272173970,
    1: 1311020360,
    128: 2053105854,
    2187: -2081355488,
    16384: 204404061,
    78125: -677491393,
    279936: -622460209,
    4782969: -892695770,
    170859375: 102939717,
  }
  for (const [key, hash] of Object.entries(legacy)) assert.equal(legacyMurmur2(key), hash, key)
})

test('messages are read from tables', () => {
  const bytes = new Uint8Array([107, 118, 118, 4, 2, 104, 1, 2, 104, 2, 120])
  const fetch = {
    bytes,
    places: new Int32Array([0, 1, 1, 3, 3]),
    stamps: new Float64Array([12, 34]),
  }
  const message = new KafkaMessage(fetch, 0)
  assert.equal(message.key.toString(), 'k')
  assert.equal(message.value.toString(), 'vv')
  assert.equal(message.value, message.value)
  assert.deepEqual([message.offset, message.timestamp], ['12', '34'])
  // A null and an "x" under one name.
  assert.equal(message.headers.h.toString(), 'x')
})

test('addresses have a scheme and a name', () => {
  assert.deepEqual(parseBrokers(['idb://my%20shop/'], true), {
    scheme: 'idb',
    name: 'my shop',
    text: 'idb://my%20shop/',
  })
})

test('the log is written as asked', () => {
  const lines = []
  const logger = createLogger(logLevel.WARN, () => (entry) => lines.push(entry)).namespace('Here')
  logger.info('no')
  logger.warn('yes', { extra: 1 })
  logger.setLogLevel(logLevel.NOTHING)
  logger.error('no')
  assert.equal(lines.length, 1)
  const [{ namespace, level, label, log }] = lines
  assert.deepEqual([namespace, level, label, log.message, log.extra], ['Here', 2, 'WARN', 'yes', 1])
})

test('brokers of a cluster are named by host and port, where there is TCP', () => {
  const brokers = ['kafka-1.example.org:9092', '127.0.0.1:9093', '[::1]:9094']
  assert.deepEqual(parseBrokers(brokers, true), {
    scheme: 'tcp',
    brokers: [
      { host: 'kafka-1.example.org', port: 9092 },
      { host: '127.0.0.1', port: 9093 },
      { host: '::1', port: 9094 },
    ],
    text: brokers.join(),
  })
  assert.throws(() => parseBrokers(brokers, false), /browser reaches no TCP port.*idb:\/\/.*memory:\/\//)
})
