// Consumer groups in the demo: members in several tabs, and what adding partitions does to keys.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sound } from '../lib/axe.mjs'
import { eventually, opened } from '../lib/demo.mjs'

const options = { timeout: 120_000 }

const site = opened()

async function newTab(t) {
  const demo = await site.tab(t)
  await demo.open(site.url)
  return demo
}

/** What the members that a tab shows have, the largest share first. */
const shares = async (demo) => {
  const all = await demo.get('member').evaluateAll((rows) => rows.map(({ dataset }) => dataset.partitions))
  return all
    .map((partitions) => partitions.split(' ').filter((each) => each !== '').length)
    .sort((a, b) => b - a)
    .join(' ')
}

const addMember = async (demo) => {
  await demo.get('add-member').click()
  await demo.page.locator('[data-testid=add-member]:not([disabled])').waitFor()
}

test('partitions move between the members of several tabs', options, async (t) => {
  const first = await newTab(t)
  await first.createTopic({ name: 'jobs', partitions: 4 })
  await first.holds(0)
  for (const partition of [0, 1, 2, 3]) await first.send({ key: 'k', value: 'v', partition })
  await first.holds(4)
  await first.tab('Groups')
  await addMember(first)
  await eventually(() => shares(first), '4', 'one member has all')
  const lag = (demo) => demo.get('group-billing').getAttribute('data-lag')
  await eventually(() => lag(first), '0', 'lag of the group')

  const second = await newTab(t)
  await second.topic('jobs', 'Groups')
  await eventually(() => shares(second), '4', 'the other tab sees the member')
  await addMember(second)
  await eventually(() => shares(first), '2 2', 'seen by the first tab')
  await eventually(() => shares(second), '2 2', 'seen by the second tab')
  const places = await first.get('member').evaluateAll((rows) =>
    rows.map((row) => row.querySelector('.member-name .quiet').textContent.replace(/[0-9a-f]{4}$/, '…')),
  )
  assert.deepEqual(places.sort(), ['tab …', 'this tab'])

  await first.get('add-partitions').click()
  const adding = first.get('add-partitions-dialog')
  await adding.getByLabel('Partitions in all').fill('6')
  await adding.getByRole('button', { name: 'Add 2 partitions' }).click()
  await eventually(() => shares(first), '3 3', 'members take up the new partitions')

  await second.page.goto('about:blank')
  await eventually(() => shares(first), '6', 'a closed tab leaves what it has')
  await first.send({ key: 'k', value: 'v', partition: 5 })
  await first.tab('Groups')
  await eventually(() => lag(first), '0', 'lag of the group')

  for (const width of [1440, 360]) {
    await first.page.setViewportSize({ width, height: 844 })
    for (const theme of ['Light', 'Dark']) {
      await first.get('theme').getByLabel(theme).check({ force: true })
      await sound(first.page, `a group, ${theme}, ${width} wide`)
    }
    const isWithin = await first.get('groups').evaluate((part) => {
      const { right } = part.getBoundingClientRect()
      return [...part.querySelectorAll('*')].every((each) => each.getBoundingClientRect().right <= right)
    })
    assert.ok(isWithin, `nothing sticks out of the panel at ${width}`)
  }

  const group = first.get('group-billing')
  await group.getByRole('button', { name: 'Stop' }).click()
  await group.getByText('no members').waitFor()
  assert.equal(await lag(first), '0')
  await group.getByRole('button', { name: 'Reset offsets' }).click()
  await first.get('confirm-reset').click()
  await eventually(() => lag(first), '5', 'all that is stored is to be read again')
  await group.getByRole('button', { name: 'Delete group' }).click()
  await first.get('confirm-delete-group').click()
  await group.waitFor({ state: 'detached' })
  assert.deepEqual(first.complaints, [])
  assert.deepEqual(second.complaints, [])
})

// The partitions as KafkaJS computes them.
test('what more partitions do to keys is shown before', options, async (t) => {
  const demo = await newTab(t)
  await demo.createTopic({ name: 'trucks', partitions: 2 })
  await demo.holds(0)
  await demo.send({ key: 'truck-1', value: 'left depot' })
  await demo.holds(1)
  await demo.get('add-partitions').click()
  const dialog = demo.get('add-partitions-dialog')
  const rows = () =>
    dialog.locator('tbody tr').evaluateAll((rows) =>
      rows.map(({ cells }) => [...cells].map(({ innerText }) => innerText.trim()).join(' ')).join(', '),
    )
  await eventually(rows, 'truck-1 0 0 stays', 'the key that was seen')
  await dialog.getByLabel('Keys to try').fill('truck-1 truck-2, truck-3,truck-7')
  await eventually(rows, 'truck-2 0 2 moves, truck-3 0 2 moves, truck-7 1 0 moves, truck-1 0 0 stays', 'the keys that were typed')
  assert.equal(await dialog.getByTestId('moved').getAttribute('data-moved'), '3')
  assert.match(await dialog.innerText(), /order of a key’s records across the change is not kept/)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await demo.tab('Partitions')
  await eventually(async () => (await demo.lanes()).length, 2, 'partitions')
})
