// Groups in the console: the list, one group, and its offsets set to the start, the end, a time and exact
// numbers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, opened } from '../lib/demo.mjs'

const options = { timeout: 120_000 }

const site = opened()

const committed = (demo) =>
  demo.page
    .locator('[data-testid^=progress-][data-topic]')
    .evaluateAll((rows) => rows.map(({ dataset }) => dataset.committed ?? '-').join(' '))

const lag = (demo) => demo.get('group-lag').getAttribute('data-lag')

test('a group is listed, looked at, sent elsewhere and deleted', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(site.url)
  await demo.createTopic({ name: 'jobs', partitions: 2 })
  await demo.holds(0)
  for (const [partition, times] of [[0, 3], [1, 2]]) {
    for (let at = 0; at < times; at++) await demo.send({ key: 'k', value: `${at}`, partition })
  }
  await demo.holds(5)
  await demo.tab('Groups')
  await demo.get('add-member').click()
  await eventually(() => demo.get('group-billing').getAttribute('data-lag'), '0', 'lag')
  await eventually(() => committed(demo), '3 2', 'committed offsets')

  await demo.to('Groups')
  const row = demo.get('row-billing')
  await row.getByText('stable').waitFor()
  assert.match(await row.innerText(), /jobs\s+1\s+0/)
  await row.getByRole('link').click()
  await demo.get('member').waitFor()
  // While it works, nobody takes its place away.
  assert.equal(await demo.get('delete-group').isDisabled(), true)
  assert.equal(await demo.get('reset-jobs').isDisabled(), true)
  await demo.get('member').getByRole('button', { name: 'Stop' }).click()
  await demo.page.getByRole('heading', { name: 'No members' }).waitFor()

  const reset = async (choose) => {
    await demo.get('reset-jobs').click()
    const dialog = demo.get('reset-dialog')
    await choose(dialog)
    await demo.page.locator('[data-testid=confirm-reset]:not([disabled])').waitFor()
    const meaning = await dialog.getByTestId('reset-meaning').innerText()
    await demo.get('confirm-reset').click()
    await dialog.waitFor({ state: 'detached' })
    return meaning
  }
  assert.match(await reset((dialog) => dialog.getByLabel('the start').check()), /^5 records will be read again\.$/)
  await eventually(() => committed(demo), '0 0', 'at the start')
  await eventually(() => lag(demo), '5', 'lag')

  const exact = await reset(async (dialog) => {
    await dialog.getByLabel('an offset for each partition').check()
    await dialog.getByLabel('Offset of partition 0').fill('2')
    await dialog.getByLabel('Offset of partition 1').fill('1')
  })
  assert.match(exact, /^3 records will be skipped\.$/)
  await eventually(() => committed(demo), '2 1', 'exactly there')

  await reset(async (dialog) => {
    await dialog.getByLabel('a time').check()
    await dialog.getByLabel('Time (UTC)').fill('2001-01-01T00:00')
  })
  await eventually(() => committed(demo), '0 0', 'at the first records since 2001')
  await reset(async (dialog) => {
    await dialog.getByLabel('a time').check()
    await dialog.getByLabel('Time (UTC)').fill('2100-01-01T00:00')
  })
  await eventually(() => committed(demo), '3 2', 'nothing is that young')
  await reset((dialog) => dialog.getByLabel('the start').check())
  await reset((dialog) => dialog.getByLabel('the end').check())
  await eventually(() => committed(demo), '3 2', 'at the end')

  await demo.get('delete-group').click()
  const deleting = demo.get('delete-group-dialog')
  assert.match(await deleting.innerText(), /offsets that it has committed for 2 partitions of jobs/)
  await demo.get('confirm-delete-group').click()
  await demo.page.getByText('No group has read anything yet').waitFor()
  assert.deepEqual(demo.complaints, [])
})
