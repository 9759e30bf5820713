// Reads what criterion found out about the native core (tests/bench/handle.rs).

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { rounded } from './stats.mjs'

const criterion = fileURLToPath(new URL('../../target/criterion/', import.meta.url))

/** Writes native.json into the folder `target`, and returns rows for the table. */
export async function nativeRows(target) {
  const found = await results()
  if (Object.keys(found).length === 0) return []
  await writeFile(`${target}native.json`, `${JSON.stringify(found, null, 2)}\n`)
  const beside = (group) => {
    const { handle, 'copy and CRC-32C': copy } = found[group]
    return {
      what: `${group} through handle, to a copy and a CRC-32C`,
      ottla: `${rounded(handle.per_second / 1e6)} MB/s`,
      peer: `${rounded(copy.per_second / 1e6)} MB/s`,
      ratio: handle.per_second / copy.per_second,
    }
  }
  const small = found['produce of one record'].handle
  return [
    beside('produce'),
    beside('fetch'),
    { what: 'produce of one record', ottla: `${(small.median_ns / 1000).toFixed(2)} µs` },
  ]
}

/** By group and function: the median, and the bytes or elements a second that it makes. */
async function results() {
  const found = {}
  const paths = await readdir(criterion, { recursive: true }).catch(() => [])
  for (const path of paths.filter((path) => path.endsWith('new/benchmark.json'))) {
    const folder = `${criterion}${path.slice(0, -'benchmark.json'.length)}`
    const read = async (name) => JSON.parse(await readFile(`${folder}${name}`, 'utf8'))
    const { group_id, function_id, throughput } = await read('benchmark.json')
    const median_ns = (await read('estimates.json')).median.point_estimate
    const amount = Object.values(throughput)[0]
    found[group_id] ??= {}
    found[group_id][function_id] = { median_ns, amount, per_second: (amount / median_ns) * 1e9 }
  }
  return found
}
