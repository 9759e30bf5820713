// Appends and scans, Ottla's beside those of bare IndexedDB, Dexie, and SQLite on OPFS.

import { launch, newProfile } from '../lib/chromium.mjs'
import { median, rotate, rounded } from './stats.mjs'

/** Single sends take a round trip each: so many of them tell enough. */
const awaitedSingles = 1000
const unawaitedSingles = 5000

export async function appendAndScan(server, options) {
  const { records } = options
  const whole = { records, batch: 1000, scan: true }
  const small = { records, batch: 100 }
  const single = { records: awaitedSingles, batch: 1 }
  const turns = [
    { id: 'ottla 1000', peer: 'ottla', ...whole },
    { id: 'ottla, a partition a batch', peer: 'ottla-by-partition', ...whole },
    { id: 'bare 1000', peer: 'bare', ...whole },
    { id: 'bare in pieces 1000', peer: 'bare-pieces', ...whole },
    { id: 'dexie 1000', peer: 'dexie', ...whole },
    { id: 'sqlite 1000', peer: 'sqlite', ...whole },
    { id: 'sqlite in its worker 1000', peer: 'sqlite-in-worker', ...whole },
    { id: 'ottla 100', peer: 'ottla', ...small },
    { id: 'bare 100', peer: 'bare', ...small },
    { id: 'ottla 1', peer: 'ottla', ...single },
    { id: 'bare 1', peer: 'bare', ...single },
    { id: 'ottla unawaited', peer: 'ottla', records: unawaitedSingles, batch: 1, unawaited: true },
  ]

  const samples = { append: {}, scan: {} }
  const keep = (kind, id, per_second) => (samples[kind][id] ??= []).push(per_second)
  for (let round = 0; round < options.rounds; round++) {
    options.log(`round ${round + 1} of ${options.rounds}: append and scan`)
    // Nobody pays for what another left behind in an earlier round.
    const profile = await newProfile()
    const browser = await launch(profile.path, { backend: options.backend })
    try {
      for (const turn of rotate(turns, round * 5)) {
        const { append_ms, scan_ms } = await takeTurn(browser, server, turn, options)
        keep('append', turn.id, (turn.records / append_ms) * 1000)
        if (scan_ms) keep('scan', turn.id, (turn.records / scan_ms) * 1000)
        const scanned = scan_ms ? `, scan ${rounded((turn.records / scan_ms) * 1000)}/s` : ''
        options.log(`  ${turn.id}: ${rounded((turn.records / append_ms) * 1000)}/s${scanned}`)
      }
    } finally {
      await browser.close()
      await profile.remove()
    }
  }
  return {
    append: { samples_per_s: samples.append, rows: appendRows(samples.append) },
    scan: { samples_per_s: samples.scan, rows: scanRows(samples.scan) },
  }
}

async function takeTurn(browser, server, turn, { durability }) {
  const question = { ...turn, durability, name: turn.id.replace(/[^a-z0-9]+/g, '-') }
  const inNewPage = async (ask) => {
    const page = await browser.page(`${server.url}/bench.html`)
    try {
      return await page.evaluate(ask, question)
    } finally {
      await page.close()
    }
  }
  if (turn.unawaited) {
    return { append_ms: await inNewPage((question) => window.bench.unawaited(question)) }
  }
  const append_ms = await inNewPage((question) => window.bench.append(question))
  if (!turn.scan) return { append_ms }
  // In another page, so that everyone reads what is stored and not what is still at hand.
  const scan_ms = await inNewPage((question) => window.bench.scan(question))
  return { append_ms, scan_ms }
}

/** Compares medians. The ratio of each round tells how far they scatter. */
function compare(samples, what, ottla, peer, bar) {
  const [ours, theirs] = [samples[ottla], samples[peer]]
  const ratio = median(ours) / median(theirs)
  return {
    what,
    ottla: `${rounded(median(ours))}/s`,
    peer: `${rounded(median(theirs))}/s`,
    ratio,
    ratios: ours.map((value, round) => value / theirs[round]),
    ...(bar === undefined ? {} : { bar: `≥ ${bar}`, met: ratio >= bar }),
  }
}

function appendRows(samples) {
  const row = (...args) => compare(samples, ...args)
  return [
    row('append 1,000, to bare IndexedDB', 'ottla 1000', 'bare 1000', 1),
    row('append 1,000, to Dexie', 'ottla 1000', 'dexie 1000', 20),
    row('append 1,000, to SQLite on OPFS', 'ottla 1000', 'sqlite 1000', 2),
    row('append 100, to bare IndexedDB', 'ottla 100', 'bare 100', 0.8),
    row('append 1, to bare IndexedDB', 'ottla 1', 'bare 1', 0.8),
    row('5,000 unawaited, to awaited', 'ottla unawaited', 'ottla 1', 30),
    row('  for comparison: bare in pieces', 'ottla 1000', 'bare in pieces 1000'),
    row('  SQLite, in its worker', 'ottla 1000', 'sqlite in its worker 1000'),
    row('  a batch to one partition, to bare', 'ottla, a partition a batch', 'bare 1000'),
  ]
}

function scanRows(samples) {
  const row = (...args) => compare(samples, ...args)
  return [
    row('scan, to bare IndexedDB', 'ottla 1000', 'bare 1000', 0.5),
    row('scan, to SQLite on OPFS', 'ottla 1000', 'sqlite 1000', 2),
    row('  for comparison: bare in pieces', 'ottla 1000', 'bare in pieces 1000'),
    row('  SQLite, in its worker', 'ottla 1000', 'sqlite in its worker 1000'),
    row('  Dexie', 'ottla 1000', 'dexie 1000'),
    row('  a batch to one partition, to bare', 'ottla, a partition a batch', 'bare 1000'),
  ]
}
