// The package in a real page, on both of Chromium's storage backends.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { backends, inBrowser } from '../lib/chromium.mjs'
import { serve } from '../lib/serve.mjs'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const timeout = 120_000
let server

before(async () => {
  server = await serve(dist)
})
after(() => server?.close())

async function open(browser, address = server) {
  const page = await browser.page(`${address.url}/package.html`)
  await page.waitForFunction(() => 'tests' in window)
  return page
}

for (const backend of Object.keys(backends)) {
  test(`records survive a reload, and offsets go on: ${backend}`, { timeout }, () =>
    inBrowser({ backend }, async (browser) => {
      const page = await open(browser)
      const first = await page.evaluate(async () => {
        const shop = window.tests.clients('idb://shop')
        await shop.create(2)
        return shop.send(['one', 'two'])
      })
      assert.equal(first, '0')

      await page.reload()
      await page.waitForFunction(() => 'tests' in window)
      const second = await page.evaluate(async () => {
        const shop = window.tests.clients('idb://shop')
        return { offset: await shop.send(['three']), read: await shop.read(3) }
      })
      assert.equal(second.offset, '2')
      assert.deepEqual(second.read.values, ['one', 'two', 'three'])
    }))

  test(`a record may be as large as its topic takes it: ${backend}`, { timeout }, () =>
    inBrowser({ backend }, async (browser) => {
      const page = await open(browser)
      await page.evaluate(async () => {
        const { kafka, send } = window.tests.clients('idb://shop')
        const admin = kafka.admin()
        await admin.connect()
        const configEntries = [{ name: 'max.message.bytes', value: '12000000' }]
        await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 1, configEntries }] })
        await admin.disconnect()
        await send(['a'.repeat(11_000_000), 'between', 'b'.repeat(5_000_000)])
      })
      await page.reload()
      await page.waitForFunction(() => 'tests' in window)
      const seen = await page.evaluate(async () => {
        const { values } = await window.tests.clients('idb://shop').read(3)
        return values.map((value) => [value.length, value[0], value.at(-1)])
      })
      assert.deepEqual(seen, [[11_000_000, 'a', 'a'], [7, 'b', 'n'], [5_000_000, 'b', 'b']])
    }))

  test(`damage is reported, and what is whole stays readable: ${backend}`, { timeout }, () =>
    inBrowser({ backend }, async (browser) => {
      const page = await open(browser)
      await page.evaluate(async () => {
        const shop = window.tests.clients('idb://shop')
        await shop.create(2)
        for (const value of ['first', 'second', 'third']) await shop.send([value])
        await shop.send(['elsewhere'], 1)
      })
      // The broker must read from storage, not from memory: another page, after the damage.
      await page.goto('about:blank')
      await page.goto(`${server.url}/package.html`)
      const damaged = await page.evaluate(damageBytes, 'second')
      assert.equal(damaged, 1)

      const { partition0, rest, partition1 } = await page.evaluate(async () => {
        const shop = window.tests.clients('idb://shop')
        return {
          partition0: await shop.read(3),
          rest: await shop.read(1, 0, '2'),
          partition1: await shop.read(1, 1),
        }
      })
      assert.deepEqual(partition0.values, ['first'])
      assert.ok(partition0.crash, 'the consumer stops at the damage, and says so')
      assert.match(partition0.crash, /orders/, 'the topic')
      assert.match(partition0.crash, /\b0\b/, 'the partition')
      assert.match(partition0.crash, /\b1\b/, 'the offset')
      assert.deepEqual(rest.values, ['third'])
      assert.deepEqual(partition1.values, ['elsewhere'])
    }))
}

// Chromium's newer backend does not mind the quota that is set for a test.
test('a full quota is a typed error, and reading and deleting go on', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const session = await browser.context.newCDPSession(page)
    const setQuota = (quotaSize) =>
      session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize })
    await setQuota(2_000_000)

    const failure = await page.evaluate(async () => {
      window.shop = window.tests.clients('idb://shop')
      await window.shop.create(1)
      await window.shop.send(['stored before'])
      for (let sent = 0; sent < 50; sent++) {
        const failure = await window.tests.failureOf(window.shop.send(['x'.repeat(500_000)]))
        if (failure) return failure
      }
    })
    assert.ok(failure, 'a send that has no room fails')
    assert.match(failure.name, /^KafkaJS/)
    assert.equal(failure.type, 'KAFKA_STORAGE_ERROR')

    const { values } = await page.evaluate(() => window.shop.read(1))
    assert.deepEqual(values, ['stored before'])

    // Opening it takes no room either.
    await page.reload()
    await page.waitForFunction(() => 'tests' in window)
    const again = await page.evaluate(() => {
      window.shop = window.tests.clients('idb://shop')
      return window.shop.read(1)
    })
    assert.deepEqual(again.values, ['stored before'])
    await page.evaluate(async () => {
      const admin = window.shop.kafka.admin()
      await admin.connect()
      await admin.deleteTopics({ topics: ['orders'] })
      await admin.disconnect()
    })

    await setQuota(undefined)
    const offset = await page.evaluate(async () => {
      await window.shop.create(1)
      return window.shop.send(['there is room again'])
    })
    assert.equal(offset, '0')
  }))

test('without IndexedDB connect() says so, and memory:// works', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const without = await serve(dist, 0, (path, content) =>
      path.endsWith('.js') ? `${refuseIndexedDb};${content}` : content,
    )
    try {
      const page = await open(browser, without)
      const { failure, read } = await page.evaluate(async () => {
        const shop = window.tests.clients('idb://shop')
        const failure = await window.tests.failureOf(shop.kafka.producer().connect())
        const memory = window.tests.clients('memory://shop')
        await memory.create(1)
        await memory.send(['kept for now'])
        return { failure, read: await memory.read(1) }
      })
      assert.match(failure.name, /^KafkaJS/)
      assert.match(failure.message, /idb:\/\/shop/)
      assert.deepEqual(read.values, ['kept for now'])
    } finally {
      await without.close()
    }
  }))

/** As in a private window of some browsers. */
const refuseIndexedDb = `Object.defineProperty(self.IDBFactory.prototype, 'open', {
  value() { throw new DOMException('The operation is insecure.', 'SecurityError') },
})`

/**
 * Runs in the page: changes one byte in every stored value that contains `text`. Returns how many
 * there were.
 */
async function damageBytes(text) {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const needle = new TextEncoder().encode(text)
  const find = (bytes) =>
    bytes.findIndex((_, at) => needle.every((byte, index) => bytes[at + index] === byte))
  let damaged = 0
  for (const { name } of await indexedDB.databases()) {
    const db = await done(indexedDB.open(name))
    for (const store of db.objectStoreNames) {
      const objects = db.transaction(store, 'readwrite').objectStore(store)
      const [keys, values] = await Promise.all([
        done(objects.getAllKeys()),
        done(objects.getAll()),
      ])
      for (const [index, value] of values.entries()) {
        if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value)) continue
        const bytes = new Uint8Array(value.buffer ?? value)
        const at = find(bytes)
        if (at < 0) continue
        bytes[at] ^= 1
        await done(objects.put(value, keys[index]))
        damaged++
      }
    }
    db.close()
  }
  return damaged
}

test('streams and loops over IndexedDB', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const seen = await page.evaluate(async () => {
      const { kafka, create } = window.tests.clients('idb://streams')
      await create(1)
      const numbers = new ReadableStream({
        start(controller) {
          for (let n = 0; n < 3_000; n++) controller.enqueue({ value: String(n) })
          controller.close()
        },
      })
      const topic = kafka.topic('orders')
      await numbers.pipeTo(topic.writable())
      let sum = 0
      for await (const { message } of topic.messages({ until: 'latest' })) sum += Number(message.value)

      const consumer = kafka.consumer({ groupId: 'readers' })
      await consumer.connect()
      await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
      const reader = consumer.readable().getReader()
      for (let n = 0; n < 10; n++) await reader.read()
      await reader.cancel()
      await consumer.disconnect()
      const admin = kafka.admin()
      await admin.connect()
      const [{ partitions }] = await admin.fetchOffsets({ groupId: 'readers', topics: ['orders'] })
      await admin.disconnect()
      return { sum, committed: partitions[0].offset }
    })
    assert.deepEqual(seen, { sum: (3_000 * 2_999) / 2, committed: '9' })
  }))
