// The packed package by itself: what is in it, its types, and what it does in Node.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { before, test } from 'node:test'
import { project, tarball } from './lib/project.mjs'

const timeout = 600_000
const root = fileURLToPath(new URL('../../', import.meta.url))
const use = (name) => `
const kafka = new Kafka({ brokers: ['memory://shop'], logLevel: 1 })
const producer = kafka.producer()
await producer.connect()
await producer.send({ topic: 'orders', messages: [{ key: 'truck-7', value: 'left depot' }] })
const consumer = kafka.consumer()
await consumer.connect()
consumer.assign([{ topic: 'orders', partition: 0, offset: 'earliest' }])
const ${name} = await new Promise((resolve) => {
  consumer.run({ eachMessage: ({ message }) => resolve(message.key + ': ' + message.value) })
})
await consumer.disconnect()
await producer.disconnect()
`

const node = `
import { createRequire } from 'node:module'

const timers = process.getActiveResourcesInfo().length
const { Kafka } = await import('ottla')
if (process.getActiveResourcesInfo().length > timers) console.log(process.getActiveResourcesInfo())
else console.log('nothing is under way')
${use('seen')}
console.log(seen)
if (createRequire(import.meta.url)('ottla').Kafka === Kafka) console.log('required')
`

const vitest = `
import { Kafka } from 'ottla'
import { expect, test } from 'vitest'

test('a record is read as it was sent', async () => {
  ${use('seen')}
  expect(seen).toBe('truck-7: left depot')
})
`

const types = `
import { type EachMessagePayload, init, Kafka, KafkaJSError, logLevel } from 'ottla'
import { Kafka as Inline } from 'ottla/inline'

async function use(): Promise<void> {
  await init({ wasm: new URL('https://example.org/ottla.wasm') })
  const kafka: Kafka = new Inline({ brokers: ['idb://shop'], logLevel: logLevel.ERROR })
  const consumer = kafka.consumer({ groupId: 'shop' })
  const seen: string[] = []
  await consumer.run({
    eachMessage: async ({ message }: EachMessagePayload) => {
      seen.push(message.value?.toString() ?? '')
    },
  })
  // @ts-expect-error
  await kafka.producer().send({ topic: 1, messages: [] })
}

use().catch((error: unknown) => error instanceof KafkaJSError)
`

const tsconfig = {
  compilerOptions: { target: 'es2022', lib: ['es2022', 'dom'], strict: true, types: [], noEmit: true },
  files: ['types.ts'],
}

let made

before(async () => {
  made = await project('package', {
    'types.ts': types,
    'tsconfig.json': JSON.stringify(tsconfig),
    'node.mjs': node,
    'vitest.test.js': vitest,
  })
})

test('it has what it needs and nothing of the machine it was built on', async () => {
  const dir = join(made.dir, 'node_modules/ottla')
  const text = (path) => readFile(join(dir, path), 'utf8')
  assert.equal(await text('LICENSE'), await readFile(join(root, 'LICENSE'), 'utf8'))
  assert.match(await text('README.md'), /^# ottla/)
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((each) => each.isFile())
  assert.ok(files.some(({ name }) => name === 'ottla.wasm'))
  for (const { name, parentPath } of files) {
    const bytes = await readFile(join(parentPath, name))
    assert.ok(!bytes.includes(root), `${name} names the folder of the build`)
  }
})

test('publint finds nothing', { timeout }, async () => {
  await made.run('publint', 'run', await tarball(), '--strict')
})

test('the types are not wrong', { timeout }, async () => {
  // It is made of ES modules alone; the WebAssembly is a file, no module.
  await made.run('attw', await tarball(), '--profile', 'esm-only', '--exclude-entrypoints', 'ottla.wasm')
})

for (const resolution of ['bundler', 'nodenext']) {
  test(`types hold without those of Node: ${resolution}`, { timeout }, async () => {
    const module = resolution === 'bundler' ? 'es2022' : resolution
    await made.run('tsc', '--module', module, '--moduleResolution', resolution)
  })
}

test('Node: imported without work, required, and used', { timeout }, async () => {
  assert.equal(await made.run('node', 'node.mjs'), 'nothing is under way\ntruck-7: left depot\nrequired\n')
})

test('Vitest', { timeout }, async () => {
  assert.match(await made.run('vitest', 'run'), /1 passed/)
})
