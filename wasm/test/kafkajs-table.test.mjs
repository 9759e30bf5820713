// KAFKAJS.md against KafkaJS's own declarations, and against what there is.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import KafkaJS from 'kafkajs'
import * as Ottla from 'ottla'
import { membersOfKafkaJS } from '../types/members.mjs'

const members = await membersOfKafkaJS()
const rows = (await readFile(new URL('../KAFKAJS.md', import.meta.url), 'utf8'))
  .split('\n')
  .flatMap((line) => {
    const [, of, names, state, text] = /^\| `(\w+)` \| (.+?) \| (\w+) \| (.*?) *\|$/.exec(line) ?? []
    return of ? [{ of, names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name), state, text }] : []
  })
const absent = new Set(
  [...members.keys()].filter((name) => rows.filter(({ of }) => of === name).every(({ state }) => state === 'absent')),
)

test('the parser of the declarations sees what is known to be there', () => {
  const of = (name) => [...members.get(name).members]
  assert.ok(members.size > 150, `${members.size} exports`)
  assert.ok(['send', 'sendBatch', 'on', 'transaction'].every((name) => of('Producer').includes(name)))
  assert.deepEqual(of('ConsumerFetchEvent'), ['numberOfBatches', 'duration', 'nodeId'])
  assert.ok(of('ConsumerEndBatchProcessEvent').includes('duration'))
  assert.deepEqual(of('CompressionTypes'), ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'])
  assert.deepEqual(of('Assignment'), [])
})

test('the table lists every member of KafkaJS once, and nothing else', () => {
  const listed = rows.flatMap(({ of, names }) => (names.length > 0 ? names : ['—']).map((name) => `${of}.${name}`))
  const expected = [...members].flatMap(([of, { members }]) => [...members].map((name) => `${of}.${name}`))
  // A dash stands for the type itself, where it has no members, or beside them.
  const types = new Set([...members.keys()].map((name) => `${name}.—`))
  const named = listed.filter((name) => !types.has(name))
  assert.deepEqual([...named].sort(), expected.sort())
  for (const [of, { members: some }] of members) {
    assert.ok(some.size > 0 || listed.includes(`${of}.—`), `${of} is not listed`)
  }
  assert.equal(new Set(listed).size, listed.length, 'each once')
})

test('what is different says how, and what is absent says why', () => {
  for (const { of, names, state, text } of rows) {
    assert.ok(['same', 'different', 'absent'].includes(state), `${of}: ${state}`)
    assert.equal(text !== '', state !== 'same', `${of} ${names}: ${state}, "${text}"`)
  }
})

test('the types of everything that is not absent are held against KafkaJS’s', async () => {
  const source = await readFile(new URL('../types/against-kafkajs.ts', import.meta.url), 'utf8')
  for (const [name, { kind }] of members) {
    if (['const', 'var', 'enum'].includes(kind)) continue
    const isHeld = new RegExp(`^export type (Gives|Takes|Same)${name} = `, 'm').test(source)
    assert.equal(isHeld, !absent.has(name) || name === 'Transaction', name)
  }
})

test('what can be imported from KafkaJS can be imported from here', () => {
  for (const [name, { kind, members: some }] of members) {
    if (!['class', 'const', 'var', 'enum'].includes(kind)) continue
    assert.equal(typeof Ottla[name], typeof KafkaJS[name], name)
    if (kind === 'enum') {
      for (const key of some) assert.equal(Ottla[name][key], KafkaJS[name][key], `${name}.${key}`)
    }
  }
})

test('producers, consumers and admins have the members that the table says', () => {
  const kafka = new Ottla.Kafka({ brokers: ['memory://members'] })
  const made = { Kafka: kafka, Producer: kafka.producer(), Consumer: kafka.consumer({ groupId: 'g' }), Admin: kafka.admin() }
  const theirs = new KafkaJS.Kafka({ brokers: ['127.0.0.1:1'], logLevel: KafkaJS.logLevel.NOTHING })
  const known = { Kafka: theirs, Producer: theirs.producer(), Consumer: theirs.consumer({ groupId: 'g' }), Admin: theirs.admin() }
  for (const [name, object] of Object.entries(made)) {
    for (const member of members.get(name).members) {
      assert.equal(typeof object[member], typeof known[name][member], `${name}.${member}`)
    }
    if (object.events) assert.deepEqual(object.events, known[name].events)
  }
})

test('what is absent from an admin and a producer says so', async () => {
  const kafka = new Ottla.Kafka({ brokers: ['memory://members'] })
  for (const { of, names, state } of rows) {
    if (state !== 'absent' || !['Admin', 'Producer'].includes(of)) continue
    const object = of === 'Admin' ? kafka.admin() : kafka.producer()
    for (const name of names) {
      await assert.rejects(object[name]({}), { name: 'KafkaJSNotImplemented', retriable: false }, name)
    }
  }
})
