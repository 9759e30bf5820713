// Five tabs in one group, of which one after the other dies: nothing that was acknowledged is lost,
// out of order, or handed out again after it was committed. `npm run deaths --workspace tests` does it
// a hundred times.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { check } from '../deaths/check.mjs'
import { drive } from '../deaths/drive.mjs'
import { serve } from '../lib/serve.mjs'

const seed = Number(process.env.SEED ?? 7)
let server

before(async () => {
  server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
})
after(() => server?.close())

test(`tabs in one group die in every way, seed ${seed}`, { timeout: 300_000 }, async () => {
  const { entries, stored, acknowledged, died } = await drive({ url: server.url, deaths: 8, seed })
  assert.ok(acknowledged > 100, `${acknowledged} records`)
  assert.equal(Object.keys(died).length, 7, 'every way')
  assert.deepEqual(check(entries, stored), [])
})
