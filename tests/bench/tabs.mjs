// From a record that one tab sends to the handler in another tab, beside one commit to IndexedDB and one
// message between the same two tabs.

import { launch, newProfile } from '../lib/chromium.mjs'
import { Tab } from '../lib/tabs.mjs'
import { median } from './stats.mjs'

const hops = 1000
const bar = 1.5

/** Which tab runs the broker. */
const leaders = ['the sender’s', 'the receiver’s', 'a third']

export async function tabs(server, options) {
  const samples = {}
  for (const leader of leaders) {
    options.log(`from tab to tab, the broker in ${leader} tab`)
    const profile = await newProfile()
    const browser = await launch(profile.path, { backend: options.backend })
    try {
      samples[leader] = await measure(browser, server, leader)
    } finally {
      await browser.close()
      await profile.remove()
    }
  }
  return { samples_ms: samples, rows: leaders.flatMap((leader) => rows(leader, samples[leader])) }
}

async function measure(browser, server, leader) {
  // Whoever comes first leads.
  const first = await Tab.open(browser, server.url)
  await first.call('create', 'hops', 1)
  const second = await Tab.open(browser, server.url)
  const other = leader === 'a third' ? await Tab.open(browser, server.url) : first
  const [sender, receiver] = leader === 'the sender’s' ? [first, second] : [second, other]
  await receiver.page.evaluate(() => window.tab.receiver.start(window.tab.client))
  return sender.page.evaluate((hops) => window.tab.sender.run(window.tab.client, hops), hops)
}

function rows(leader, { ottla, bare }) {
  const at = (samples, share) => [...samples].sort((a, b) => a - b)[Math.floor(samples.length * share)]
  const ms = (number) => `${number.toFixed(2)} ms`
  const ratio = median(ottla) / median(bare)
  const what = `tab to tab, broker in ${leader} tab`
  return [
    {
      what: `${what}, p50`,
      ottla: ms(median(ottla)),
      peer: `commit and message ${ms(median(bare))}`,
      ratio,
      bar: `at most ${bar}`,
      met: ratio <= bar,
    },
    { what: `${what}, p99`, ottla: ms(at(ottla, 0.99)), peer: ms(at(bare, 0.99)) },
  ]
}
