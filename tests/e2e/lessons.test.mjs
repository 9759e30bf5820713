// The lessons of the demo: each does what it says, and shows what the broker answers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../lib/demo.mjs'
import { lessonsOpened } from '../lib/lessons.mjs'

const options = { timeout: 180_000 }
const site = lessonsOpened()

const place = ({ partition, offset }) => `${partition}-${offset}`
const unique = (records) => new Set(records.map(place)).size

test('delivery: a queue divides, subscribers get what is new, the late one gets all, and again', options, async (t) => {
  const it = await site.lesson(t, 'delivery', 'step=3')
  const topic = await it.tokens('topic-orders')
  assert.equal(topic.length, 6)
  const workers = async () => [...(await it.tokens('reader-worker A')), ...(await it.tokens('reader-worker B'))]
  assert.equal((await workers()).length, 6)
  assert.equal(unique(await workers()), 6, 'each record to one worker')
  assert.equal((await it.tokens('reader-mail')).length, 0, 'nothing of before for a subscriber')

  await it.next()
  const all = await it.tokens('topic-orders')
  assert.equal(all.length, 12)
  assert.equal((await workers()).length, 12)
  assert.equal(unique(await workers()), 12)
  const isNew = (record) => !topic.some((before) => place(before) === place(record))
  const news = all.filter(isNew).map(place).sort()
  for (const name of ['mail', 'stock']) {
    assert.deepEqual((await it.tokens(`reader-${name}`)).map(place).sort(), news, `${name} has every new record`)
  }

  await it.next()
  const late = await it.tokens('reader-audit')
  assert.deepEqual(late.map(place).sort(), all.map(place).sort())
  await it.next()
  const twice = await it.tokens('reader-audit')
  assert.equal(twice.length, 24)
  assert.deepEqual(twice.slice(12).map(place).sort(), all.map(place).sort())
  assert.deepEqual(await it.tokens('topic-orders'), all, 'the log is as it was')
  assert.deepEqual(it.complaints, [])
})

// Hashes as org.apache.kafka.common.utils.Utils.murmur2 gives them in Kafka's own test.
test('keys: the hash is Java’s, and the broker’s answer is where it leads', options, async (t) => {
  const it = await site.lesson(t, 'keys')
  for (const [key, hash] of [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['abc', 479470107],
  ]) {
    const field = it.get('stage').getByRole('textbox', { name: 'Key' })
    await field.fill(key)
    await eventually(() => it.get('hash').innerText(), String(hash), `the hash of ${key}`)
    const positive = Number(await it.get('positive').innerText())
    assert.equal(positive, hash & 0x7fffffff)
    assert.equal(await it.get('computed').innerText(), `partition ${positive % 3}`)
    const before = (await it.tokens('topic-events')).length
    await it.get('send-key').click()
    await eventually(async () => (await it.tokens('topic-events')).length, before + 1, 'a record more')
    await it.says('answer', 'partition', positive % 3)
  }
  assert.deepEqual(it.complaints, [])
})

test('keys: a key’s order holds, the topic’s does not; with more partitions keys move', options, async (t) => {
  const it = await site.lesson(t, 'keys', 'step=4&key=truck-7')
  const sent = (await it.row('sent')).split(', ')
  const read = (await it.row('read')).split(', ')
  assert.equal(sent.length, 17)
  assert.deepEqual(read.toSorted(), sent.toSorted())
  assert.notDeepEqual(read, sent)
  const keys = new Set(sent.map((record) => record.split(' ')[0]))
  assert.ok(keys.size > 3)
  for (const key of keys) {
    const own = (records) => records.filter((record) => record.startsWith(`${key} `))
    assert.deepEqual(own(read), own(sent), `the order of ${key}`)
    assert.equal(new Set(own(sent).map((record) => record.split(' ')[1].split('-')[0])).size, 1, `${key} keeps to a partition`)
  }
  await it.next()
  const tokens = await it.tokens('topic-events')
  assert.equal(tokens.length, 17 + keys.size)
  const partitions = (key) => new Set(tokens.filter((token) => token.key === key).map(({ partition }) => partition)).size
  const moved = new Set(tokens.filter(({ state }) => state === 'moved').map(({ key }) => key))
  for (const key of keys) assert.equal(moved.has(key), partitions(key) > 1, `${key} is marked where it moved`)
  assert.ok(moved.size > 0)
})

test('trucks: right by truck_id; wrong without a key, by status, and with partitions added', options, async (t) => {
  const it = await site.lesson(t, 'trucks', 'step=2')
  await it.says('trial-truck_id', 'state', 'good')
  const wrong = () => it.page.locator('[data-testid^=belief-][data-wrong=true]').count()
  assert.equal(await wrong(), 0)
  for (const way of ['none', 'status', 'grown']) {
    await it.next()
    await it.says(`trial-${way}`, 'state', 'bad')
    assert.ok(Number(await it.get(`trial-${way}`).getAttribute('data-late')) > 0, `${way}: some came late`)
    assert.ok((await wrong()) > 0, `${way}: aggregates are wrong`)
  }
  // Those whose partition did not change are right.
  assert.ok((await wrong()) < 6)
  assert.equal((await it.tokens('stage')).length, 42)
  assert.deepEqual(it.complaints, [])
})

test('a group: partitions move, a member that stops loses nothing, one that crashes leaves work to do again', options, async (t) => {
  const it = await site.lesson(t, 'group', 'step=1')
  const witness = await site.witness(t)
  const broker = await it.broker()
  const agree = async (what) => {
    const { records, members, committed } = await witness.ask(broker, 'orders', 'billing')
    const shown = await it.page.locator('[data-testid^=member-][data-partitions]').evaluateAll((slots) =>
      slots.map(({ dataset }) => [dataset.testid.slice('member-'.length), dataset.partitions]),
    )
    assert.deepEqual(shown, Object.entries(members).map(([name, partitions]) => [name, partitions.join(' ')]), `${what}: members`)
    const tokens = await it.tokens('topic-orders')
    assert.deepEqual(tokens.map(place), records.map(place), `${what}: records`)
    for (const [partition, offset] of Object.entries(committed)) {
      await it.says(`progress-${partition}`, 'committed', offset, `${what}: committed`)
    }
    return { members, tokens }
  }
  assert.deepEqual(Object.keys((await agree('one member')).members), ['A'])
  await it.next()
  await it.next()
  const { members } = await agree('three members')
  assert.deepEqual(Object.values(members).map((partitions) => partitions.length).sort(), [1, 1, 2])
  await it.next()
  const stopped = await agree('one has left')
  assert.deepEqual(Object.keys(stopped.members), ['B', 'C'])
  assert.equal(stopped.tokens.filter(({ state }) => state.includes('twice')).length, 0, 'nothing was given twice')
  await it.next()
  const crashed = await agree('one has crashed')
  assert.equal(Object.keys(crashed.members).length, 1)
  const twice = crashed.tokens.filter(({ state }) => state.includes('twice')).length
  assert.ok(twice >= 3, `${twice} records were given again`)

  // The same by hand.
  await it.get('add-member').click()
  await it.get('member-D').waitFor()
  await it.page.locator('[data-testid=add-member]:not([disabled])').waitFor()
  assert.deepEqual(Object.keys((await agree('one came by hand')).members).at(-1), 'D')
  await it.get('member-D').getByRole('button', { name: 'Crash' }).click()
  await it.get('member-D').waitFor({ state: 'detached' })
  await it.page.locator('[data-testid=add-member]:not([disabled])').waitFor()
  assert.equal(Object.keys((await agree('and is gone')).members).length, 1)
  assert.deepEqual(it.complaints, [])
})

test('windows: each is a member, and one that is closed is missed', options, async (t) => {
  const it = await site.lesson(t, 'windows')
  const witness = await site.witness(t)
  const popups = []
  it.page.on('popup', (popup) => popups.push(popup))
  for (let step = 0; step < 3; step++) await it.next()
  assert.equal(popups.length, 2)
  const three = await witness.ask(await it.broker(), 'jobs', 'windows')
  assert.deepEqual(Object.keys(three.members).sort(), ['window-1', 'window-2', 'window-3'])
  for (const [name, partitions] of Object.entries(three.members)) await it.says(name, 'partitions', partitions.join(' '))
  const seat = popups[0].getByTestId('seat')
  await eventually(() => seat.getAttribute('data-partitions'), three.members['window-2'].join(' '), 'what the window says')
  assert.equal(three.records.length, 20)
  await it.next()
  const two = await witness.ask(await it.broker(), 'jobs', 'windows')
  assert.deepEqual(Object.keys(two.members).sort(), ['window-1', 'window-2'])
  assert.ok(popups[1].isClosed())
  // A person closes the other.
  await popups[0].close()
  await it.says('windows', 'members', 1)
  assert.deepEqual(it.complaints, [])
})

test('retention and compaction: what is drawn is what is there', options, async (t) => {
  const it = await site.lesson(t, 'retention', 'step=1')
  const witness = await site.witness(t)
  const agree = async (topic) => {
    const { ends, records } = await witness.ask(await it.broker(), topic)
    const there = (await it.tokens(`segments-${topic}`)).filter(({ state }) => state !== 'gone')
    assert.deepEqual(there.map(({ offset }) => offset), records.map(({ offset }) => offset), topic)
    await it.says(`segments-${topic}`, 'start', ends[0].low)
    return { records, start: ends[0].low }
  }
  assert.equal((await agree('clicks')).records.length, 24)
  await it.next()
  assert.equal((await agree('clicks')).start, 12, 'three hours of six are left')
  await it.next()
  const bounded = await agree('clicks')
  assert.ok(bounded.start > 12 && bounded.records.length > 0, 'the oldest went by size')

  await it.next()
  const full = (await agree('positions')).records
  assert.equal(full.length, 16)
  const table = (records) => Object.fromEntries(records.map(({ key, value }) => [key, value]))
  await it.next()
  const compacted = (await agree('positions')).records
  const closed = compacted.filter(({ offset }) => offset < 12)
  assert.equal(new Set(closed.map(({ key }) => key)).size, closed.length, 'one value of each key is left')
  assert.deepEqual(table(compacted), table(full), 'the same table')
  await it.next()
  const deleted = (await agree('positions')).records
  assert.deepEqual(deleted.filter(({ key }) => key === 'truck-2').map(({ value }) => value), [null], 'a tombstone is left')
  await it.next()
  const forgotten = (await agree('positions')).records
  assert.deepEqual(forgotten.filter(({ key }) => key === 'truck-2'), [])
  const shown = await it.get('table').locator('div').evaluateAll((rows) => rows.map(({ dataset }) => [dataset.key, dataset.value]))
  assert.deepEqual(Object.fromEntries(shown.filter(([, value]) => value !== '')), table(forgotten))
  assert.deepEqual(it.complaints, [])
})

test('the leader dies, hands over, and nothing is lost or doubled', options, async (t) => {
  const it = await site.lesson(t, 'leader', 'step=1')
  const epoch = async () => Number(await it.get('hosts').getAttribute('data-epoch'))
  const leader = () => it.page.locator('[data-testid=host][data-leads=true]').innerText()
  const before = { epoch: await epoch(), leader: await leader() }
  await it.next()
  assert.ok((await epoch()) > before.epoch)
  assert.notEqual(await leader(), before.leader)
  const killed = { epoch: await epoch() }
  await it.next()
  assert.ok((await epoch()) > killed.epoch)
  await it.next()
  const count = Object.fromEntries(Object.entries(await it.get('counts').evaluate(({ dataset }) => ({ ...dataset }))))
  assert.equal(count.found, count.confirmed)
  assert.equal(count.doubled, '0')
  assert.equal(count.ordered, 'true')
  assert.equal(count.confirmed, await it.get('bars').getAttribute('data-writes'))
  const witness = await site.witness(t)
  const { records } = await witness.ask(await it.broker(), 'ledger')
  assert.equal(String(records.length), count.confirmed, 'as the broker says')
  assert.deepEqual(it.complaints, [])
})

test('tables: the changelog brings the table back, and a compacted one does, too', options, async (t) => {
  const it = await site.lesson(t, 'tables', 'step=2')
  await it.says('sums', 'right', true)
  const sums = () => it.get('sums').locator('[data-truck]').evaluateAll((rows) => rows.map(({ dataset }) => dataset.sum))
  const before = await sums()
  await it.next()
  assert.deepEqual(await sums(), ['', '', '', ''])
  await it.next()
  assert.deepEqual(await sums(), before)
  await it.says('sums', 'replayed', 14)
  await it.next()
  assert.deepEqual(await sums(), before)
  await it.says('sums', 'right', true)
  assert.ok(Number(await it.get('sums').getAttribute('data-replayed')) < 14)
  assert.deepEqual(it.complaints, [])
})
