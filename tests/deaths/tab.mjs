// A tab that is a member of the group, for tests/pages/member.html.

import { setTimeout as sleep } from 'node:timers/promises'
import { withoutSharedWorker } from '../lib/tabs.mjs'

/** Lets a test freeze a page without the page's hearing of it. */
const silenced = () => {
  addEventListener('freeze', (event) => {
    if (globalThis.silent) event.stopImmediatePropagation()
  }, true)
}

export class MemberTab {
  /** @type {Set<number>} */
  #told = new Set()
  #session

  constructor(name, page) {
    this.name = name
    this.page = page
  }

  /**
   * @param {Awaited<ReturnType<typeof import('../lib/chromium.mjs').launch>>} browser
   * @param {string} url of the folder with member.html
   * @param {import('./ledger.mjs').Ledger} ledger
   * @param {{name: string, pace?: number, before?: Array<() => void>, channels?: boolean, [option: string]: any}} options
   *   `pace`: how long a producer waits after each record, in milliseconds; the others as in the page
   */
  static async open(browser, url, ledger, { name, pace = 0, before = [], channels = false, ...options }) {
    const page = await browser.page()
    const tab = new MemberTab(name, page)
    await page.exposeBinding('ledger', async (_, id, entry) => {
      if (!tab.#told.has(id)) {
        tab.#told.add(id)
        ledger.add(name, entry)
      }
      if (entry.type === 'sent') await sleep(pace)
    })
    for (const script of [silenced, ...(channels ? [withoutSharedWorker] : []), ...before]) {
      await page.addInitScript(script)
    }
    await page.goto(`${url}/member.html`)
    // Not by Playwright, which asks by the page's timers.
    while (!(await page.evaluate(() => 'member' in window))) await sleep(20)
    await page.evaluate((options) => window.member.open(options), options)
    return tab
  }

  /** Calls a method of the page's member. */
  call(method, ...args) {
    return this.page.evaluate(
      ([method, args]) => window.member[method](...args),
      /** @type {const} */ ([method, args]),
    )
  }

  leadership() {
    return this.page.evaluate(() => window.member.kafka.leadership())
  }

  async cdp() {
    this.#session ??= await this.page.context().newCDPSession(this.page)
    return this.#session
  }

  /** @param {'frozen' | 'active'} state */
  async lifecycle(state) {
    await (await this.cdp()).send('Page.setWebLifecycleState', { state })
  }

  async crash() {
    const session = await this.cdp()
    const crashed = new Promise((resolve) => this.page.once('crash', resolve))
    // There is nobody left to answer.
    session.send('Page.crash').catch(() => {})
    await crashed
  }

  /** Goes elsewhere; the page may stay in the back/forward cache. */
  async navigate() {
    await this.page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => (window.persisted = persisted))
    })
    await this.page.goto('about:blank')
  }

  /** Comes back; says whether it is still the same page. */
  async back() {
    // Not by Playwright, which would wait for it to load.
    await this.page.evaluate(() => void history.back()).catch(() => {})
    for (const until = Date.now() + 10_000; Date.now() < until; await sleep(50)) {
      const found = await this.page
        .evaluate(() => window.persisted ?? ('member' in window ? false : undefined))
        .catch(() => undefined)
      if (found !== undefined) return found
    }
    return false
  }

  async close() {
    await this.page.close().catch(() => {})
  }
}
