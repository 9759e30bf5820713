// Every screen of the console, in both themes, narrow and wide: everybody can use it, nothing sticks
// out, and the keyboard goes everywhere.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sound } from '../lib/axe.mjs'
import { opened } from '../lib/demo.mjs'
import { dialogs, furnish, screens, themes } from '../lib/screens.mjs'

const options = { timeout: 180_000 }
const widths = [1440, 360]

const site = opened()

test('the flights, for the screens to show', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(site.url)
  await furnish(demo)
})

for (const { name, path, shows } of screens) {
  test(`everybody can use ${name}, in either theme, narrow and wide`, options, async (t) => {
    const demo = await site.tab(t)
    await demo.open(`${site.url}/${path}`)
    await demo.page.locator(shows).first().waitFor()
    for (const width of widths) {
      await demo.page.setViewportSize({ width, height: 844 })
      for (const theme of themes) {
        await demo.get('theme').getByLabel(theme).check({ force: true })
        await sound(demo.page, `${name}, ${theme}, ${width} wide`)
      }
      assert.equal(await overflow(demo), 0, `nothing sticks out of ${name} at ${width}`)
    }
    assert.deepEqual(demo.complaints, [])
  })
}

test('everybody can use the dialogs of a topic', options, async (t) => {
  const demo = await site.tab(t)
  for (const { path, id } of dialogs) {
    await demo.open(`${site.url}/${path}`)
    for (const [at, width] of widths.entries()) {
      const theme = themes[at]
      await demo.page.setViewportSize({ width, height: 844 })
      await demo.get('theme').getByLabel(theme).check({ force: true })
      await demo.get(id).click()
      await demo.get(`${id}-dialog`).waitFor()
      await sound(demo.page, `${id}, ${theme}, ${width} wide`)
      await demo.page.keyboard.press('Escape')
      await demo.get(`${id}-dialog`).waitFor({ state: 'detached' })
    }
  }
})

test('long names, keys and values stick out nowhere', options, async (t) => {
  const demo = await site.tab(t)
  const name = `com.example.${'x'.repeat(100)}`
  await demo.page.setViewportSize({ width: 360, height: 844 })
  await demo.open(`${site.url}/?db=long`)
  await demo.createTopic({ name, partitions: 2 })
  await demo.get('topic-head').waitFor()
  await demo.send({ key: 'k'.repeat(100), value: 'v'.repeat(3_000) })
  const looks = async (what) => assert.equal(await overflow(demo), 0, what)
  await looks('what was sent')
  for (const [tab, shows] of [
    ['Messages', '.record-row'],
    ['Configuration', '.config'],
    ['Groups', '[data-testid=add-member]'],
    ['Partitions', '.lane'],
  ]) {
    await demo.tab(tab)
    await demo.page.locator(shows).first().waitFor()
    await looks(tab)
  }
  for (const id of ['add-partitions', 'purge', 'delete-topic']) {
    await demo.get(id).click()
    const dialog = demo.get(`${id}-dialog`)
    await dialog.waitFor()
    assert.equal(await dialog.evaluate((it) => it.scrollWidth - it.clientWidth), 0, id)
    await demo.page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  }
  await demo.to('Topics')
  await looks('Topics')
})

test('nothing jumps while a screen loads', options, async (t) => {
  const demo = await site.tab(t)
  // How far things moved by themselves since the page was opened, as browsers count it.
  await demo.page.addInitScript(() => {
    window.shifts = []
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        const what = sources.map(({ node }) => node?.className || node?.nodeName).join(', ')
        if (!hadRecentInput) window.shifts.push({ value, what })
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  for (const { name, path, shows } of screens) {
    await demo.page.goto('about:blank')
    await demo.open(`${site.url}/${path}`)
    await demo.page.locator(shows).first().waitFor()
    const shifts = await demo.page.evaluate(() => window.shifts)
    const total = shifts.reduce((sum, { value }) => sum + value, 0)
    // Google's Web Vitals call 0.1 good.
    assert.ok(total < 0.05, `${name} shifts by ${total}: ${JSON.stringify(shifts)}`)
  }
})

test('topics are searched by name, and a row is a link as a whole', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(`${site.url}/#/topics?search=offsets`)
  await demo.get('topic-__consumer_offsets').waitFor()
  assert.equal(await demo.get('topic-flights').count(), 0)
  await demo.page.getByLabel('Search topics').fill('none like that')
  await demo.page.getByText('No topic has').waitFor()
  await demo.page.getByLabel('Search topics').fill('flig')
  await demo.get('topic-flights').locator('td').last().click({ force: true })
  await demo.page.getByRole('heading', { level: 1, name: 'flights' }).waitFor()
  assert.deepEqual(demo.complaints, [])
})

test('the keyboard goes past the top, to screens and back, and the focus comes along', options, async (t) => {
  const demo = await site.tab(t)
  await demo.open(site.url)
  const { page } = demo
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await focused(demo), 'main', 'the way past the top')
  await demo.get('navigation').getByRole('link', { name: 'Topics' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Topics' }).waitFor()
  assert.equal(await focused(demo), 'screen-title')
  assert.equal(await page.title(), 'Topics · Ottla')
  await demo.get('topic-flights').getByRole('link').press('Enter')
  await page.getByRole('heading', { level: 1, name: 'flights' }).waitFor()
  assert.equal(await focused(demo), 'screen-title')
  assert.equal(await page.title(), 'flights · Ottla')
  // A tab of the same screen takes nobody away from where they are.
  const messages = page.locator('.tabs').getByRole('link', { name: 'Messages' })
  await messages.press('Enter')
  await demo.get('record-list').waitFor()
  assert.equal(await messages.evaluate((link) => link === document.activeElement), true)
  assert.equal(await page.title(), 'flights · Messages · Ottla')
  await page.goBack()
  await demo.get('lane-0').waitFor()
  await page.goBack()
  await demo.get('topic-flights').waitFor()
  assert.equal(await page.title(), 'Topics · Ottla')
  assert.deepEqual(demo.complaints, [])
})

/** By how many pixels the page is wider than its window. */
const overflow = ({ page }) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

const focused = ({ page }) => page.evaluate(() => document.activeElement?.id)
