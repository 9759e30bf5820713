// Tries an application in Chromium: in two tabs, of which one leads and the other reaches it.

import assert from 'node:assert/strict'
import { launch, newProfile } from '../../lib/chromium.mjs'
import { serve } from '../../lib/serve.mjs'

/** What a page is allowed: neither eval nor blob:, and nothing of other sites. */
export const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"

/** How long a page may take on a machine that has much else to do. */
const PATIENCE_MS = 180_000

let started

/** One browser for all tests. */
async function browser() {
  started ??= newProfile().then(async (profile) => ({ profile, browser: await launch(profile.path) }))
  return (await started).browser
}

/** To be called when all tests are done. */
export async function closeBrowser() {
  if (!started) return
  const { profile, browser } = await started
  await browser.close()
  await profile.remove()
}

/**
 * Tries the application of a page.
 *
 * @param {string} url
 * @param {{via?: string, files?: boolean}} [expected] how the second tab is to reach the first;
 *   whether the WebAssembly is a file
 */
export async function tryApp(url, { via = 'port', files = true } = {}) {
  const { context } = await browser()
  const tabs = []
  try {
    for (const tab of ['first', 'second']) {
      const page = await context.newPage()
      const problems = []
      const modules = []
      page.on('pageerror', (error) => problems.push(String(error)))
      page.on('console', (message) => {
        const { url = '' } = message.location()
        if (message.type() === 'error' && !url.endsWith('/favicon.ico')) problems.push(`${message.text()} ${url}`)
      })
      page.on('request', (request) => request.url().endsWith('.wasm') && modules.push(request.url()))
      await page.goto(url)
      await page.waitForFunction(() => 'app' in globalThis, undefined, { timeout: PATIENCE_MS })
      tabs.push({ tab, page, problems, modules })
      assert.deepEqual(modules, [], 'the import alone fetches nothing')
      if (tab === 'first') await settled(page.evaluate(() => app.produce(['one', 'two'])), problems)
      const values = await settled(page.evaluate(() => app.consume(2)), problems)
      assert.deepEqual(values, ['truck-7: one', 'truck-7: two'])
      assert.equal(modules.length, files ? 1 : 0, `the WebAssembly is fetched once: ${modules}`)
      assert.deepEqual(problems, [])
      assert.equal(await page.evaluate(() => crossOriginIsolated), false)
    }
    const reached = await Promise.all(tabs.map(({ page }) => page.evaluate(() => app.via())))
    assert.deepEqual(reached, ['worker', via])
  } finally {
    await Promise.all(tabs.map(({ page }) => page.close()))
  }
}

/** As above, over a folder that is served under a policy. */
export async function tryFolder(folder, { csp = STRICT, change, path = '/', ...expected } = {}) {
  const server = await serve(folder, 0, change, { 'content-security-policy': csp })
  try {
    await tryApp(server.url + path, expected)
  } finally {
    await server.close()
  }
}

/** Settles with the promise, or in the end with what the page has said. */
async function settled(promise, problems) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } catch (error) {
    throw new Error(`${error.message}; the page says: ${problems.join('\n')}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
