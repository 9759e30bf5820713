// The demo, as somebody uses it who came to look: on the built page, with both storage backends.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backends, launch, newProfile } from '../lib/chromium.mjs'
import { Demo, eventually, flights, served } from '../lib/demo.mjs'

const partitions = 6
const airports = 220
const pageSize = 500

const site = served()

for (const backend of Object.keys(backends)) {
  test(`the demo: ${backend}`, { timeout: 300_000 }, async (t) => {
    const profile = await newProfile()
    let browser = await launch(profile.path, { backend })
    try {
      let demo = new Demo(await browser.page())
      await demo.open(site.url)
      await t.test('the flights fill the partitions', () => fill(demo))
      await t.test('records are found by partition, offset and time', () => browse(demo))
      const own = await produceOwn(t, demo)
      await t.test('topics are made, changed and deleted', () => topics(demo))
      await t.test('a wrong name or value gets the answer that Kafka gives', () => refused(demo))
      await t.test('after a reload everything is there', () => reload(demo, own))
      assert.deepEqual(demo.complaints, [], 'the page complained of nothing')

      await t.test('after the browser was killed everything is there', async () => {
        await browser.kill()
        browser = await launch(profile.path, { backend })
        demo = new Demo(await browser.page())
        await demo.open(site.url)
        await isThere(demo, own)
      })
    } finally {
      await browser.close()
      await profile.remove()
    }
  })
}

async function fill(demo) {
  await demo.load()
  const keys = async () => (await demo.lanes()).reduce((sum, { keys }) => sum + keys, 0)
  await eventually(keys, airports, 'each airport is a key of exactly one partition')
  const lanes = await demo.lanes()
  assert.equal(lanes.length, partitions)
  assert.ok(lanes.every(({ low, high }) => low === 0 && high > 0))
  assert.equal(lanes.reduce((sum, { high }) => sum + high, 0), flights)
  await demo.topic('flights', 'Configuration')
  // Flights of 2001 would not outlive the default of seven days.
  const retention = demo.get('config-retention.ms')
  assert.match(await retention.innerText(), /-1 for ever\s+set here · otherwise 604800000/)
}

async function browse(demo) {
  await demo.topic('flights')
  await eventually(async () => (await demo.lanes()).length, partitions, 'partitions')
  const [, , , lane] = await demo.lanes()
  await demo.browse({ partition: 3, from: 'an offset', offset: 100 })
  const rows = await demo.rowsFrom(100)
  assert.deepEqual(rows.map(({ offset }) => offset), rows.map((_, at) => 100 + at))
  await demo.found(pageSize)
  await demo.get('more').click()
  await demo.found(2 * pageSize)

  await demo.browse({ from: 'a time', time: '2001-02-01T00:00' })
  const isFound = async () => (await demo.rows())[0]?.time >= '2001-02-01'
  await eventually(isFound, true, 'the list begins at or after the time')
  const [first] = await demo.rows()
  assert.match(first.time, /^2001-02-01 /)
  await demo.browse({ from: 'an offset', offset: first.offset - 1 })
  const [earlier] = await demo.rowsFrom(first.offset - 1)
  assert.match(earlier.time, /^2001-01-31 /)

  await demo.browse({ from: 'the newest' })
  await demo.rowsFrom(lane.high - 1)

  await demo.browse({ from: 'an offset', offset: lane.high + 1000 })
  await demo.get('page-status').getByText('does not exist yet').waitFor()

  await demo.browse({ from: 'the oldest' })
  const [{ key }] = await demo.rowsFrom(0)
  await demo.get('record-3-0').click()
  assert.match(await demo.get('record-detail').innerText(), new RegExp(`"origin": "${key}"`))
}

async function produceOwn(t, demo) {
  let own
  await t.test('a record of one’s own goes where its key says', async () => {
    await demo.tab('Partitions')
    await eventually(async () => (await demo.lanes()).length, partitions, 'partitions')
    const before = await demo.lanes()
    // Murmur2 of DFW modulo 6, as Java computes it.
    const partition = 1
    own = await demo.send({ key: 'DFW', value: '{"mine": "ähem"}', headers: [['from', 'a test']] })
    assert.equal(own.partition, partition)
    assert.equal(own.offset, before[partition].high)
    assert.match(own.why, /The hash of “DFW” modulo 6 is 1/)
    await demo.get('sent').getByRole('link', { name: 'Look at it' }).first().click()
    const [row] = await demo.rowsFrom(own.offset)
    assert.deepEqual([row.key, row.value.trim()], ['DFW', 'mine ähem'])
    await demo.get(`record-1-${own.offset}`).click()
    assert.match(await demo.get('record-detail').innerText(), /from:?\s*a test/)

    const tombstone = await demo.send({ key: 'DFW', value: null, partition: 4 })
    assert.equal(tombstone.partition, 4)
    assert.equal(tombstone.offset, before[4].high)
    await demo.get('sent').getByRole('link', { name: 'Look at it' }).first().click()
    const [dead] = await demo.rowsFrom(tombstone.offset)
    assert.equal(dead.value, 'tombstone')
    await demo.holds(flights + 2)
  })
  return own
}

async function topics(demo) {
  await demo.createTopic({ name: 'parcels', partitions: 2, durability: 'strict' })
  await demo.holds(0)
  await demo.tab('Configuration')
  await demo.page.locator('[data-testid="config-ottla.durability"][data-value=strict]').waitFor()
  const { partition } = await demo.send({ key: 'truck-7', value: 'left depot' })
  await demo.holds(1)
  await demo.tab('Partitions')
  await eventually(async () => (await demo.lanes())[partition]?.high, 1, 'the record’s partition')

  await demo.get('add-partitions').click()
  const adding = demo.get('add-partitions-dialog')
  await adding.getByLabel('Partitions in all').fill('5')
  await adding.getByTestId('moved').waitFor()
  await adding.getByRole('button', { name: 'Add 3 partitions' }).click()
  await eventually(async () => (await demo.lanes()).length, 5, 'partitions')
  await demo.holds(1)

  await demo.get('delete-topic').click()
  const deleting = demo.get('delete-topic-dialog')
  assert.match(await deleting.innerText(), /parcels.+5 partitions.+1 record/s)
  await deleting.getByRole('button', { name: 'Keep the topic' }).click()
  await demo.get('delete-topic').click()
  await demo.get('confirm-delete').click()
  await demo.get('topic-flights').waitFor()
  await demo.get('topic-parcels').waitFor({ state: 'detached' })
  await demo.topic('flights')
  await demo.holds(flights + 2)
}

async function refused(demo) {
  const wrong = [
    [{ name: 'no spaces', partitions: 1 }, /INVALID_TOPIC_EXCEPTION/],
    [{ name: 'none', partitions: 0 }, /INVALID_PARTITIONS/],
    [{ name: 'flights', partitions: 1 }, /There is a topic of this name/],
  ]
  for (const [topic, answer] of wrong) {
    const dialog = await demo.createTopic(topic)
    assert.match(await dialog.getByTestId('trouble').innerText(), answer)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  await demo.topic('flights')
  await demo.get('add-partitions').click()
  const adding = demo.get('add-partitions-dialog')
  await adding.getByLabel('Partitions in all').fill('2')
  await adding.getByRole('button', { name: 'Add partitions' }).click()
  assert.match(await adding.getByTestId('trouble').innerText(), /INVALID_PARTITIONS/)
  await demo.page.keyboard.press('Escape')
  await adding.waitFor({ state: 'detached' })
  assert.equal((await demo.lanes()).length, partitions)
}

async function reload(demo, own) {
  await demo.reload()
  await isThere(demo, own)
}

async function isThere(demo, own) {
  await demo.topic('flights')
  await demo.holds(flights + 2)
  const keys = async () => (await demo.lanes()).reduce((sum, { keys }) => sum + keys, 0)
  await eventually(keys, airports + 1, 'keys: DFW is in a second partition by hand')
  await demo.browse({ partition: own.partition, from: 'an offset', offset: own.offset })
  const [row] = await demo.rowsFrom(own.offset)
  assert.deepEqual([row.key, row.value.trim()], ['DFW', 'mine ähem'])
}
