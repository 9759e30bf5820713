// Tabs as members of groups: one that is gone leaves at once, whatever its session timeout; one whose
// timers are slowed down stays; and a record wakes whoever waits for it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { kinds } from '../deaths/kinds.mjs'
import { Ledger } from '../deaths/ledger.mjs'
import { MemberTab } from '../deaths/tab.mjs'
import { inBrowser } from '../lib/chromium.mjs'
import { serve } from '../lib/serve.mjs'

const timeout = 120_000
const tenMinutes = 600_000
const partitions = 6
let server

before(async () => {
  server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
})
after(() => server?.close())

/** Runs a test with so many tabs, of which those that `consume` are members of one group. */
function withMembers(count, options, use) {
  return inBrowser({ asIs: true }, async (browser) => {
    const ledger = new Ledger()
    const cover = await browser.page('about:blank')
    const tabs = []
    for (let at = 0; at < count; at++) {
      const tab = await MemberTab.open(browser, server.url, ledger, {
        name: `tab${at}`,
        broker: 'idb://members',
        topic: 'orders',
        groupId: 'g',
        groupProtocol: 'classic',
        sessionTimeout: tenMinutes,
        batches: false,
        ...options,
      })
      await cover.bringToFront()
      if (at === 0) await tab.call('create', partitions)
      tabs.push(tab)
    }
    await use(tabs, ledger)
  })
}

/** What a tab has, as far as it has said. */
function assignment(ledger, { name }) {
  return ledger.entries.findLast(({ type, tab }) => type === 'joined' && tab === name)?.partitions ?? []
}

async function until(holds, what) {
  for (const deadline = Date.now() + 60_000; !holds(); await sleep(10)) {
    if (Date.now() > deadline) assert.fail(`it did not come to this: ${what()}`)
  }
}

/** Waits until these tabs, and nobody else, have all partitions. */
function shared(ledger, tabs) {
  const all = Array.from({ length: partitions }, (_, at) => at)
  const found = () => tabs.map((tab) => assignment(ledger, tab))
  const fair = (have) => have.every(({ length }) => length === partitions / tabs.length)
  return until(
    () => fair(found()) && `${found().flat().sort()}` === `${all}`,
    () => `all of ${all} are shared: ${JSON.stringify(found())}`,
  )
}

for (const groupProtocol of ['classic', 'consumer']) {
  // Its session would last ten minutes; KIP-848's is the broker's, 45 seconds.
  for (const [at, kind] of ['close', 'crash', 'navigate', 'freeze'].entries()) {
    const leads = (at % 2 === 0) === (groupProtocol === 'classic')
    const who = leads ? 'the tab with the broker' : 'a tab'
    test(`${who} that is gone leaves its groups at once: ${groupProtocol}, ${kind}`, { timeout }, () =>
      withMembers(3, { groupProtocol }, async (tabs, ledger) => {
        await Promise.all(tabs.map((tab) => tab.call('consume')))
        await shared(ledger, tabs)
        const victim = tabs[leads ? 0 : 2]
        assert.equal((await victim.leadership()).isLeader, leads)
        await kinds[kind](victim, 0, () => {})
        const survivors = tabs.filter((tab) => tab !== victim)
        await shared(ledger, survivors)
        await survivors[0].call('send', 'after', 0)
        await until(() => ledger.consumed.has('after'), () => 'a record is consumed')
      }),
    )
  }
}

/** As in a tab that was out of sight for long; workers keep their time. */
const slowTimers = () => {
  for (const timer of ['setTimeout', 'setInterval']) {
    const original = globalThis[timer]
    globalThis[timer] = (callback, delay, ...args) =>
      original(callback, Math.max(delay ?? 0, 60_000), ...args)
  }
}

test('members whose pages’ timers stand still keep their places', { timeout }, () =>
  withMembers(2, { sessionTimeout: 6_000, before: [slowTimers] }, async (tabs, ledger) => {
    for (const tab of tabs) {
      await tab.page.evaluate(() => setTimeout(() => (window.rang = true), 0))
    }
    await Promise.all(tabs.map((tab) => tab.call('consume')))
    await shared(ledger, tabs)
    const before = ledger.entries.length
    // Half as long again as the session.
    await sleep(9_000)
    const moved = ledger.entries.slice(before).filter(({ type }) => type !== 'committed')
    assert.deepEqual(moved, [], 'nobody was put out')
    for (const partition of Array.from({ length: partitions }, (_, at) => at)) {
      await tabs[0].call('send', `to ${partition}`, partition)
      await until(() => ledger.consumed.has(`to ${partition}`), () => 'a record is consumed')
    }
    for (const tab of tabs) assert.equal(await tab.page.evaluate(() => window.rang), undefined)
  }),
)

test('a record from one tab wakes another, which asks once in ten minutes', { timeout }, () =>
  withMembers(3, { maxWaitTimeInMs: tenMinutes, requestTimeout: 2 * tenMinutes }, async (tabs, ledger) => {
    const [leader, sender, reader] = tabs
    assert.equal((await leader.leadership()).isLeader, true)
    await reader.call('consume')
    await until(() => assignment(ledger, reader).length === partitions, () => 'it has all partitions')
    for (let number = 0; number < 20; number++) {
      await sender.call('send', `number ${number}`, number % partitions)
      await until(() => ledger.consumed.has(`number ${number}`), () => `number ${number} is consumed`)
      // Whoever waits in the broker by now is to be woken there.
      await sleep(20)
    }
  }),
)
