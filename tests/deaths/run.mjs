// Five tabs in one group, one of which dies again and again, in every way a tab may. Says what is lost,
// out of order or doubled beyond what at-least-once delivery allows; fails if anything is.
//
//   npm run deaths --workspace tests -- --deaths 100 --seed 7

import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { median } from '../bench/stats.mjs'
import { serve } from '../lib/serve.mjs'
import { check, counts } from './check.mjs'
import { drive } from './drive.mjs'

const { values } = parseArgs({
  options: {
    deaths: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    protocol: { type: 'string', default: 'classic' },
    backend: { type: 'string', default: 'leveldb' },
    /** In milliseconds. */
    patience: { type: 'string', default: '20000' },
    /** A file for all that was heard of the tabs, one event a line. */
    events: { type: 'string' },
  },
})
const seed = Number(values.seed)
const server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
const from = performance.now()

async function write(entries) {
  if (!values.events || !entries) return
  await writeFile(values.events, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
}

try {
  const { entries, stored, died, recovered, acknowledged, unsent } = await drive({
    url: server.url,
    deaths: Number(values.deaths),
    seed,
    protocol: /** @type {'classic' | 'consumer'} */ (values.protocol),
    backend: /** @type {'leveldb' | 'sqlite'} */ (values.backend),
    patience: Number(values.patience),
    log: console.log,
  })
  await write(entries)
  const wrong = check(entries, stored)
  const { deliveries, again } = counts(entries)
  console.log(
    `seed ${seed}, ${values.protocol}, ${values.backend}: ${JSON.stringify(died)}; ${acknowledged} acknowledged, ` +
      `${unsent.length} sends failed, ${stored.length} stored, ${deliveries} handed out, ${again} of them again; ` +
      `until all was consumed: median ${median(recovered).toFixed(0)}, max ${Math.max(...recovered).toFixed(0)} ms; ` +
      `${((performance.now() - from) / 1000).toFixed(0)} s`,
  )
  for (const { value, why } of unsent.slice(0, 10)) console.log(`    not sent: ${value}: ${why}`)
  if (wrong.length > 0) {
    console.log(`${wrong.length} things are wrong (seed ${seed}):\n${wrong.slice(0, 50).join('\n')}`)
    process.exitCode = 1
  }
} catch (error) {
  await write(error.entries)
  console.log(`seed ${seed}: ${error.message}`)
  process.exitCode = 1
} finally {
  await server.close()
}
