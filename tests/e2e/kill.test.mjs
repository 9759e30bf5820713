// A few kills of the browser with each backend of IndexedDB and each durability; `make soak-browser`
// has as many as wanted.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { killAgainAndAgain } from '../kill/rounds.mjs'
import { backends } from '../lib/chromium.mjs'
import { serve } from '../lib/serve.mjs'

const seed = Number(process.env.SEED ?? 20_000)
const kills = 5

let server

before(async () => {
  server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
})
after(() => server?.close())

for (const backend of Object.keys(backends)) {
  for (const durability of ['relaxed', 'strict']) {
    const name = `what was acknowledged survives SIGKILL: ${backend}, ${durability}, seed ${seed}`
    test(name, { timeout: 300_000 }, async () => {
      const { stored } = await killAgainAndAgain({ url: server.url, backend, durability, seed, kills })
      const { latest, recent } = stored.kept
      assert.ok(latest.found.length < latest.high, `nothing was compacted of ${latest.high} records`)
      assert.ok(recent.low > 0, `nothing has gone of ${recent.high} records`)
      assert.ok(stored.committed.some((offset) => offset > 0), 'nothing was committed')
    })
  }
}
