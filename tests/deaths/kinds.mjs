// The ways in which a tab may go, for good or for a while.

import { setTimeout as sleep } from 'node:timers/promises'

/** Those after which the tab does not go on. */
export const final = new Set(['close', 'crash', 'navigate', 'freeze'])

/**
 * Each takes the tab and a time in milliseconds for which it is away, and says whether the tab goes on.
 * `slept` is called before the tab falls asleep, and again before it wakes: until it really is asleep it
 * does this and that.
 *
 * @type {Record<string, (tab: import('./tab.mjs').MemberTab, away: number, slept: () => void) => Promise<boolean>>}
 */
export const kinds = {
  async close(tab) {
    await tab.close()
    return false
  },
  async crash(tab) {
    await tab.crash()
    return false
  },
  /** Into the back/forward cache, and not back. */
  async navigate(tab, _, slept) {
    slept()
    await tab.navigate()
    return false
  },
  async back(tab, away, slept) {
    slept()
    await tab.navigate()
    await sleep(away)
    slept()
    return tab.back()
  },
  async freeze(tab, _, slept) {
    slept()
    await tab.lifecycle('frozen')
    return false
  },
  async thaw(tab, away, slept) {
    slept()
    await tab.lifecycle('frozen')
    await sleep(away)
    slept()
    await tab.lifecycle('active')
    return true
  },
  /**
   * Frozen without a word: the tab keeps its locks, and the group its member, until its session ends,
   * which is then sometimes before it thaws.
   */
  async silence(tab, away, slept) {
    slept()
    await tab.page.evaluate(() => (window.silent = true))
    await tab.lifecycle('frozen')
    await sleep(3 * away)
    slept()
    await tab.lifecycle('active')
    await tab.page.evaluate(() => (window.silent = false))
    return true
  },
}
