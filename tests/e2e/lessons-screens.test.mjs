// Every lesson at its end, in both themes, narrow and wide: everybody can use it, and nothing sticks out.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sound } from '../lib/axe.mjs'
import { lessons, lessonsOpened } from '../lib/lessons.mjs'

const options = { timeout: 180_000 }
const widths = [1440, 768, 360]
const themes = ['Light', 'Dark']
const site = lessonsOpened()

/** Windows need somebody who opens them. */
const last = { windows: 1 }

async function look(it, name) {
  for (const width of widths) {
    await it.page.setViewportSize({ width, height: 844 })
    for (const theme of themes) {
      await it.get('theme').getByLabel(theme).check({ force: true })
      await sound(it.page, `${name}, ${theme}, ${width} wide`)
    }
    const over = await it.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    assert.equal(over, 0, `nothing sticks out of ${name} at ${width}`)
  }
  assert.deepEqual(it.complaints, [])
}

for (const slug of lessons) {
  test(`everybody can use the lesson ${slug}`, options, async (t) => {
    const it = await site.lesson(t, slug, `step=${last[slug] ?? 9}`)
    await look(it, slug)
  })
}

test('everybody can use the list of lessons, and the list of differences', options, async (t) => {
  const it = await site.lesson(t, 'delivery')
  for (const [path, id] of [['', 'lessons'], ['/differences', 'differences']]) {
    await it.page.evaluate((path) => (location.hash = `#/learn${path}`), path)
    await it.get(id).waitFor()
    await look(it, id)
  }
})
