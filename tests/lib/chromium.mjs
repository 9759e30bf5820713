// Starts the system's Chromium in a process group of its own, and drives it through the DevTools
// protocol. Playwright does not start it: what it starts, it also ends in its own way, and keeps the
// back/forward cache off.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--remote-debugging-port=0',
]

/** The storage backends behind IndexedDB that Chromium has. */
export const backends = {
  leveldb: '--disable-features=IdbSqliteBackingStore',
  sqlite: '--enable-features=IdbSqliteBackingStore',
}

// With an end by a signal, as of a test that took too long, nobody would hear of the `exit` that ends browsers.
for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => process.exit(128 + number))
}

const finder = fileURLToPath(new URL('../../scripts/chromium', import.meta.url))

/** Makes an empty folder for a browser's profile. */
export async function newProfile() {
  const path = await mkdtemp(join(tmpdir(), 'ottla-profile-'))
  return {
    path,
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  }
}

/**
 * @param {string} profile the folder of the profile
 * @param {{backend?: keyof typeof backends, args?: string[], asIs?: boolean}} [options] `asIs`: pages
 *   are not all made to believe that they are in front. Only those that are not can be frozen.
 */
export async function launch(profile, { backend = 'leveldb', args = [], asIs = false } = {}) {
  const path = process.env.CHROME ?? execFileSync(finder, { encoding: 'utf8' }).trim()
  // A browser that was killed leaves the address of its DevTools behind.
  const address = join(profile, 'DevToolsActivePort')
  await rm(address, { force: true })
  const child = spawn(
    path,
    [...flags, backends[backend], `--user-data-dir=${profile}`, ...args, 'about:blank'],
    { detached: true, stdio: 'ignore' },
  )
  let failure
  child.once('error', (error) => (failure = error))
  const exited = new Promise((resolve) => child.once('exit', resolve))

  // The whole group: the browser, its renderers, and its storage service.
  const killGroup = () => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
  }
  // No browser outlives a test that failed.
  process.once('exit', killGroup)
  const kill = async () => {
    process.off('exit', killGroup)
    killGroup()
    await exited
  }

  try {
    const port = await devToolsPort(address, () => failure ?? child.exitCode)
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, {
      noDefaults: asIs,
    })
    const context = browser.contexts()[0]
    return {
      context,
      /** A new page whose errors end up in the terminal. */
      async page(url) {
        const page = await context.newPage()
        page.on('pageerror', (error) => console.error(`page: ${error.stack ?? error}`))
        page.on('console', (message) => {
          if (message.type() === 'error') console.error(`page: ${message.text()}`)
        })
        if (url) await page.goto(url)
        return page
      },
      /** SIGKILL, as by a system that needs the memory. */
      kill,
      /** Lets the browser write what it has to, and waits for its end. */
      async close() {
        const session = await browser.newBrowserCDPSession()
        await session.send('Browser.close').catch(() => {})
        await Promise.race([exited, sleep(10_000, undefined, { ref: false })])
        await kill()
      },
    }
  } catch (error) {
    await kill()
    throw error
  }
}

/**
 * Runs a test in a browser with a profile of its own.
 *
 * @param {Parameters<typeof launch>[1]} options as `launch` takes them
 * @param {(browser: Awaited<ReturnType<typeof launch>>) => Promise<unknown>} use
 */
export async function inBrowser(options, use) {
  const profile = await newProfile()
  const browser = await launch(profile.path, options)
  try {
    await use(browser)
  } finally {
    await browser.close()
    await profile.remove()
  }
}

async function devToolsPort(address, ended) {
  for (let tries = 0; tries < 300; tries++) {
    const end = ended()
    if (end !== undefined && end !== null) throw new Error(`Chromium did not start: ${end}`)
    const text = await readFile(address, 'utf8').catch(() => '')
    if (text.includes('\n')) return text.split('\n')[0]
    await sleep(100)
  }
  throw new Error('Chromium did not open its DevTools within 30 seconds')
}
