// The logs of LevelDB, behind Chromium's IndexedDB, as a browser that was killed leaves them.
// Format: github.com/google/leveldb/blob/main/doc/log_format.md

import { readdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'

const block_bytes = 32_768
const header_bytes = 7
const [first, last] = [2, 4]

/**
 * Where the last whole record of a log ends: its size, unless a writer died in the middle of one.
 *
 * @param {Buffer} log
 */
export function wholeUntil(log) {
  let whole = 0
  for (let at = 0; at < log.length; ) {
    const left = block_bytes - (at % block_bytes)
    // The end of a block, too short for a header, is filled up with zeros.
    const end = left < header_bytes ? at + left : endOfFragment(log, at)
    if (end > log.length) break
    const type = left < header_bytes ? undefined : log[at + 6]
    // A record in several fragments is whole with its last.
    const isOpen = type >= first && type < last
    at = end
    if (!isOpen) whole = at
  }
  return whole
}

function endOfFragment(log, at) {
  return at + header_bytes > log.length ? Infinity : at + header_bytes + log.readUInt16LE(at + 4)
}

/**
 * Cuts off the records that a killed browser left half written. LevelDB itself takes no notice of
 * them, writes on behind them, finds its log damaged the next time, and Chromium then deletes the
 * database (github.com/google/leveldb/issues/1287).
 *
 * @param {string} folder
 * @returns {Promise<string[]>} the logs that were cut
 */
export async function cutHalfRecords(folder) {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const cut = []
  for (const name of names.filter((name) => /leveldb\/(\d+\.log|MANIFEST-\d+)$/.test(name))) {
    const path = join(folder, name)
    const log = await readFile(path)
    const whole = wholeUntil(log)
    if (whole === log.length) continue
    await truncate(path, whole)
    cut.push(`${name}: ${log.length - whole} of ${log.length} bytes`)
  }
  return cut
}
