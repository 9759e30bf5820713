// What the demo shows where it does not just work: a second tab, no IndexedDB, a load that was broken
// off; and whether everybody can use it.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sound } from '../lib/axe.mjs'
import { launch, newProfile } from '../lib/chromium.mjs'
import { Demo, eventually, flights } from '../lib/demo.mjs'
import { serve } from '../lib/serve.mjs'

const options = { timeout: 120_000 }

let server
let profile
let browser
before(async () => {
  server = await serve(fileURLToPath(new URL('../../web/dist/', import.meta.url)))
  profile = await newProfile()
  browser = await launch(profile.path)
})
after(async () => {
  await browser?.close()
  await profile?.remove()
  await server?.close()
})

/** A page that is closed when the work is done. */
async function withPage(work) {
  const page = await browser.context.newPage()
  try {
    await work(new Demo(page))
  } finally {
    await page.close()
  }
}

test('a load that was stopped goes on where it was', options, () =>
  withPage(async (demo) => {
    await demo.open(server.url)
    await demo.get('load-flights').click()
    await demo.get('load-progress').waitFor()
    await demo.get('stop-load').click()
    await demo.get('load-flights').getByText('Load the rest').waitFor()
    const stored = Number(await demo.get('measured').getAttribute('data-stored'))
    assert.ok(stored > 0 && stored < flights, `${stored} were stored`)
    await demo.holds(stored)
    await demo.reload()
    await demo.holds(stored)
    await demo.page.getByLabel('As fast as they are stored').check()
    await demo.get('load-flights').click()
    await demo.holds(flights)
    assert.deepEqual(demo.complaints, [])
  }),
)

test('the flights can be deleted while they are loaded, and loaded again', options, () =>
  withPage(async (demo) => {
    await demo.open(server.url)
    const startOver = async () => {
      await demo.get('confirm-delete').click()
      await demo.get('topic-flights').waitFor({ state: 'detached' })
      await demo.get('welcome').waitFor()
    }
    await demo.get('clear-flights').click()
    await startOver()
    await demo.get('load-flights').click()
    await demo.get('load-progress').waitFor()
    await demo.get('delete-topic').click()
    await startOver()
    await demo.load()
    assert.deepEqual(demo.complaints, [])
  }),
)

test('nobody is shut out: axe finds nothing, in either theme', options, () =>
  withPage(async (demo) => {
    await demo.open(server.url)
    await demo.get('record-table').waitFor()
    await demo.page.keyboard.press('Tab')
    await demo.page.keyboard.press('Enter')
    assert.equal(await demo.page.evaluate(() => document.activeElement?.id), 'main', 'the way past the top')
    for (const width of [1440, 360]) {
      await demo.page.setViewportSize({ width, height: 844 })
      for (const theme of ['Light', 'Dark']) {
        await demo.get('theme').getByLabel(theme).check({ force: true })
        await sound(demo.page, `the page, ${theme}, ${width} wide`)
        const out = await demo.page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement
          return scrollWidth - clientWidth
        })
        assert.equal(out, 0, `nothing sticks out at ${width}`)
        for (const id of ['new-topic', 'add-partitions', 'delete-topic']) {
          await demo.get(id).click()
          await demo.get(`${id}-dialog`).waitFor()
          await sound(demo.page, `${id}, ${theme}, ${width} wide`)
          await demo.page.keyboard.press('Escape')
          await demo.get(`${id}-dialog`).waitFor({ state: 'detached' })
        }
      }
    }
  }),
)

test('a second tab shares the broker, and goes on when the first is closed', options, () =>
  withPage((first) =>
    withPage(async (second) => {
      await first.open(server.url)
      await first.get('leader').getByText('runs in this tab').waitFor()
      await second.open(server.url)
      await second.get('leader').getByText('runs in another tab').waitFor()
      await second.holds(flights)
      const name = 'from-the-second-tab'
      await second.createTopic({ name, partitions: 1 })
      await second.holds(0)

      await first.page.goto('about:blank')
      await second.get('leader').getByText('runs in this tab').waitFor()
      await second.send({ key: 'to', value: 'Ottla' })
      await second.holds(1)
      await second.get('delete-topic').click()
      await second.get('confirm-delete').click()
      await second.get(`topic-${name}`).waitFor({ state: 'detached' })
      assert.deepEqual(second.complaints, [])
    }),
  ),
)

test('without IndexedDB, memory is offered and never chosen in silence', options, () =>
  withPage(async (demo) => {
    await demo.page.addInitScript(() => {
      Object.defineProperty(globalThis, 'indexedDB', { value: undefined })
    })
    await demo.page.goto(server.url)
    assert.equal(await demo.settled(), 'failed')
    assert.equal(await demo.get('failed').getAttribute('data-kind'), 'unavailable')
    await demo.get('use-memory').click()
    assert.equal(await demo.settled(), 'open')
    await demo.get('memory-banner').waitFor()
    assert.equal(await demo.get('storage').getAttribute('data-mode'), 'memory')
    await demo.load()
    const lanes = async () => (await demo.lanes()).length
    await eventually(lanes, 6, 'partitions')
  }),
)

test('full storage is said, and reading and deleting go on', options, async () => {
  // A browser of its own, as one remembers for a while how much room there is.
  const profile = await newProfile()
  const browser = await launch(profile.path)
  try {
    const demo = new Demo(await browser.page())
    const session = await browser.context.newCDPSession(demo.page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 400_000 })
    await demo.open(server.url)
    await demo.createTopic({ name: 'letters', partitions: 1 })
    await demo.holds(0)
    await demo.send({ key: 'to', value: 'Ottla' })
    await demo.holds(1)

    const form = demo.get('produce-form')
    // What compresses takes little room.
    await form.locator('[name=value]').fill(randomBytes(500_000).toString('hex'))
    await demo.get('send').click()
    const full = demo.get('produce').locator('[data-testid=trouble][data-kind=full]')
    await full.waitFor({ timeout: 60_000 })

    await demo.holds(1)
    const [letter] = await demo.rowsFrom(0)
    assert.deepEqual([letter.key, letter.value], ['to', 'Ottla'])
    await demo.get('delete-topic').click()
    await demo.get('confirm-delete').click()
    await demo.get('topic-letters').waitFor({ state: 'detached' })
  } finally {
    await browser.close()
    await profile.remove()
  }
})

test('damage is reported by partition and offset, and what is whole is read', options, () =>
  withPage(async (demo) => {
    // A page of the same origin on which no broker runs.
    await demo.page.goto(`${server.url}/ottla.svg`)
    await demo.page.evaluate(damageOneBatch)
    await demo.open(server.url)
    await demo.get('log').waitFor()
    const report = /topic flights partition (\d+): offsets (\d+) to (\d+) are damaged/
    const [, partition, first] = report.exec(await demo.get('log').innerText()).map(Number)
    await demo.browse({ partition, from: 'an offset', offset: first - 10 })
    const whole = await demo.rowsFrom(first - 10)
    assert.equal(whole.at(-1).offset, first - 1)
    await demo.get('records').getByTestId('trouble').waitFor()
    await demo.browse({ from: 'the last page' })
    await eventually(async () => (await demo.rows()).length, 50, 'records behind the damage')
    await demo.browse({ partition: (partition + 1) % 6, from: 'the first record' })
    await demo.rowsFrom(0)
  }),
)

/** Runs in the page: spoils a byte in the middle of the log. */
async function damageOneBatch() {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const database = await done(indexedDB.open('ottla:flights'))
  const store = database.transaction('log', 'readwrite').objectStore('log')
  // A key is the log, the first offset of the segment, and the end of the piece within it.
  const key = (await done(store.getAllKeys())).find(([, segment]) => segment > 100)
  const bytes = new Uint8Array(await done(store.get(key)))
  bytes[bytes.length >> 1] ^= 0xff
  await done(store.put(bytes, key))
  database.close()
}
