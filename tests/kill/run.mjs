// `make soak-browser KILLS=n`: as many kills of the browser as wanted, some in each profile, with
// both backends of IndexedDB and both durabilities in turn.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { backends } from '../lib/chromium.mjs'
import { serve } from '../lib/serve.mjs'
import { killAgainAndAgain } from './rounds.mjs'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    backend: { type: 'string', default: '' },
    durability: { type: 'string', default: '' },
  },
})
/** What a profile holds grows with each kill, and is read after each. */
const killsPerProfile = 12

const ways = (values.backend ? [values.backend] : Object.keys(backends)).flatMap((backend) =>
  (values.durability ? [values.durability] : ['relaxed', 'strict']).map((durability) => ({ backend, durability })),
)
const server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
let [left, seed] = [Number(values.kills), Number(values.seed)]
try {
  for (let turn = 0; left > 0; turn++, seed++) {
    const { backend, durability } = ways[turn % ways.length]
    const kills = Math.min(left, killsPerProfile)
    const what = `KILLS=${kills} SEED=${seed} BACKEND=${backend} DURABILITY=${durability}`
    console.log(what)
    const failed = (profile) => {
      console.log(`FAILED; again: make soak-browser ${what}\n  the profile is in ${profile}`)
    }
    const log = (text) => console.log(`  ${text}`)
    await killAgainAndAgain({ url: server.url, backend, durability, seed, kills, failed, log })
    left -= kills
  }
  console.log(`${values.kills} kills: nothing was lost`)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await server.close()
}
