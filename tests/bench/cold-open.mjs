// How long it takes from the start of a browser to the first record and to known end offsets, with
// many records stored and with one in each partition.

import { launch, newProfile } from '../lib/chromium.mjs'
import { median, rotate } from './stats.mjs'

const partitions = 4

export async function coldOpen(server, { rounds, stored, durability, backend, log }) {
  // A profile each: a browser opens all databases of a site as one.
  const sizes = [
    { id: 'small', records: partitions },
    { id: 'large', records: stored },
  ]
  const ask = async (profile, ask, question) => {
    const browser = await launch(profile.path, { backend })
    try {
      const page = await browser.page(`${server.url}/bench.html`)
      return await page.evaluate(ask, question)
    } finally {
      await browser.close()
    }
  }
  const samples = {}
  try {
    for (const size of sizes) {
      log(`cold open: storing ${size.records.toLocaleString('en')} records`)
      size.profile = await newProfile()
      size.question = { peer: 'ottla', name: 'cold', durability, records: size.records, batch: 1000 }
      if (size.id === 'small') size.question.peer = 'ottla-by-partition'
      if (size.id === 'small') size.question.batch = 1
      await ask(size.profile, (question) => window.bench.append(question), size.question)
    }
    for (let round = 0; round < rounds; round++) {
      log(`round ${round + 1} of ${rounds}: cold open`)
      for (const { id, profile, question, records } of rotate(sizes, round)) {
        const offsets = await ask(profile, (q) => window.bench.openToOffsets(q), question)
        if (offsets.records !== records) {
          throw new Error(`the end offsets tell of ${offsets.records} records, not ${records}`)
        }
        const first_ms = await ask(profile, (q) => window.bench.openToFirstRecord(q), question)
        ;(samples[`${id} offsets`] ??= []).push(offsets.elapsed_ms)
        ;(samples[`${id} first record`] ??= []).push(first_ms)
      }
    }
  } finally {
    for (const { profile } of sizes) await profile?.remove()
  }
  const row = (what, event) => {
    const large = median(samples[`large ${event}`])
    const small = median(samples[`small ${event}`])
    const bar = 2 * small + 50
    return {
      what,
      ottla: `${large.toFixed(0)} ms`,
      peer: `${small.toFixed(0)} ms`,
      ratio: large / small,
      bar: `≤ ${bar.toFixed(0)} ms`,
      met: large <= bar,
    }
  }
  return {
    samples_ms: samples,
    rows: [
      row(`open ${stored.toLocaleString('en')} records, to end offsets`, 'offsets'),
      row(`open ${stored.toLocaleString('en')} records, to the first`, 'first record'),
    ],
  }
}
