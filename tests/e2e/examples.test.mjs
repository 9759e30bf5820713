// KafkaJS's documented examples: with KafkaJS against ottla-native, and with Ottla in Node, over TCP and
// in Chromium, an application sees the same.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as ottla from 'ottla'
import { examples, runExample } from '../examples/all.mjs'
import { launch, newProfile } from '../lib/chromium.mjs'
import { serve } from '../lib/serve.mjs'

const path = (to) => fileURLToPath(new URL(to, import.meta.url))
// The build that `cargo test` leaves.
process.env.OTTLA_NATIVE ??= path('../../target/debug/ottla-native')
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
const { startOttla } = await import('../conformance/brokers.mjs')

const require = createRequire(import.meta.url)
// Its errors are declared among its exports, and not exported.
const kafkajs = { ...require('kafkajs/src/errors'), ...require('kafkajs') }

const timeout = 120_000
let native
/** For Ottla over TCP: the examples make the same topics. */
let other
let server
let profile
let browser
let page

before(async () => {
  const command = process.env.OTTLA_NATIVE
  assert.ok(existsSync(command), `${command} is missing: cargo build --package ottla-native`)
  ;[native, other] = await Promise.all([startOttla(), startOttla()])
  server = await serve(path('../dist/'))
  profile = await newProfile()
  browser = await launch(profile.path)
  page = await browser.page(`${server.url}/examples.html`)
  await page.waitForFunction(() => 'runExample' in window)
})

after(async () => {
  await browser?.close()
  await profile?.remove()
  await server?.close()
  await native?.stop()
  await other?.stop()
})

// Most of the time is spent waiting: KafkaJS's consumers wait for each other, and for fetches.
test("KafkaJS's documented examples", { timeout, concurrency: 8 }, async (t) => {
  await Promise.all(
    Object.keys(examples).map((name) =>
      t.test(name, { timeout }, async () => {
        const theirs = await runExample(name, kafkajs, [native.bootstrap])
        const [inNode, overTcp, inBrowser] = await Promise.all([
          runExample(name, ottla, ['memory://examples']),
          runExample(name, ottla, [other.bootstrap]),
          page.evaluate((name) => window.runExample(name, 'idb://examples'), name),
        ])
        assert.deepEqual(inNode, theirs, 'memory:// in Node')
        assert.deepEqual(overTcp, theirs, 'host:port in Node')
        assert.deepEqual(inBrowser, theirs, 'idb:// in Chromium')
      }),
    ),
  )
})
