// The message browser of the console: places, filters, views, live, sending again, files.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { sound } from '../lib/axe.mjs'
import { datasets } from '../lib/datasets.mjs'
import { eventually, flights, opened } from '../lib/demo.mjs'

const options = { timeout: 180_000 }

const site = opened()
const all = JSON.parse(await readFile(`${datasets}flights-20k.json`, 'utf8'))

test('the flights, for the tests to look through', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(site.url)
  await demo.load()
})

const messages = async (t, query = '') => {
  const demo = await site.tab(t)
  await demo.open(`${site.url}/#/topics/flights/messages${query}`)
  return demo
}

const status = (demo, text) => demo.get('page-status').getByText(text).waitFor()

test('a filter finds what the flights say, in all partitions, and the address holds it', options, async (t) => {
  const demo = await messages(t)
  const late = all.filter(({ delay, origin }) => delay > 180 && origin.startsWith('S')).length
  assert.ok(late > 3, `${late} flights are expected`)
  await demo.browse({ from: 'the oldest', filter: "value.delay > 180 && key.startsWith('S')" })
  await demo.found(late)
  await status(demo, `${flights.toLocaleString('en')} of ${flights.toLocaleString('en')} gone through`)
  await demo.reload()
  await demo.found(late)
  const rows = await demo.rows()
  assert.ok(rows.every(({ key }) => key.startsWith('S')))
  for (const each of new Set(rows.map(({ partition }) => partition))) {
    const offsets = rows.filter(({ partition }) => partition === each).map(({ offset }) => offset)
    assert.deepEqual(offsets, offsets.toSorted((a, b) => a - b), `partition ${each} is in its order`)
  }
  assert.deepEqual(demo.complaints, [])
})

test('a filter can be wrong, and can be about nothing that is there', options, async (t) => {
  const demo = await messages(t, '?partition=0&from=oldest')
  await demo.browse({ filter: 'value.delay >' })
  await demo.get('records').getByTestId('trouble').getByText('cannot be read').waitFor()
  await demo.browse({ filter: 'value.gate.number === 7' })
  await demo.get('filter-failed').getByText('Cannot read “number” of undefined').waitFor()
  await demo.found(0)
  // What is the page's is out of reach.
  await demo.browse({ filter: 'document.cookie' })
  await demo.get('filter-failed').getByText('“document” is not defined').waitFor()
  await demo.browse({ filter: "key.constructor.constructor('return 1')()" })
  await demo.get('filter-failed').waitFor()
  await demo.found(0)
})

test('more is read when it is asked for, from the newest backwards', options, async (t) => {
  const demo = await messages(t, '?partition=3')
  await demo.found(500)
  const [newest] = await demo.rows()
  await demo.get('more').click()
  await demo.found(1_000)
  // The list is as long as what was found; the page has only what is in view.
  const shown = await demo.rows()
  assert.ok(shown.length < 60, `${shown.length} rows are in the page`)
  await demo.get('record-list').press('End')
  await demo.get(`record-3-${newest.offset - 999}`).waitFor()
})

test('by keyboard one goes through the list, opens, steps on and closes', options, async (t) => {
  const demo = await messages(t, '?partition=2&offset=10')
  await demo.rowsFrom(10)
  const list = demo.get('record-list')
  await list.press('ArrowDown')
  await list.press('ArrowDown')
  await list.press('Enter')
  const detail = demo.get('record-detail')
  await detail.getByRole('heading', { name: 'Partition 2, offset 12' }).waitFor()
  await list.press('ArrowDown')
  await detail.getByRole('heading', { name: 'Partition 2, offset 13' }).waitFor()
  await sound(demo.page, 'an open record')
  await demo.page.setViewportSize({ width: 360, height: 740 })
  await sound(demo.page, 'an open record, narrow')
  await detail.getByRole('button', { name: 'Close' }).press('Enter')
  await detail.waitFor({ state: 'detached' })
  assert.equal(await list.evaluate((element) => element === document.activeElement), true)
})

test('a value is shown as JSON, text and hexadecimal; what is no text as hexadecimal', options, async (t) => {
  const demo = await messages(t, '?partition=2&offset=10')
  await demo.rowsFrom(10)
  await demo.get('record-2-10').click()
  const value = demo.get('record-detail').getByTestId('bytes').last()
  const view = (name) => demo.get('view').getByLabel(name).check({ force: true })
  assert.match(await value.innerText(), /^\{\n {2}"origin"/)
  await view('Hex')
  // {"origin":
  assert.match(await value.innerText(), /^000000 {2}7b 22 6f 72 69 67 69 6e {2}\{"origin\n000008 {2}22 3a/)
  await view('Text')
  assert.match(await value.innerText(), /^\{"origin":"/)
})

test('a record is sent again from a form that is filled in', options, async (t) => {
  const demo = await messages(t, '?partition=2&offset=10')
  await demo.rowsFrom(10)
  await demo.get('record-2-10').click()
  await demo.get('resend').click()
  const form = demo.get('produce-form')
  const key = form.locator('[name=key]')
  await eventually(async () => (await key.inputValue()) !== '', true, 'the key is filled in')
  assert.match(await form.locator('[name=value]').inputValue(), /^\{"origin":/)
  assert.equal(await form.getByLabel('Name of header 1').inputValue(), 'flight')
  await demo.get('send').click()
  const sent = demo.get('sent').locator('li')
  await sent.waitFor()
  assert.equal(await sent.getAttribute('data-partition'), '2')
  assert.equal(await sent.getAttribute('data-offset'), '3116')
})

test('what the filter shows can be had as a file', options, async (t) => {
  const demo = await messages(t, "?partition=2&from=oldest&filter=key%20%3D%3D%3D%20'HNL'%20%26%26%20value.delay%20%3E%2060")
  await demo.get('page-status').getByText(/([\d,]+) of \1 gone through/).waitFor()
  const rows = Number(await demo.get('record-list').getAttribute('data-rows'))
  assert.ok(rows > 0)
  const saved = async (id) => {
    const [download] = await Promise.all([demo.page.waitForEvent('download'), demo.get(id).click()])
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
  }
  const lines = await saved('export-jsonl')
  assert.equal(lines.name, 'flights.jsonl')
  const records = lines.text.trimEnd().split('\n').map((line) => JSON.parse(line))
  assert.equal(records.length, rows)
  assert.ok(records.every(({ key, value, headers }) => key === 'HNL' && JSON.parse(value).delay > 60 && headers[0][0] === 'flight'))
  const table = await saved('export-csv')
  assert.equal(table.name, 'flights.csv')
  const [head, first] = table.text.split('\r\n')
  assert.equal(head, 'partition,offset,timestamp,key,value,headers')
  assert.match(first, /^2,\d+,\d+,HNL,"\{""origin"":""HNL""/)
  assert.equal(table.text.split('\r\n').length, rows + 2)
})

test('live shows what is stored, can be paused, and leaves nothing out', options, async (t) => {
  const demo = await messages(t, "?from=live&filter=headers.from === 'live'")
  await demo.get('page-status').getByText('Live').waitFor()
  const other = await site.tab(t)
  await other.open(`${site.url}/#/topics/flights/produce`)
  const send = (value) => other.send({ key: 'DFW', value, headers: value === 'one' ? [['from', 'live']] : [] })
  await send('one')
  await demo.found(1)
  await demo.get('pause').click()
  await send('two')
  await send('three')
  await demo.get('page-status').getByText('Paused: 2 records since').waitFor()
  await demo.found(1)
  await demo.get('pause').click()
  await demo.found(3)
  const values = (await demo.rows()).map(({ value }) => value.trim())
  assert.deepEqual(values, ['three', 'two', 'one'])
  assert.deepEqual(demo.complaints, [])
})
