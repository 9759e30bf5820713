// Measures how long nobody can write when the leader of several tabs dies: from its death to the first
// write that another tab gets acknowledged by the next leader; and until each of them has written. Says
// whether anything that was acknowledged is missing, or stored twice. `--slowest 5` tells of the slowest how long each step took:
// until the next leader had the lock, until its broker ran, until the first write was acknowledged.
//
//   npm run failover --workspace tests -- --kills 100

import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { median } from '../bench/stats.mjs'
import { launch, newProfile } from '../lib/chromium.mjs'
import { serve } from '../lib/serve.mjs'
import {
  checkStored,
  deaths,
  keepingWorkers,
  leaderOf,
  Tab,
  withoutFreezeEvent,
  withoutSharedWorker,
} from '../lib/tabs.mjs'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    tabs: { type: 'string', default: '3' },
    records: { type: 'string', default: '0' },
    by: { type: 'string', default: 'close,crash,terminate' },
    backend: { type: 'string', default: 'leveldb' },
    channel: { type: 'boolean', default: false },
    slowest: { type: 'string', default: '0' },
  },
})
const kills = Number(values.kills)
const backend = /** @type {'leveldb' | 'sqlite'} */ (values.backend)
const topic = 'orders'

/** As `deaths`, and by freezing, which only tabs out of sight do. */
const ways = {
  ...deaths,
  async freeze(tab) {
    await (await tab.cdp()).send('Page.setWebLifecycleState', { state: 'frozen' })
    return performance.timeOrigin + performance.now()
  },
}

const server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
try {
  for (const by of values.by.split(',')) await measure(by)
} finally {
  await server.close()
}

async function measure(by) {
  const profile = await newProfile()
  const browser = await launch(profile.path, { backend, asIs: by === 'freeze' })
  const before = [keepingWorkers]
  if (by === 'freeze') before.push(withoutFreezeEvent)
  if (values.channel) before.push(withoutSharedWorker)
  const gone = { acknowledged: [], errors: [] }
  const took = []
  const all = []
  const steps = []
  try {
    let tabs = []
    let opened = 0
    const keep = async (tab) => {
      gone.acknowledged.push(...(await tab.get('acknowledged')))
      gone.errors.push(...(await tab.get('errors')))
    }
    const open = async () => {
      const tab = await Tab.open(browser, server.url, { before })
      if (opened === 0) {
        await tab.call('create', topic, 1)
        if (Number(values.records)) await tab.call('fill', topic, Number(values.records))
      }
      await tab.call('produce', topic, `tab${opened++}`)
      tabs.push(tab)
    }
    for (let kill = 0; kill < kills; kill++) {
      while (tabs.length < Number(values.tabs)) await open()
      // Who is new shall have settled, and who died be forgotten.
      await sleep(300)
      const { leader, others } = await leaderOf(tabs)
      const { epoch } = await leader.leadership()
      await keep(leader)
      const diedAt = await ways[by](leader)
      const firsts = []
      for (const tab of others) {
        await tab.knowsLeader((leadership) => leadership.epoch > epoch)
        firsts.push(await tab.page.evaluate(firstAcknowledged, epoch))
      }
      const first = firsts.reduce((one, other) => (one.at < other.at ? one : other))
      took.push(first.at - diedAt)
      all.push(Math.max(...firsts.map(({ at }) => at)) - diedAt)
      steps.push({ kill, lock: first.electedAt - diedAt, broker: first.ledAt - diedAt, write: first.at - diedAt })
      tabs = others
      if (by !== 'close') await leader.page.close().catch(() => {})
      if (by === 'freeze') {
        // Who took over without a death is followed by longer patience; a death makes it short again.
        const next = await leaderOf(tabs)
        await keep(next.leader)
        await next.leader.page.close()
        tabs = next.others
      }
    }
    for (const tab of tabs) {
      await tab.call('stop')
      await keep(tab)
    }
    const stored = await tabs[0].call('readAll', topic)
    checkStored(
      stored.filter(({ value }) => !value.startsWith('filled')),
      gone.acknowledged,
      gone.errors,
    )
    const [min, max] = [Math.min(...took), Math.max(...took)]
    const p95 = [...took].sort((a, b) => a - b)[Math.floor(took.length * 0.95)]
    console.log(
      `${by}: ${kills} kills, ${backend}, ${values.channel ? 'channels' : 'ports'}: ` +
        `min ${min.toFixed(0)}, median ${median(took).toFixed(0)}, p95 ${p95.toFixed(0)}, max ${max.toFixed(0)} ms; ` +
        `until all tabs wrote: median ${median(all).toFixed(0)}, max ${Math.max(...all).toFixed(0)} ms; ` +
        `${gone.acknowledged.length} acknowledged, ${stored.length} stored, ${gone.errors.length} errors`,
    )
    steps.sort((one, other) => other.write - one.write)
    for (const { kill, lock, broker, write } of steps.slice(0, Number(values.slowest))) {
      const [a, b, c] = [lock, broker, write].map((ms) => ms.toFixed(0))
      console.log(`    kill ${kill}: the lock after ${a}, the broker after ${b}, the write after ${c} ms`)
    }
  } finally {
    await browser.close()
    await profile.remove()
  }
}

/** Runs in the page: waits for the first record that the leader after `epoch` has acknowledged. */
async function firstAcknowledged(epoch) {
  const { client } = window.tab
  for (;;) {
    const change = client.changes.find(({ leadership }) => leadership?.epoch > epoch)
    const first = change && client.acknowledged.find(({ ackedAt }) => ackedAt > change.at)
    if (first) {
      const before = client.changes.slice(0, client.changes.indexOf(change))
      const elected = before.findLast(({ leadership }) => leadership?.epoch === epoch)
      const electedAt = client.changes[client.changes.indexOf(elected) + 1].at
      return { at: first.ackedAt, electedAt, ledAt: change.at }
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
