// Kills the whole browser in the middle of a load, again and again, and looks each time at what is
// there afterwards: everything that was acknowledged, and of each partition a prefix of what was
// sent to it, in order and without a gap.

import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { backends, launch, newProfile } from '../lib/chromium.mjs'
import { datasets } from '../lib/datasets.mjs'
import { random } from '../lib/random.mjs'
import { serve } from '../lib/serve.mjs'
import { checkAcknowledged, checkPrefixes, numbersPerRound } from './check.mjs'

const rounds = Number(process.env.KILL_ROUNDS ?? 6)
const seed = Number(process.env.SEED ?? 20_000)
const latestKill_ms = 400

let server
let origins

before(async () => {
  origins = JSON.parse(await readFile(`${datasets}flights-20k.json`, 'utf8')).map(({ origin }) => origin)
  server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
})
after(() => server?.close())

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
  // What the browser left behind tells whether it or the broker lost something.
  const saved = await newProfile()
  let isWhole = true
  let earlier
  try {
    for (let round = 0; round < rounds; round++) {
      await loadUntilKilled(profile, acknowledged, {
        backend,
        after_ms: chance() * latestKill_ms,
        load: {
          first: round * numbersPerRound,
          batch: 1 + Math.floor(chance() * 200),
          inFlight: 1 + Math.floor(chance() * 8),
          durability,
        },
      })
      const left = await keepFiles(profile, saved)
      try {
        const stored = await readAll(profile, backend)
        checkAcknowledged(acknowledged, stored)
        checkPrefixes(stored, origins)
        earlier?.forEach((numbers, partition) => {
          const now = stored[partition].slice(0, numbers.length)
          assert.deepEqual(now, numbers, 'what was there after an earlier kill is there')
        })
        earlier = stored
      } catch (error) {
        isWhole = false
        const now = await filesOf(databases(profile))
        error.message += `\nround ${round}; the browser left in ${saved.path}:\n${left}\nand has now:\n${now}`
        throw error
      }
    }
  } finally {
    await profile.remove()
    if (isWhole) await saved.remove()
  }
}

/** Where Chromium keeps what is in IndexedDB. */
const databases = (profile) => join(profile.path, 'Default', 'IndexedDB')

/** Copies what is in IndexedDB, and lists it. */
async function keepFiles(profile, saved) {
  const folder = databases(profile)
  const files = await filesOf(folder)
  await rm(saved.path, { recursive: true })
  if (files) await cp(folder, saved.path, { recursive: true })
  return files
}

/** The files under a folder and their sizes; nothing where there is no such folder. */
async function filesOf(folder) {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const lines = names.sort().map(async (name) => {
    const found = await stat(join(folder, name))
    return found.isFile() ? [`${name} ${found.size}`] : []
  })
  return (await Promise.all(lines)).flat().join('\n')
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
