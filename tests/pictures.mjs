// Takes pictures of every screen of the built demo, in both themes and at three widths, to be looked
// at: `npm run pictures --workspace tests`. They are left under target/pictures. Names of screens as
// arguments take those alone.

import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { launch, newProfile } from './lib/chromium.mjs'
import { Demo } from './lib/demo.mjs'
import { furnish, screens, themes } from './lib/screens.mjs'
import { serve } from './lib/serve.mjs'

const folder = fileURLToPath(new URL('../target/pictures/', import.meta.url))
const widths = [360, 768, 1440]
const wanted = process.argv.slice(2)

await mkdir(folder, { recursive: true })
const server = await serve(fileURLToPath(new URL('../web/dist/', import.meta.url)))
const profile = await newProfile()
const browser = await launch(profile.path, { args: ['--hide-scrollbars'] })
try {
  const demo = new Demo(await browser.page())
  await demo.open(server.url)
  await furnish(demo)
  for (const { name, path, shows } of screens) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    await demo.open(`${server.url}/?${name}${path}`)
    await demo.page.locator(shows).first().waitFor()
    for (const width of widths) {
      await demo.page.setViewportSize({ width, height: width < 500 ? 760 : 900 })
      for (const theme of themes) {
        await demo.get('theme').getByLabel(theme).check({ force: true })
        await demo.page.screenshot({ path: `${folder}${name}-${width}-${theme.toLowerCase()}.png`, fullPage: true })
      }
    }
  }
} finally {
  await browser.close()
  await profile.remove()
  await server.close()
}
