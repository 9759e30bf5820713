// What the demo shows where it does not just work: a second tab, no IndexedDB, a load that was broken
// off.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { sound } from '../lib/axe.mjs'
import { inBrowser } from '../lib/chromium.mjs'
import { Demo, eventually, flights, opened } from '../lib/demo.mjs'
import { deleteDatabase } from '../lib/idb-dump.mjs'

const options = { timeout: 120_000 }

const site = opened()

test('a load that was stopped goes on where it was', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(site.url)
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
})

test('the flights can be deleted while they are loaded, and loaded again', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(site.url)
  await demo.get('clear-flights').click()
  await demo.get('confirm-delete').click()
  await demo.holds(0)
  await demo.get('load-flights').click()
  await demo.get('load-progress').waitFor()
  await demo.topic('flights')
  await demo.get('delete-topic').click()
  await demo.get('confirm-delete').click()
  await demo.page.getByText('None yet.').waitFor()
  await demo.load()
  assert.deepEqual(demo.complaints, [])
})

test('a second tab shares the broker, and goes on when the first is closed', options, async (t) => {
  const first = await site.tab(t)
  const second = await site.tab(t)
  await first.open(site.url)
  await first.get('leader').getByText('runs in this tab').waitFor()
  await second.open(site.url)
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
  await second.get('topic-flights').waitFor()
  await second.get(`topic-${name}`).waitFor({ state: 'detached' })
  assert.deepEqual(second.complaints, [])
})

test('without IndexedDB, memory is offered and never chosen in silence', options, async (t) => {
  const demo = await site.tab(t)
  await demo.page.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', { value: undefined })
  })
  await demo.page.goto(site.url)
  assert.equal(await demo.settled(), 'failed')
  assert.equal(await demo.get('failed').getAttribute('data-kind'), 'unavailable')
  await demo.page.setViewportSize({ width: 360, height: 760 })
  await sound(demo.page, 'no IndexedDB')
  const over = await demo.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.equal(over, 0, 'nothing sticks out')
  await demo.get('use-memory').click()
  assert.equal(await demo.settled(), 'open')
  await demo.get('memory-banner').waitFor()
  assert.equal(await demo.get('storage').getAttribute('data-mode'), 'memory')
  await demo.load()
  const lanes = async () => (await demo.lanes()).length
  await eventually(lanes, 6, 'partitions')
})

test('full storage is said, and reading and deleting go on', options, () =>
  // A browser of its own, as one remembers for a while how much room there is.
  inBrowser({}, async (browser) => {
    const demo = new Demo(await browser.page())
    const session = await browser.context.newCDPSession(demo.page)
    // Room for what the broker keeps in reserve, and for less than what is sent below.
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: 1_400_000 })
    await demo.open(site.url)
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
    await demo.get('full').waitFor()
    await sound(demo.page, 'full storage')

    await demo.holds(1)
    await demo.tab('Messages')
    const [letter] = await demo.rowsFrom(0)
    assert.deepEqual([letter.key, letter.value], ['to', 'Ottla'])
    await demo.get('delete-topic').click()
    await demo.get('confirm-delete').click()
    await demo.page.getByText('None yet.').waitFor()
    // With room again, and a deletion takes its time to make some, nothing is said of it any more.
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: 100_000_000 })
    await demo.get('full').waitFor({ state: 'detached', timeout: 60_000 })
  }))

test('a database that is deleted meanwhile is said to be gone, in every tab, and the console goes on', options, async (t) => {
  const demo = await site.tab(t)
  const other = await site.tab(t)
  await demo.open(site.url)
  await demo.holds(flights)
  await other.open(`${site.url}/#/topics/flights/messages`)
  await other.get('record-list').locator('.record-row').first().waitFor()
  await demo.page.evaluate(deleteDatabase, 'ottla:flights')
  for (const each of [demo, other]) {
    await each.get('vanished').waitFor()
    await sound(each.page, 'a vanished database')
  }
  await other.page.getByRole('heading', { level: 1, name: 'No topic flights' }).waitFor()
  await demo.get('vanished').getByRole('button', { name: 'Dismiss' }).click()
  await demo.get('vanished').waitFor({ state: 'detached' })
  await demo.load()
  await demo.reload()
  await demo.holds(flights)
  assert.equal(await demo.get('vanished').count(), 0)
})

test('damage is reported by partition and offset, and what is whole is read', options, async (t) => {
  const demo = await site.tab(t)
  // A page of the same origin on which no broker runs.
  await demo.page.goto(`${site.url}/ottla.svg`)
  await demo.page.evaluate(damageOneBatch)
  await demo.open(site.url)
  await demo.get('log').waitFor()
  const report = /topic flights partition (\d+): offsets (\d+) to (\d+) are damaged/
  const [, partition, first] = report.exec(await demo.get('log').innerText()).map(Number)
  await demo.topic('flights')
  await demo.browse({ partition, from: 'an offset', offset: first - 10 })
  const whole = await demo.rowsFrom(first - 10)
  assert.equal(whole.at(-1).offset, first - 1)
  await demo.get('records').getByTestId('trouble').waitFor()
  await demo.browse({ from: 'the newest' })
  await demo.get('record-list').locator('.record-row').first().waitFor()
  await demo.browse({ partition: (partition + 1) % 6, from: 'the oldest' })
  await demo.rowsFrom(0)
})

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
  const key = (await done(store.getAllKeys())).find((key) => key[1] > 100)
  const bytes = new Uint8Array(await done(store.get(key)))
  bytes[bytes.length >> 1] ^= 0xff
  await done(store.put(bytes, key))
  database.close()
}
