// Takes pictures of everything that the built demo shows, in both themes and at four widths, to be
// looked at: `npm run pictures --workspace tests`. They are left under target/pictures. Names as
// arguments take those alone; `--width 360` takes one width.

import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launch, newProfile } from './lib/chromium.mjs'
import { Demo } from './lib/demo.mjs'
import { LessonPage, lessons } from './lib/lessons.mjs'
import { dialogs, furnish, screens, themes } from './lib/screens.mjs'
import { serve } from './lib/serve.mjs'

const folder = fileURLToPath(new URL('../target/pictures/', import.meta.url))
const { values, positionals: wanted } = parseArgs({
  options: { width: { type: 'string', multiple: true, default: ['360', '768', '1440', '1920'] } },
  allowPositionals: true,
})
const widths = values.width.map(Number)
const isWanted = (name) => wanted.length === 0 || wanted.includes(name)

await mkdir(folder, { recursive: true })
const server = await serve(fileURLToPath(new URL('../web/dist/', import.meta.url)))
const profile = await newProfile()
const browser = await launch(profile.path, { args: ['--hide-scrollbars'] })
try {
  await takeEmpty()
  await takeConsole()
  await takeLessons()
} finally {
  await browser.close()
  await profile.remove()
  await server.close()
}

/** A database in which nothing is yet. */
async function takeEmpty() {
  const demo = new Demo(await browser.page())
  for (const { name, path } of screens.slice(0, 2)) {
    if (!isWanted(`empty-${name}`)) continue
    await demo.open(`${server.url}/?db=empty&${name}${path}`)
    await take(demo, `empty-${name}`)
  }
}

async function takeConsole() {
  const named = [...screens, ...dialogs.map(({ id }) => ({ name: id }))]
  if (!named.some(({ name }) => isWanted(name))) return
  const demo = new Demo(await browser.page())
  await demo.open(server.url)
  await furnish(demo)
  for (const { name, path, shows } of screens) {
    if (!isWanted(name)) continue
    await demo.open(`${server.url}/?${name}${path}`)
    await demo.page.locator(shows).first().waitFor()
    await take(demo, name)
  }
  for (const { id, path } of dialogs) {
    if (!isWanted(id)) continue
    await demo.open(`${server.url}/?${id}${path}`)
    await demo.get(id).click()
    await demo.get(`${id}-dialog`).waitFor()
    // What lies behind a modal dialog takes no clicks, but by script.
    await take(demo, id, { whole: false })
  }
}

/** Every lesson as it is found, and when it has been played. */
async function takeLessons() {
  for (const slug of lessons) {
    if (!isWanted(slug)) continue
    const it = new LessonPage(await browser.context.newPage(), slug)
    await it.open(server.url)
    await take(it, `${slug}-0`)
    // Windows need somebody who opens them.
    const steps = slug === 'windows' ? 1 : await it.get('steps').locator('li').count()
    for (let step = 1; step <= steps; step++) {
      await it.next()
      if (step === 1 || step === steps) await take(it, `${slug}-${step === steps ? 'end' : step}`)
    }
    await it.page.close()
  }
}

async function take({ page }, name, { whole = true } = {}) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 500 ? 760 : 900 })
    for (const theme of themes) {
      await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme.toLowerCase())
      const path = `${folder}${name}-${width}-${theme.toLowerCase()}.png`
      await page.screenshot({ path, fullPage: whole, animations: 'disabled' })
    }
  }
}
