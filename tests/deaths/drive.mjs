// A run: five tabs in one group, all of which produce, too. One after the other dies, the tab with the
// broker above all, and a new one takes its place.

import { setTimeout as sleep } from 'node:timers/promises'
import { launch, newProfile } from '../lib/chromium.mjs'
import { random } from '../lib/random.mjs'
import { final, kinds } from './kinds.mjs'
import { Ledger } from './ledger.mjs'
import { MemberTab } from './tab.mjs'

/** How long nothing of what was acknowledged may be read before the run counts as stuck, in milliseconds. */
const PATIENCE = 60_000

/** So many records for each death, however long they take: enough that something could be lost. */
const RECORDS = 20

/** Above all, the one that runs the broker dies. */
const LEADER = 0.6

/**
 * @typedef {object} Run
 * @property {string} url of the folder with member.html
 * @property {number} deaths
 * @property {number} seed
 * @property {'classic' | 'consumer'} [protocol]
 * @property {'leveldb' | 'sqlite'} [backend]
 * @property {number} [patience] how long nothing of what was acknowledged may be read, in milliseconds
 * @property {number} [pace] how long a producer waits after each record, in milliseconds
 * @property {(line: string) => void} [log]
 *
 * @param {Run} run
 */
export async function drive({
  url,
  deaths,
  seed,
  protocol = 'classic',
  backend,
  patience = PATIENCE,
  pace = 60,
  log = () => {},
}) {
  const chance = random(seed)
  const ledger = new Ledger()
  const profile = await newProfile()
  const browser = await launch(profile.path, { asIs: true, backend })
  const died = {}
  const recovered = []
  let tabs = []
  let opened = 0
  /** Pages that are gone, but not closed. */
  let remains = []
  try {
    const cover = await browser.page('about:blank')
    const open = async () => {
      const name = `tab${opened++}`
      const tab = await MemberTab.open(browser, url, ledger, {
        name,
        pace,
        broker: 'idb://deaths',
        topic: 'orders',
        groupId: 'five',
        groupProtocol: protocol,
        sessionTimeout: 6_000,
        batches: chance() < 0.5,
        channels: chance() < 0.5,
      })
      // Only what nobody sees can be frozen.
      await cover.bringToFront()
      if (opened === 1) await tab.call('create', 10)
      tabs.push(tab)
      tab.started = Promise.all([tab.call('consume'), tab.call('produce', name)])
      // A tab that dies has nobody to answer.
      tab.started.catch(() => {})
    }
    while (tabs.length < 5) await open()
    await Promise.all(tabs.map(({ started }) => started))

    const names = Object.keys(kinds)
    // Each kind comes as often as every other.
    const order = Array.from({ length: deaths }, (_, at) => names[at % names.length])
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(chance() * (at + 1))
      ;[order[at], order[other]] = [order[other], order[at]]
    }
    for (const [death, kind] of order.entries()) {
      const leader = chance() < LEADER ? await leaderOf(tabs) : undefined
      const victim = leader ?? tabs[Math.floor(chance() * tabs.length)]
      const away = 200 + chance() * 3_000
      const wait = chance() < 0.6
      const what = `${death + 1}: ${victim.name} ${leader ? '(leader) ' : ''}${kind}`
      ledger.add(victim.name, { type: 'death', kind })
      died[kind] = (died[kind] ?? 0) + 1
      const from = performance.now()
      // What is to go on has begun.
      if (!final.has(kind)) await victim.started
      const goesOn = await kinds[kind](victim, away, () => ledger.add(victim.name, { type: 'slept' }))
      if (!goesOn) {
        tabs = tabs.filter((tab) => tab !== victim)
        for (const each of remains) await each.close()
        remains = [victim]
        await open()
      }
      if (wait) {
        await consumed(ledger, tabs, from, what, patience)
        recovered.push(performance.now() - from)
      }
      log(`${what}: ${wait ? `${Math.round(recovered.at(-1))} ms until all was consumed` : 'the next comes at once'}`)
      await sleep(chance() * 600)
    }
    for (const each of remains) await each.close()
    await Promise.all(tabs.map((tab) => tab.started))
    await until(() => ledger.acknowledged.size >= RECORDS * deaths, patience)
    await Promise.all(tabs.map((tab) => tab.call('silence')))
    await consumed(ledger, tabs, Infinity, 'at the end', patience)
    const stored = await tabs[0].call('readAll')
    // What was stored and not acknowledged is consumed as well.
    await until(() => stored.every(([, , , value]) => ledger.consumed.has(value)), patience)
    await Promise.all(tabs.map((tab) => tab.call('leave')))
    const unsent = ledger.entries.filter(({ type }) => type === 'unsent')
    return { entries: ledger.entries, stored, died, recovered, acknowledged: ledger.acknowledged.size, unsent }
  } catch (error) {
    error.message += `\n${tail(ledger)}`
    error.entries = ledger.entries
    throw error
  } finally {
    await browser.close()
    await profile.remove()
  }
}

async function leaderOf(tabs) {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(20)) {
    const found = await Promise.all(tabs.map((tab) => tab.leadership()))
    const leader = tabs.find((_, at) => found[at]?.isLeader)
    if (leader) return leader
  }
  throw new Error('none of the tabs leads')
}

/** Waits until all that was acknowledged up to a time is consumed. */
async function consumed(ledger, tabs, time, what, patience) {
  // On a slow machine it takes long to read all; that nothing more is read is what is wrong.
  let left = Infinity
  for (;;) {
    const before = left
    if (await until(() => (left = ledger.unconsumed(time).length) < before, patience)) {
      if (left === 0) return
    } else break
  }
  const lost = ledger.unconsumed(time)
  const places = ledger.entries
    .filter(({ type, value }) => type === 'sent' && lost.includes(value))
    .map(({ partition, offset, value }) => `${value} at ${partition}@${offset}`)
  const group = Promise.any(tabs.map((tab) => tab.call('describe')))
  const described = await Promise.race([group, sleep(5_000)]).catch(String)
  throw new Error(
    `${what}: ${lost.length} records were acknowledged, and none of them consumed within ${patience} ms: ` +
      `${places.slice(0, 20).join(', ')}\nthe group: ${JSON.stringify(described)}`,
  )
}

async function until(holds, patience) {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(20)) if (holds()) return true
  return false
}

/** The last that was heard of each tab and of its groups. */
function tail({ entries }) {
  const lines = entries
    .filter(({ type }) => !['sent', 'consumed', 'committed'].includes(type))
    .slice(-40)
    .map((entry) => JSON.stringify(entry))
  return ['the last events:', ...lines].join('\n')
}
