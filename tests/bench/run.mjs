// Measures Ottla in headless Chromium beside its peers, in one run: rounds in which everyone has a
// turn, in changing order, each turn in a page of its own. Prints a table of medians and writes
// target/bench/browser.json.

import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serve } from '../lib/serve.mjs'
import { appendAndScan } from './append-scan.mjs'
import { coldOpen } from './cold-open.mjs'
import { keep, openMany } from './keep.mjs'
import { nativeRows } from './native.mjs'
import { size } from './size.mjs'
import { printTable } from './table.mjs'
import { tabs } from './tabs.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    records: { type: 'string', default: '200000' },
    stored: { type: 'string', default: '1000000' },
    durability: { type: 'string', default: 'relaxed' },
    kept: { type: 'string', default: '1000000' },
    opened: { type: 'string', default: '1000000' },
    'opened-bytes': { type: 'string', default: '200' },
    backend: { type: 'string', default: 'leveldb' },
    only: { type: 'string', default: 'size,append,open,keep,many,tabs' },
  },
})
const options = {
  rounds: Number(values.rounds),
  records: Number(values.records),
  stored: Number(values.stored),
  kept: Number(values.kept),
  opened: Number(values.opened),
  openedBytes: Number(values['opened-bytes']),
  durability: values.durability,
  backend: /** @type {'leveldb' | 'sqlite'} */ (values.backend),
  log: (text) => console.error(`    ${text}`),
}
const only = values.only.split(',')

const target = fileURLToPath(new URL('../../target/bench/', import.meta.url))
const server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
const report = { options: { ...values } }
try {
  if (only.includes('size')) report.size = await size(server, options)
  if (only.includes('append')) Object.assign(report, await appendAndScan(server, options))
  if (only.includes('open')) report.open = await coldOpen(server, options)
  if (only.includes('keep')) report.keep = await keep(server, options)
  if (only.includes('many')) report.many = await openMany(server, options)
  if (only.includes('tabs')) report.tabs = await tabs(server, options)
} finally {
  await server.close()
}

await mkdir(target, { recursive: true })
await writeFile(`${target}browser.json`, `${JSON.stringify(report, null, 2)}\n`)

const native = await nativeRows(target)
if (native.length) printTable('Native', native)
const { rounds, records, durability, backend } = options
printTable(
  `In Chromium: ${records.toLocaleString('en')} records, ${durability} durability, ${backend}, ` +
    `medians of ${rounds} rounds`,
  ['size', 'append', 'scan', 'open', 'keep', 'many', 'tabs'].flatMap((part) => report[part]?.rows ?? []),
)
console.log(`\nWritten: target/bench/browser.json`)
