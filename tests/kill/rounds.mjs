// Kills the whole browser in the middle of a load, again and again, and looks each time at what is
// there afterwards. The load: records that stay, records of which only the last of each key or the
// latest few stay, and a group that commits. What a browser that was killed leaves half written in
// LevelDB's log is cut off: LevelDB would lose everything by it, whatever wrote there (lib/leveldb.mjs).

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, newProfile } from '../lib/chromium.mjs'
import { datasets } from '../lib/datasets.mjs'
import { cutHalfRecords } from '../lib/leveldb.mjs'
import { random } from '../lib/random.mjs'
import { checkAcknowledged, checkPrefixes, numbersPerRound } from './check.mjs'
import { Remains } from './files.mjs'
import { checkBounded, checkCommitted, checkCompacted, checkEnd, checkOrder } from './check-upkeep.mjs'

/** As in tests/pages/kill/upkeep.ts, without what a batch takes. */
const bound_bytes = 200_000

/**
 * @param {object} options
 * @param {string} options.url where the pages are served
 * @param {'leveldb' | 'sqlite'} options.backend
 * @param {'relaxed' | 'strict'} options.durability
 * @param {number} options.seed
 * @param {number} options.kills
 * @param {(profile: string) => void} [options.failed] is told of the profile's folder, which is kept;
 *   without it, it is removed
 * @param {(text: string) => void} [options.log]
 */
export async function killAgainAndAgain({ url, backend, durability, seed, kills, failed, log = () => {} }) {
  const origins = JSON.parse(await readFile(`${datasets}flights-20k.json`, 'utf8')).map(({ origin }) => origin)
  const chance = random(seed)
  const profile = await newProfile()
  const known = new Known(origins)
  const remains = await Remains.of(profile)
  let keep = false
  try {
    for (let kill = 0; kill <= kills; kill++) {
      await remains.keep()
      const cut = await cutHalfRecords(profile.path)
      if (cut.length > 0) log(`LevelDB left a record half written: ${cut}; cut off, as it would lose all by it`)
      const browser = await launch(profile.path, { backend })
      try {
        const page = await browser.page()
        await known.listen(page)
        await page.goto(`${url}/kill.html`)
        // Now and then while it opens, when there is something to clean up.
        if (kill > 0 && kill < kills && chance() < 0.15) {
          page.evaluate((durability) => window.kill.prepare(durability), durability).catch(() => {})
          await sleep(chance() * 400)
          continue
        }
        await page.evaluate((durability) => window.kill.prepare(durability), durability)
        const stored = await page.evaluate(() => window.kill.readAll())
        known.check(stored)
        log(`${kill} kills: ${told(stored)}`)
        if (kill === kills) break
        await load(page, known, {
          // A group takes a moment to form: now and then it is waited for.
          begin: chance() < 0.4 ? 'committed' : 'acknowledged',
          after_ms: chance() * 400,
          flights: {
            first: kill * numbersPerRound,
            batch: 1 + Math.floor(chance() * 200),
            inFlight: 1 + Math.floor(chance() * 8),
          },
          upkeep: {
            next: { latest: stored.kept.latest.high, recent: stored.kept.recent.high },
            batch: 1 + Math.floor(chance() * 60),
            inFlight: 1 + Math.floor(chance() * 4),
          },
        })
      } finally {
        await browser.kill()
      }
    }
    await remains.remove()
  } catch (error) {
    error.message += `\n${await remains.told()}`
    keep = failed !== undefined
    failed?.(profile.path)
    throw error
  } finally {
    if (!keep) await profile.remove()
  }
  return known
}

/** Loads until it is time to kill. */
async function load(page, known, { begin, after_ms, flights, upkeep }) {
  const begun = known.next(begin)
  const loaded = page.evaluate(([flights, upkeep]) => window.kill.load(flights, upkeep), [flights, upkeep])
  await Promise.race([begun, loaded])
  // The page dies in the middle of it, and says so; of anything else the run must hear.
  loaded.catch(() => {})
  await Promise.race([sleep(after_ms), loaded])
}

/** What the pages told before they died, and what was there after. */
class Known {
  acknowledged = []
  kept = { latest: [], recent: [] }
  deleted = { asked: 0, confirmed: 0 }
  committed = { seen: [], confirmed: [] }
  /** What was there at the last look. */
  stored
  #awaited = {}

  constructor(origins) {
    this.origins = origins
  }

  async listen(page) {
    const raise = (list, at, to) => (list[at] = Math.max(list[at] ?? 0, to))
    await page.exposeBinding('acknowledged', (_, sent) => {
      this.acknowledged.push(sent)
      this.#awaited.acknowledged?.()
    })
    await page.exposeBinding('kept', (_, { topic, ...sent }) => void this.kept[topic].push(sent))
    await page.exposeBinding('deleted', (_, told) => {
      for (const [what, offset] of Object.entries(told)) raise(this.deleted, what, offset)
    })
    await page.exposeBinding('committed', (_, { partition, ...told }) => {
      for (const [what, offset] of Object.entries(told)) raise(this.committed[what], partition, offset)
      if (told.confirmed) this.#awaited.committed?.()
    })
  }

  /** Waits until a page tells that something was `acknowledged` or `committed`. */
  next(what) {
    return new Promise((resolve) => (this.#awaited = { [what]: resolve }))
  }

  check(stored) {
    const { flights, kept, committed } = stored
    checkAcknowledged(this.acknowledged, flights)
    checkPrefixes(flights, this.origins)
    this.stored?.flights.forEach((numbers, partition) => {
      const now = flights[partition].slice(0, numbers.length)
      assert.deepEqual(now, numbers, 'what was there after an earlier kill is there')
    })
    for (const [topic, log] of Object.entries(kept)) {
      checkEnd(topic, this.kept[topic], log)
      checkOrder(topic, log)
      const before = this.stored?.kept[topic].high ?? 0
      assert.ok(log.high >= before, `${topic} ends at ${log.high}, and has ended at ${before}`)
    }
    checkCompacted('latest', kept.latest, recordOf)
    const low = this.stored?.kept.recent.low ?? 0
    checkBounded('recent', kept.recent, { low, ...this.deleted, bound_bytes })
    checkCommitted(this.committed, committed, flights.map((numbers) => numbers.length))
    this.stored = stored
  }
}

/** As in tests/pages/kill/upkeep.ts, which sees to it that records are what their numbers say. */
function recordOf(number) {
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0
  return { key: `key ${mixed % 3 === 0 ? mixed % 4 : mixed % 40}`, isTombstone: number % 7 === 0 }
}

function told({ flights, kept, committed }) {
  const sum = (numbers) => numbers.reduce((sum, number) => sum + Math.max(number, 0), 0)
  const records = sum(flights.map((numbers) => numbers.length))
  const { latest, recent } = kept
  return (
    `${records} flights, of which ${sum(committed)} are committed; ${latest.found.length} latest of ` +
    `${latest.high}; ${recent.found.length} recent of ${recent.high}`
  )
}
