// What all lessons have in common: steps that can be held, moved by beats, begun anew and linked to;
// the keyboard; reduced motion; nothing that jumps.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../lib/demo.mjs'
import { lessons, lessonsOpened } from '../lib/lessons.mjs'

const options = { timeout: 180_000 }
const site = lessonsOpened()

const stateOf = (it) => it.lesson.getAttribute('data-state')

test('a step can be held, moved by one beat, and go on', options, async (t) => {
  const it = await site.lesson(t, 'delivery', 'pace=0.5')
  const sent = async () => (await it.tokens('topic-orders')).length
  await it.get('next').click()
  await it.get('hold').click()
  assert.equal(await stateOf(it), 'held')
  // What was under way when it was held may still arrive; from the first beat on it is one at a time.
  let before = await sent()
  for (let beat = 0; beat < 2; beat++) {
    await it.get('beat').click()
    await eventually(async () => (await sent()) > before, true, 'a record more')
    before = await sent()
    assert.equal(await stateOf(it), 'held')
    assert.ok(before < 6)
  }
  await it.get('resume').click()
  await it.idle(1)
  assert.equal(await sent(), 6)
})

test('all steps are played, and the lesson begins anew with the same records', options, async (t) => {
  const it = await site.lesson(t, 'delivery', 'seed=7&step=1')
  const first = await it.row('topic-orders')
  await it.get('again').click()
  await it.idle(0)
  assert.equal(await it.row('topic-orders'), '')
  await it.get('play').click()
  await it.idle(6)
  const all = await it.row('topic-orders')
  const shown = new Set(all.split(', '))
  assert.equal(shown.size, 12)
  assert.ok(first.split(', ').every((record) => shown.has(record)), 'the same six, and six more')
  await it.get('after').click()
  await it.page.locator('[data-testid=lesson][data-lesson=keys]').waitFor()
  assert.deepEqual(it.complaints, [])
})

test('a link brings back the lesson, its step, its choices and its records', options, async (t) => {
  const it = await site.lesson(t, 'delivery', 'partitions=2&seed=5')
  for (let step = 0; step < 2; step++) await it.next()
  const records = await it.row('topic-orders')
  const address = new URL(it.page.url())
  assert.match(address.hash, /^#\/learn\/delivery\?/)
  assert.match(address.hash, /step=2/)
  const other = await site.lesson(t, 'delivery', address.hash.split('?')[1])
  assert.equal(await other.done(), 2)
  assert.equal(await other.row('topic-orders'), records)
  assert.equal(await other.page.locator('[data-testid^=partition-]').count(), 2)

  const seeded = await site.lesson(t, 'delivery', 'partitions=2&seed=6&step=2')
  assert.notEqual(await seeded.row('topic-orders'), records)

  // Steps are links of their own, and the browser’s back button knows them.
  await other.get('steps').getByRole('link').nth(3).click()
  await other.idle(4)
  await other.page.goBack()
  await other.idle(2)
  assert.equal(await other.row('topic-orders'), records)
  assert.equal(await other.get('fields').getByLabel('Partitions').inputValue(), '2')
  await other.get('fields').getByLabel('Partitions').selectOption('4')
  await other.idle(0)
  await eventually(() => other.page.locator('[data-testid^=partition-]').count(), 4, 'partitions')
  assert.deepEqual(other.complaints, [])
})

test('a lesson is taken by the keyboard alone', options, async (t) => {
  const it = await site.lesson(t, 'keys')
  await it.get('next').focus()
  for (let step = 1; step <= 2; step++) {
    await it.page.keyboard.press('Enter')
    await it.idle(step)
  }
  assert.equal(await it.get('next').evaluate((button) => button === document.activeElement), true)
  await it.get('stage').getByRole('textbox', { name: 'Key' }).focus()
  await it.page.keyboard.press('Control+A')
  await it.page.keyboard.type('truck-12')
  await it.page.keyboard.press('Enter')
  await eventually(async () => (await it.tokens('topic-events')).length, 6, 'a record more')
  // Long rows are moved through by the arrow keys.
  const row = it.get('topic-events').getByRole('region').first()
  await row.focus()
  assert.equal(await row.evaluate((element) => element === document.activeElement), true)
})

test('who wants less motion gets none', options, async (t) => {
  const it = await site.lesson(t, 'trucks')
  const moving = () =>
    it.page.evaluate(() => {
      const parts = [...document.querySelectorAll('.lesson-stage *')]
      return parts.filter((part) => {
        const { animationName, transitionDuration } = getComputedStyle(part)
        return animationName !== 'none' || transitionDuration !== '0s'
      }).length
    })
  await it.next()
  assert.ok((await moving()) > 0, 'otherwise, something moves')
  await it.page.emulateMedia({ reducedMotion: 'reduce' })
  await it.next()
  assert.equal(await moving(), 0)
})

for (const slug of lessons) {
  test(`nothing jumps while ${slug} is played`, options, async (t) => {
    const it = await site.lesson(t, slug)
    await it.page.evaluate(() => {
      window.shifts = []
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
          if (hadRecentInput) continue
          window.shifts.push({
            value,
            what: sources.map(({ node, previousRect: { x, y }, currentRect }) => {
              const name = node?.className || node?.parentElement?.outerHTML.slice(0, 80)
              return `${name} from ${x},${y} to ${currentRect.x},${currentRect.y}`
            }),
          })
        }
      }).observe({ type: 'layout-shift' })
    })
    const steps = await it.get('steps').getByRole('link').count()
    for (let step = 0; step < Math.min(steps, 3); step++) await it.next()
    const shifts = await it.page.evaluate(() => window.shifts)
    const sum = shifts.reduce((sum, { value }) => sum + value, 0)
    assert.ok(sum < 0.01, `${sum}: ${JSON.stringify(shifts.slice(0, 5))}`)
    assert.deepEqual(it.complaints, [])
  })
}
