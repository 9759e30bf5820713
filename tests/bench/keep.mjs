// What it costs to keep records for long: retention and compaction of many of them, what a producer
// feels of it, opening with many stored, and the memory of the broker.

import { launch, newProfile } from '../lib/chromium.mjs'
import { watchHeap, workersOf } from '../lib/memory.mjs'

const longestPause_ms = 50
const memory_bytes = 64 * 2 ** 20
const MB = 2 ** 20

/** Retention and compaction. */
export async function keep(server, { kept, durability, backend, log }) {
  const samples = {}
  const rows = []
  const count = kept.toLocaleString('en')
  const base = { name: 'keep', durability, records: kept, keys: 10_000, valueBytes: 100 }

  await inProfile(server, backend, async (inPage) => {
    log(`retention: storing ${count} records`)
    const keeping = { ...base, configs: { 'retention.ms': '-1' } }
    await inPage((keeping) => window.bench.keep.fill(keeping), keeping)
    await inPage((keeping) => window.bench.keep.letExpire(keeping), keeping)
    samples.expired = (await inPage((name) => window.bench.keep.openToExpired(name), base.name)).outcome
    const { produced_ms, expired_ms } = samples.expired
    rows.push({ what: `retention of ${count} records, with the start`, ottla: `${expired_ms.toFixed(0)} ms` })
    rows.push({ what: '  until a record is stored meanwhile', ottla: `${produced_ms.toFixed(0)} ms` })
    log(`deletion: storing ${count} records`)
    await inPage((keeping) => window.bench.keep.fill(keeping), { ...keeping, name: 'delete' })
    samples.removed = await inPage((name) => window.bench.keep.removeAll(name), 'delete')
    rows.push(...besideRows(`deletion of ${count} records`, samples.removed))
    const { answered_ms } = samples.removed.outcome
    rows.push({ what: '  until it is answered', ottla: `${answered_ms.toFixed(0)} ms` })
  })

  await inProfile(server, backend, async (inPage) => {
    log(`compaction: storing ${count} records`)
    // The active segment stays as it is: there must be others.
    const segment = { 'segment.bytes': String(Math.min(16_777_216, kept * 16)) }
    const configs = { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '86400000', ...segment }
    samples.fill = await inPage((keeping) => window.bench.keep.fill(keeping), { ...base, configs })
    log('compaction')
    samples.compacted = await inPage((keeping) => window.bench.keep.compact(keeping), { ...base, configs })
    rows.push(...besideRows(`compaction of ${count} records with 10,000 keys`, samples.compacted))
  })

  return { samples, rows }
}

/** Opening, and what the broker's memory comes to. */
export async function openMany(server, { opened, openedBytes, durability, backend, log }) {
  const samples = {}
  const rows = []
  const base = { name: 'keep', durability, records: opened, keys: 10_000 }
  await inProfile(server, backend, async (inPage) => {
    const all = opened.toLocaleString('en')
    const valueBytes = openedBytes - 24
    const gigabytes = (opened * openedBytes) / 1e9
    const what = `${all} records, ${gigabytes.toFixed(1)} GB`
    log(`opening: storing ${what}`)
    const filling = { ...base, valueBytes, configs: { 'retention.ms': '-1' } }
    samples.filled = await inPage((keeping) => window.bench.keep.fill(keeping), filling)
    const perSecond = (opened / samples.filled.outcome.elapsed_ms) * 1000
    rows.push({ what: `store ${what}: records a second`, ottla: Math.round(perSecond).toLocaleString('en') })
    rows.push(memoryRow(`store ${what}: memory`, samples.filled))
    log('opening')
    // The first who opens it finds what the last one's process has left to be done.
    await inPage((name) => window.bench.keep.openBare(name), base.name)
    samples.bare = await inPage((name) => window.bench.keep.openBare(name), base.name)
    samples.opened = await inPage((name) => window.bench.keep.openToBoth(name), base.name)
    const { produced_ms, read_ms } = samples.opened.outcome
    const bare_ms = samples.bare.outcome.got_ms
    const beside = (took_ms) => ({
      ottla: `${took_ms.toFixed(0)} ms`,
      peer: `${bare_ms.toFixed(0)} ms`,
      ratio: took_ms / bare_ms,
    })
    const bare = 'beside: IndexedDB alone, open and get'
    rows.push({ what: `open ${what}, until a record is stored; ${bare}`, ...beside(produced_ms) })
    rows.push({ what: `open ${what}, until one is read; ${bare}`, ...beside(read_ms) })
    rows.push(memoryRow(`open ${what}: memory`, samples.opened))
    log('reading here and there')
    samples.read = await inPage((name) => window.bench.keep.readAround(name, 100), base.name)
    rows.push(memoryRow(`read here and there in ${what}: memory`, samples.read))
  })
  return { samples, rows }
}

/** Gives what runs something in a page of its own, in a browser of its own with the same profile. */
async function inProfile(server, backend, use) {
  const profile = await newProfile()
  const inPage = async (ask, question) => {
    const browser = await launch(profile.path, { backend })
    try {
      const page = await browser.page(`${server.url}/bench.html`)
      const workers = await workersOf(page)
      const { outcome, heapBytes } = await watchHeap(workers, page.evaluate(ask, question))
      return { outcome, heapBytes, wasmBytes: await workers.wasmBytes() }
    } finally {
      await browser.close()
    }
  }
  try {
    await use(inPage)
  } finally {
    await profile.remove()
  }
}

function besideRows(what, sample) {
  const { elapsed_ms, before, meanwhile } = sample.outcome
  const show = ({ sends, p50_ms, p99_ms, longest_ms }) =>
    `${longest_ms.toFixed(0)} ms (${sends} sends: median ${p50_ms.toFixed(1)}, p99 ${p99_ms.toFixed(1)})`
  return [
    { what, ottla: `${(elapsed_ms / 1000).toFixed(2)} s` },
    {
      what: '  a producer waits meanwhile, at most; beside: before',
      ottla: show(meanwhile),
      peer: show(before),
      ratio: meanwhile.longest_ms / before.longest_ms,
      bar: `≤ ${longestPause_ms} ms`,
      met: meanwhile.longest_ms <= longestPause_ms,
    },
    memoryRow('  memory at most', sample),
  ]
}

function memoryRow(what, { heapBytes, wasmBytes }) {
  const bar = `≤ ${memory_bytes / MB} MB`
  const show = (bytes) => (bytes / MB).toFixed(1)
  if (wasmBytes === undefined) {
    const ottla = `not known: the page crashed while it was measured (JavaScript ${show(heapBytes)} MB)`
    return { what, ottla, bar, met: false }
  }
  const all = heapBytes + wasmBytes
  const ottla = `${show(all)} MB (WebAssembly ${show(wasmBytes)}, JavaScript ${show(heapBytes)})`
  return { what, ottla, bar, met: all <= memory_bytes }
}
