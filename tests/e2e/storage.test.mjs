// The database itself: what earlier releases made, upgrades, a full quota, and a database that is gone.

import assert from 'node:assert/strict'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { contentsOf } from '../fixtures/contents.mjs'
import { backends, inBrowser, launch, newProfile } from '../lib/chromium.mjs'
import { deleteDatabase, restoreDatabase } from '../lib/idb-dump.mjs'
import { serve } from '../lib/serve.mjs'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const fixtures = new URL('../fixtures/', import.meta.url)
const timeout = 120_000
let server

before(async () => {
  server = await serve(dist)
})
after(() => server?.close())

async function open(browser, address = server) {
  const page = await browser.page(`${address.url}/package.html`)
  await ready(page)
  return page
}

async function ready(page) {
  await page.waitForFunction(() => 'tests' in window)
}

/** Gives a page `noise()`: some 100,000 characters that nothing can compress by much. */
async function withNoise(page) {
  await page.evaluate(() => {
    window.noise = () => {
      const numbers = crypto.getRandomValues(new Uint32Array(15_000))
      return Array.from(numbers, (number) => number.toString(36)).join('')
    }
  })
}

/** A page on which the package was not loaded: no broker runs, and the database can be looked at. */
async function beside(browser, address = server) {
  const page = await browser.page()
  await page.goto(`${address.url}/no-such-page`)
  return page
}

// Offsets that were committed expire: the clock stands where the fixture was made.
const clockAt = (ms) =>
  `if (!globalThis.clockIsSet) { globalThis.clockIsSet = true
  const now = Date.now.bind(Date), begun = now(); Date.now = () => ${ms} + now() - begun };`

for (const file of (await readdir(fixtures)).filter((name) => name.endsWith('.json'))) {
  for (const backend of Object.keys(backends)) {
    test(`a database of ${file} opens, and has what it had: ${backend}`, { timeout }, () =>
      inBrowser({ backend }, async (browser) => {
        const { madeAt, contents, dump } = JSON.parse(await readFile(new URL(file, fixtures), 'utf8'))
        const then = await serve(dist, 0, (path, content) =>
          path.endsWith('.js') ? `${clockAt(madeAt)}${content}` : content,
        )
        try {
          const page = await beside(browser, then)
          await page.evaluate(restoreDatabase, { name: 'ottla:fixture', dump })
          await page.goto(`${then.url}/package.html`)
          await ready(page)
          assert.deepEqual(await page.evaluate(contentsOf, 'idb://fixture'), contents)
          // It can be written to, and has this version's layout.
          const sent = await page.evaluate(async () => {
            const shop = window.tests.clients('idb://fixture')
            return shop.send(['after the upgrade'])
          })
          assert.equal(sent, contents.topics.orders.partitions[0].high)
          const stores = await page.evaluate(async () => {
            const request = indexedDB.open('ottla:fixture')
            await new Promise((resolve) => (request.onsuccess = resolve))
            const { version, objectStoreNames } = request.result
            request.result.close()
            return { version, stores: [...objectStoreNames] }
          })
          assert.deepEqual(stores, { version: 3, stores: ['leader', 'log', 'metadata', 'reserve'] })
        } finally {
          await then.close()
        }
      }))
  }
}

test('a database of a later version is refused, and it is said what to do', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const failure = await page.evaluate(async () => {
      await new Promise((resolve) => {
        const request = indexedDB.open('ottla:shop', 99)
        request.onsuccess = () => resolve(request.result.close())
      })
      return window.tests.failureOf(window.tests.clients('idb://shop').create(1))
    })
    assert.equal(failure.name, 'KafkaJSStorageError')
    assert.equal(failure.reason, 'newer')
    assert.equal(failure.retriable, false)
    assert.match(failure.message, /later version.*reload the page, or update/)
  }))

test('an upgrade that is blocked does not hang, and goes on when it is free', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const failure = await page.evaluate(async () => {
      // As an earlier version that does not let go, such as one in a frozen tab.
      const request = indexedDB.open('ottla:shop', 2)
      request.onupgradeneeded = () => {
        const database = request.result
        for (const store of ['log', 'metadata']) database.createObjectStore(store)
        const leader = database.createObjectStore('leader', { autoIncrement: true })
        leader.createIndex('one', '', { unique: true })
      }
      await new Promise((resolve) => (request.onsuccess = resolve))
      window.blocking = request.result
      const { Kafka, logLevel } = window.tests.ottla
      const brokers = ['idb://shop']
      const kafka = new Kafka({ brokers, storageTimeout: 4_000, logLevel: logLevel.NOTHING })
      return window.tests.failureOf(kafka.producer().connect())
    })
    assert.equal(failure.name, 'KafkaJSStorageError')
    assert.equal(failure.reason, 'blocked')
    assert.equal(failure.retriable, true)
    assert.match(failure.message, /close that tab/)
    const offset = await page.evaluate(async () => {
      window.blocking.close()
      const shop = window.tests.clients('idb://shop')
      await shop.create(1)
      return shop.send(['now'])
    })
    assert.equal(offset, '0')
  }))

test('a tab that leads lets a later version upgrade the database', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    await page.evaluate(async () => {
      window.shop = window.tests.clients('idb://shop')
      await window.shop.create(1)
      await window.shop.send(['one'])
    })
    const other = await beside(browser)
    const upgraded = await other.evaluate(
      () =>
        new Promise((resolve) => {
          const request = indexedDB.open('ottla:shop', 99)
          request.onsuccess = () => resolve(true)
          request.onerror = () => resolve(false)
        }),
    )
    assert.ok(upgraded)
    const failure = await page.evaluate(() => window.tests.failureOf(window.shop.send(['two'])))
    assert.ok(failure, 'what it sends is not stored')
    const again = await page.evaluate(() => window.tests.failureOf(window.shop.create(1)))
    assert.equal(again.reason, 'newer')
  }))

for (const backend of Object.keys(backends)) {
  test(`in a full storage offsets are committed and records deleted: ${backend}`, { timeout }, () =>
    inBrowser({ backend }, async (browser) => {
      const page = await open(browser)
      await withNoise(page)
      const session = await browser.context.newCDPSession(page)
      const setQuota = (quotaSize) =>
        session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize })
      await setQuota(20_000_000)
      await page.evaluate(async () => {
        const shop = (window.shop = window.tests.clients('idb://shop'))
        await shop.create(1)
        window.admin = shop.kafka.admin()
        await window.admin.connect()
        window.setOffset = (offset) =>
          window.admin.setOffsets({
            groupId: 'g',
            topic: 'orders',
            partitions: [{ partition: 0, offset: String(offset) }],
          })
        await window.setOffset(0)
      })
      // The reserve comes a moment after the broker.
      await page.waitForFunction(async () => {
        const [{ usableBytes }] = await window.admin.describeLogDirs()
        return usableBytes > 0
      })
      const failure = await page.evaluate(async () => {
        for (let sent = 0; sent < 1_000; sent++) {
          const failure = await window.tests.failureOf(window.shop.send([window.noise()]))
          if (failure) return failure
        }
      })
      assert.equal(failure?.name, 'KafkaJSStorageError')
      assert.equal(failure.reason, 'full')
      assert.equal(failure.type, 'KAFKA_STORAGE_ERROR')
      const { low, high } = await page.evaluate(async () => {
        for (let offset = 1; offset <= 50; offset++) await window.setOffset(offset)
        await window.admin.deleteTopicRecords({
          topic: 'orders',
          partitions: [{ partition: 0, offset: '3' }],
        })
        return (await window.admin.fetchTopicOffsets('orders'))[0]
      })
      assert.equal(low, '3')
      assert.ok(Number(high) > 10)
      const committed = await page.evaluate(() =>
        window.admin.fetchOffsets({ groupId: 'g', topics: ['orders'] }),
      )
      assert.equal(committed[0].partitions[0].offset, '50')

      // With room, the reserve comes back, and producers are served again.
      await setQuota(undefined)
      await page.waitForFunction(
        async () => !(await window.tests.failureOf(window.shop.send(['room again']))),
        undefined,
        { timeout: 60_000 },
      )
    }))
}

test('producers are refused before the browser does it, where it tells of its quota', { timeout }, () =>
  inBrowser({ args: ['--disable-features=IdbSqliteBackingStore,StaticStorageQuota'] }, async (browser) => {
    const page = await open(browser)
    await withNoise(page)
    const session = await browser.context.newCDPSession(page)
    const quotaSize = 40_000_000
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize })
    await page.evaluate(async () => {
      const { Kafka } = window.tests.ottla
      window.shop = window.tests.clients('idb://shop')
      await window.shop.create(1)
      window.admin = new Kafka({ brokers: ['idb://shop'] }).admin()
      await window.admin.connect()
    })
    await page.waitForFunction(async (quotaSize) => {
      const [{ usableBytes }] = await window.admin.describeLogDirs()
      return usableBytes > 0 && usableBytes < quotaSize
    }, quotaSize)
    const failure = await page.evaluate(async () => {
      for (let sent = 0; sent < 400; sent++) {
        const failure = await window.tests.failureOf(window.shop.send([window.noise()]))
        if (failure) return failure
      }
    })
    assert.equal(failure?.reason, 'full')
    const [, left] = /(\d+) bytes are left, fewer than ottla\.headroom\.bytes/.exec(failure.message) ?? []
    assert.ok(Number(left) > 0, failure.message)
  }))

test('a database that is deleted is missed, while it is open and while it is not', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const other = await open(browser)
    const first = await page.evaluate(async () => {
      window.shop = window.tests.clients('idb://shop')
      await window.shop.create(1)
      await window.shop.send(['one', 'two', 'three'])
      return (await window.shop.kafka.inspect()).clusterId
    })
    for (const each of [page, other]) {
      await each.evaluate(async () => {
        window.notices = []
        window.shop ??= window.tests.clients('idb://shop')
        await window.shop.kafka.onStorage((notice) => window.notices.push(notice))
        window.reader = window.shop.kafka.consumer()
        await window.reader.connect()
        window.reader.assign([{ topic: 'orders', partition: 0, offset: '3' }])
        window.reader.on(window.reader.events.CRASH, ({ payload }) => {
          window.crash = { type: payload.error.type, message: payload.error.message }
        })
        await window.reader.run({ eachMessage: () => {} })
      })
    }
    await page.evaluate(deleteDatabase, 'ottla:shop')
    for (const each of [page, other]) {
      await each.waitForFunction(() => window.notices.length > 0)
      const { notices, found } = await each.evaluate(async () => ({
        notices: window.notices,
        found: await window.shop.kafka.inspect(),
      }))
      assert.equal(notices.length, 1)
      assert.equal(notices[0].type, 'vanished')
      assert.equal(notices[0].formerClusterId, first)
      assert.equal(notices[0].clusterId, found.clusterId)
      assert.notEqual(found.clusterId, first)
      assert.deepEqual(found.storage.vanished.map(({ clusterId }) => clusterId), [first])
    }
    // Who stands at offset 3 of the topic that was hears that it is gone.
    await page.evaluate(async () => {
      await window.shop.create(1)
      await window.shop.send(['anew'])
    })
    for (const each of [page, other]) {
      await each.waitForFunction(() => window.crash, undefined, { timeout: 60_000 })
      const { type } = await each.evaluate(() => window.crash)
      assert.ok(['OFFSET_OUT_OF_RANGE', 'UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC_OR_PARTITION'].includes(type), type)
    }

    const second = await page.evaluate(async () => (await window.shop.kafka.inspect()).clusterId)
    await other.close()
    await page.goto(`${server.url}/no-such-page`)
    await page.evaluate(deleteDatabase, 'ottla:shop')
    await page.goto(`${server.url}/package.html`)
    await ready(page)
    const vanished = await page.evaluate(async () => {
      const shop = window.tests.clients('idb://shop')
      const notice = new Promise((resolve) => void shop.kafka.onStorage(resolve))
      await shop.create(1)
      await notice
      return (await shop.kafka.inspect()).storage.vanished.map(({ clusterId }) => clusterId)
    })
    assert.deepEqual(vanished, [first, second])
  }))

test('a backup goes from one database to another; half of one does not stay', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const { before, size } = await page.evaluate(async () => {
      const shop = window.tests.clients('idb://shop')
      await shop.create(2)
      for (let at = 0; at < 20; at++) await shop.send(['x'.repeat(50_000)], at % 2)
      window.file = await new Response(shop.kafka.export()).blob()
      const { kafka } = window.tests.clients('idb://other')
      await kafka.import(window.file)
      const before = []
      for (const { kafka } of [shop, window.tests.clients('idb://other')]) {
        const { topics } = await kafka.inspect()
        before.push(topics.filter(({ isInternal }) => !isInternal))
      }
      return { before, size: window.file.size }
    })
    assert.ok(size > 1_000_000)
    assert.deepEqual(before[0], before[1])

    await page.evaluate(async () => {
      const { kafka } = window.tests.clients('idb://half')
      async function* half() {
        yield new Uint8Array(await window.file.slice(0, window.file.size / 2).arrayBuffer())
        window.isHalf = true
        await new Promise(() => {})
      }
      void kafka.import(half())
    })
    await page.waitForFunction(async () => {
      if (!window.isHalf) return false
      const { topics } = await window.tests.clients('idb://half').kafka.inspect()
      return topics.some(({ name, bytes }) => name === 'orders' && bytes > 0)
    })
    await page.reload()
    await ready(page)
    const left = await page.evaluate(async () => {
      const { kafka } = window.tests.clients('idb://half')
      return (await kafka.inspect()).topics.map(({ name }) => name)
    })
    assert.deepEqual(left, [])
  }))

test('persistence is asked for, and what came of it is told', { timeout }, () =>
  inBrowser({}, async (browser) => {
    const page = await open(browser)
    const [looked, asked] = await page.evaluate(async () => {
      const { persistence } = window.tests.ottla
      return [await persistence({ request: false }), await persistence()]
    })
    assert.equal(looked.asked, false)
    assert.equal(looked.granted, undefined)
    assert.equal(asked.asked, true)
    // Headless browsers do not grant it.
    assert.equal(asked.granted, false)
    assert.equal(asked.persisted, false)
    assert.ok(asked.quota > 0)
    assert.equal(typeof asked.usage, 'number')
  }))

// LevelDB loses all that is written behind half a record (github.com/google/leveldb/issues/1287).
test('what a killed browser left half written in its log does no harm', { timeout }, async () => {
  const profile = await newProfile()
  const databases = join(profile.path, 'Default', 'IndexedDB')
  const logs = async () =>
    (await readdir(databases, { recursive: true })).filter((name) => /leveldb\/\d+\.log$/.test(name))
  const session = async (use) => {
    const browser = await launch(profile.path, { backend: 'leveldb' })
    try {
      const page = await open(browser)
      await page.evaluate(() => void (window.shop = window.tests.clients('idb://shop')))
      await use(page)
    } finally {
      await browser.kill()
    }
  }
  try {
    await session((page) =>
      page.evaluate(async () => {
        await window.shop.create(1)
        await window.shop.send(['one'])
      }),
    )
    const [log, ...others] = await logs()
    assert.deepEqual(others, [], 'LevelDB has one log')
    // Of 4,096 bytes there are two.
    await appendFile(join(databases, log), Uint8Array.of(1, 2, 3, 4, 0, 16, 1, 5, 6))

    await session(async (page) => {
      await page.evaluate(() => window.shop.send(['two']))
      for (let tries = 0; (await logs()).includes(log); tries++) {
        assert.ok(tries < 300, `${log} is still written to`)
        await sleep(100)
      }
      await page.evaluate(() => window.shop.send(['three']))
    })
    await session(async (page) => {
      const { values } = await page.evaluate(() => window.shop.read(3))
      assert.deepEqual(values, ['one', 'two', 'three'])
    })
  } finally {
    await profile.remove()
  }
})
