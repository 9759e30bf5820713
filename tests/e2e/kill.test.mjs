// Kills the whole browser in the middle of a load, again and again, and looks each time at what is
// there afterwards: everything that was acknowledged, and of each partition a prefix of what was
// sent to it, in order and without a gap.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { backends, launch, newProfile } from '../lib/chromium.mjs'
import { random } from '../lib/random.mjs'
import { serve } from '../lib/serve.mjs'

const rounds = Number(process.env.KILL_ROUNDS ?? 6)
const seed = Number(process.env.SEED ?? 20_000)
const latestKill_ms = 400
/** The records of each round are numbered from a multiple of this. */
const round_numbers = 10_000_000

let server
let origins

before(async () => {
  const data = createRequire(import.meta.url).resolve('vega-datasets/data/flights-20k.json')
  origins = JSON.parse(await readFile(data, 'utf8')).map(({ origin }) => origin)
  server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
})
after(() => server.close())

for (const backend of Object.keys(backends)) {
  for (const durability of ['relaxed', 'strict']) {
    const name = `what was acknowledged survives SIGKILL: ${backend}, ${durability}, seed ${seed}`
    test(name, { timeout: 300_000 }, () => killAgainAndAgain({ backend, durability }))
  }
}

async function killAgainAndAgain({ backend, durability }) {
  const chance = random(seed)
  const profile = await newProfile()
  const acknowledged = []
  let earlier
  try {
    for (let round = 0; round < rounds; round++) {
      await loadUntilKilled(profile, acknowledged, {
        backend,
        after_ms: chance() * latestKill_ms,
        load: {
          first: round * round_numbers,
          batch: 1 + Math.floor(chance() * 200),
          inFlight: 1 + Math.floor(chance() * 8),
          durability,
        },
      })
      const stored = await readAll(profile, backend)
      checkAcknowledged(acknowledged, stored)
      checkPrefixes(stored, origins)
      earlier?.forEach((numbers, partition) => {
        const now = stored[partition].slice(0, numbers.length)
        assert.deepEqual(now, numbers, 'what was there after an earlier kill is there')
      })
      earlier = stored
    }
  } finally {
    await profile.remove()
  }
}

async function loadUntilKilled(profile, acknowledged, { backend, after_ms, load }) {
  const browser = await launch(profile.path, { backend })
  try {
    const page = await browser.page()
    let begin
    const begun = new Promise((resolve) => (begin = resolve))
    await page.exposeBinding('acknowledged', (_, batch) => {
      acknowledged.push(batch)
      begin()
    })
    await page.goto(`${server.url}/kill.html`)
    const loaded = page.evaluate((load) => window.flights.load(load), load)
    await Promise.race([begun, loaded])
    // The page dies in the middle of it.
    loaded.catch(() => {})
    await sleep(after_ms)
  } finally {
    await browser.kill()
  }
}

async function readAll(profile, backend) {
  const browser = await launch(profile.path, { backend })
  try {
    const page = await browser.page(`${server.url}/kill.html`)
    return await page.evaluate(() => window.flights.readAll())
  } finally {
    await browser.close()
  }
}

/** Every acknowledged record is there, and where it was said to be. */
export function checkAcknowledged(acknowledged, stored) {
  const places = new Map()
  stored.forEach((numbers, partition) => {
    numbers.forEach((number, offset) => {
      assert.ok(!places.has(number), `record ${number} is there twice`)
      places.set(number, { partition, offset })
    })
  })
  for (const { first, count, where } of acknowledged) {
    const next = new Map(where.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
    for (let number = first; number < first + count; number++) {
      const place = places.get(number)
      assert.ok(place, `record ${number} was acknowledged and is lost`)
      const { partition, offset } = place
      assert.equal(offset, next.get(partition), `record ${number}, offset in partition ${partition}`)
      next.set(partition, offset + 1)
    }
  }
}

/** Of what was sent to a partition in one round, the first so many are there, in the order sent. */
export function checkPrefixes(stored, origins) {
  const originOf = (number) => origins[number % origins.length]
  const partitionOf = new Map()
  stored.forEach((numbers, partition) => {
    for (const number of numbers) {
      const origin = originOf(number)
      const known = partitionOf.get(origin) ?? partition
      assert.equal(known, partition, `${origin} has one partition`)
      partitionOf.set(origin, partition)
    }
  })
  stored.forEach((numbers, partition) => {
    let expected = -1
    for (const number of numbers) {
      const isNewRound = Math.floor(number / round_numbers) > Math.floor(expected / round_numbers)
      if (isNewRound) expected = Math.floor(number / round_numbers) * round_numbers
      while (expected < number && partitionOf.get(originOf(expected)) !== partition) expected++
      assert.equal(number, expected, `the next record of partition ${partition}`)
      expected++
    }
  })
}
