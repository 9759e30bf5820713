// Several tabs that share a broker, and the ways in which one of them may end. For
// tests/pages/tabs.html.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** Much more than it takes, as the machine may be slow and have other things to do. */
const patience_ms = 60_000

/** Milliseconds since 1970, on a clock that does not jump. */
export const now = () => performance.timeOrigin + performance.now()

/** Without it there is no way to hand ports from tab to tab, as in Chrome on Android. */
export const withoutSharedWorker = () => {
  Object.defineProperty(globalThis, 'SharedWorker', { value: undefined })
}

/** As when a system freezes a tab without a word. */
export const withoutFreezeEvent = () => {
  addEventListener('freeze', (event) => event.stopImmediatePropagation(), true)
}

/** Lets a test end the workers of a page behind its back. */
export const keepingWorkers = () => {
  const { Worker } = globalThis
  globalThis.workers = []
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args)
      globalThis.workers.push(this)
    }
  }
}

/** A tab with a client of a broker. */
export class Tab {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page
  }

  /**
   * @param {Awaited<ReturnType<typeof import('./chromium.mjs').launch>>} browser
   * @param {string} url of the folder with tabs.html
   * @param {{broker?: string, before?: Array<() => void>}} [options] `before` runs in the page first
   */
  static async open(browser, url, { broker = 'idb://tabs', before = [] } = {}) {
    const page = await browser.page()
    for (const script of before) await page.addInitScript(script)
    await page.goto(`${url}/tabs.html`)
    await page.waitForFunction(() => 'tab' in window)
    await page.evaluate((broker) => void window.tab.open(broker), broker)
    return new Tab(page)
  }

  /** Calls a method of the page's client. */
  call(method, ...args) {
    return this.page.evaluate(
      ([method, args]) => window.tab.client[method](...args),
      /** @type {const} */ ([method, args]),
    )
  }

  /** Reads a property of the page's client. */
  get(property) {
    return this.page.evaluate((property) => window.tab.client[property], property)
  }

  leadership() {
    return this.call('leadership')
  }

  /** Waits until a tab leads, and until this one knows it. */
  async knowsLeader(isExpected = () => true) {
    const until = Date.now() + patience_ms
    let last
    do {
      last = await this.leadership()
      if (last && isExpected(last)) return last
      await sleep(20)
    } while (Date.now() < until)
    assert.fail(`no such leader: ${JSON.stringify(last)}`)
  }

  async cdp() {
    this.session ??= await this.page.context().newCDPSession(this.page)
    return this.session
  }

  /** @param {'frozen' | 'active'} state */
  async lifecycle(state) {
    await (await this.cdp()).send('Page.setWebLifecycleState', { state })
  }
}

/** The ways in which a leader may die; each gives the time at which it did. */
export const deaths = {
  async close(tab) {
    const at = now()
    await tab.page.close()
    return at
  },
  async crash(tab) {
    const session = await tab.cdp()
    const at = now()
    // There is nobody left to answer.
    session.send('Page.crash').catch(() => {})
    await new Promise((resolve) => tab.page.once('crash', resolve))
    return at
  },
  /** Needs `keepingWorkers`. */
  terminate: (tab) =>
    tab.page.evaluate(() => {
      const at = window.tab.now()
      for (const worker of window.workers.splice(0)) worker.terminate()
      return at
    }),
}

/** The tab that runs the broker, and the others. */
export async function leaderOf(tabs) {
  const until = Date.now() + patience_ms
  do {
    const found = await Promise.all(tabs.map((tab) => tab.leadership()))
    const leader = tabs.find((_, at) => found[at]?.isLeader)
    if (leader) return { leader, others: tabs.filter((tab) => tab !== leader) }
    await sleep(20)
  } while (Date.now() < until)
  assert.fail('none of the tabs leads')
}

/**
 * Nothing that was acknowledged is missing, nothing is there twice, and of each producer the records are
 * in order and without a gap, but for those that were reported to have failed.
 */
export function checkStored(stored, acknowledged, errors = []) {
  const at = new Map()
  for (const { partition, offset, value } of stored) {
    assert.ok(!at.has(value), `${value} is stored twice, at ${at.get(value)} and ${partition}@${offset}`)
    at.set(value, `${partition}@${offset}`)
  }
  for (const { partition, offset, value } of acknowledged) {
    // A batch that was stored before its leader died is known as a duplicate, without its offset.
    if (offset === '-1') assert.ok(at.has(value), `${value} was acknowledged and is not stored`)
    else assert.equal(at.get(value), `${partition}@${offset}`, `where ${value} is`)
  }
  const failed = new Set(errors.map((error) => error.split(':')[0]))
  const next = new Map()
  for (const { value } of stored) {
    const [name, number] = value.split(/-(?=\d+$)/)
    let expected = next.get(name) ?? 0
    while (failed.has(`${name}-${expected}`) && expected < Number(number)) expected++
    assert.equal(Number(number), expected, `the next of ${name}`)
    next.set(name, expected + 1)
  }
}
